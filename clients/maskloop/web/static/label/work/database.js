// What this browser keeps: drafts, labels on their way, and how far batches are. IndexedDB, or this page's memory.

/** @typedef {"drafts" | "outbox" | "progress"} StoreName */

const NAME = "maskloop";
const VERSION = 1;

/** @type {Record<StoreName, string | string[]>} */
const KEYS = { drafts: ["project", "batch", "image"], outbox: "request_id", progress: ["project", "batch"] };

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    for (const [store, keyPath] of Object.entries(KEYS)) {
      request.result.createObjectStore(store, { keyPath });
    }
  };
  return answered(request);
}

/**
 * Records by store and key; `durable` says whether they survive the page.
 *
 * @typedef {object} Database
 * @property {boolean} durable
 * @property {<T>(store: StoreName, key: IDBValidKey) => Promise<T | undefined>} get
 * @property {<T>(store: StoreName) => Promise<T[]>} all
 * @property {(changes: Change[]) => Promise<void>} change all or none; on disk when it returns.
 *
 * @typedef {{store: StoreName, put?: object, remove?: IDBValidKey}} Change
 */

/**
 * Browsers may close a database while the page lives, as when people clear what is stored: then it is opened again.
 *
 * @returns {Promise<Database>}
 */
async function onDisk() {
  /** @type {Promise<IDBDatabase> | null} */
  let opened = null;
  function base() {
    opened ??= openDatabase().then((made) => {
      made.onclose = () => (opened = null);
      return made;
    });
    opened.catch(() => (opened = null)); // it may open the next time
    return opened;
  }
  await base();
  return {
    durable: true,
    get: async (store, key) => answered((await base()).transaction(store).objectStore(store).get(key)),
    all: async (store) => answered((await base()).transaction(store).objectStore(store).getAll()),
    change: async (changes) => {
      if (changes.length) {
        await written(await base(), changes);
      }
    },
  };
}

/**
 * @param {IDBDatabase} base
 * @param {readonly Change[]} changes
 * @returns {Promise<void>}
 */
function written(base, changes) {
  return new Promise((resolve, reject) => {
    const stores = [...new Set(changes.map(({ store }) => store))];
    const transaction = base.transaction(stores, "readwrite", { durability: "strict" });
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
    for (const { store, put, remove } of changes) {
      if (put) {
        transaction.objectStore(store).put(put);
      }
      if (remove !== undefined) {
        transaction.objectStore(store).delete(remove);
      }
    }
    transaction.commit?.(); // else a page that is left right now takes it along
  });
}

/**
 * Where browsers refuse storage, and for tests.
 *
 * @returns {Database}
 */
export function inMemory() {
  /** @type {Record<StoreName, Map<string, any>>} */
  const stores = { drafts: new Map(), outbox: new Map(), progress: new Map() };
  /** @param {unknown} key */
  const text = (key) => JSON.stringify(key);
  return {
    durable: false,
    get: async (store, key) => stores[store].get(text(key)),
    all: async (store) => [...stores[store].values()],
    change: async (changes) => {
      for (const { store, put, remove } of changes) {
        const path = KEYS[store];
        const record = /** @type {Record<string, unknown> | undefined} */ (put);
        if (record) {
          stores[store].set(text(Array.isArray(path) ? path.map((name) => record[name]) : record[path]), record);
        }
        if (remove !== undefined) {
          stores[store].delete(text(remove));
        }
      }
    },
  };
}

/** @returns {Promise<Database>} */
export async function openKept() {
  try {
    const database = await onDisk();
    await database.all("progress"); // some open one that they then refuse to read
    askToStay();
    return database;
  } catch {
    return inMemory();
  }
}

/** Browsers throw away what is kept where the disk is short, unless they were asked not to. Some ask people. */
function askToStay() {
  navigator.storage?.persist?.().catch(() => {});
}
