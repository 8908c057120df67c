// Work that is not handed in yet, kept in this browser after each action.

import { packed, unpacked } from "../sheet.js";
import { isOutdated, isOverWith, mayTakeUp, shelfOf } from "./draft_key.js";

/** @typedef {import("./database.js").Database} Database */
/** @typedef {import("./database.js").Change} Change */
/** @typedef {import("../sheet.js").SheetState} SheetState */
/** @typedef {import("../grid.js").Grid} Grid */
/** @typedef {import("./draft_key.js").DraftKey} DraftKey */
/** @typedef {{work: SheetState | null, grid: Grid | null, seconds: number, promptVersion: string}} Draft */

const MOST_KEPT = 500;

export class Drafts {
  #database;
  #unkept;
  /** @type {{key: DraftKey, draft: Draft} | null} what is to be written next. */
  #latest = null;
  /** @type {Promise<void>} */
  #writing = Promise.resolve();
  #isWriting = false;

  /**
   * @param {Database} database
   * @param {() => void} unkept is called when a draft could not be written.
   */
  constructor(database, unkept) {
    this.#database = database;
    this.#unkept = unkept;
  }

  /**
   * Keep a draft soon. Of several in a row the latest is kept.
   *
   * @param {DraftKey} key
   * @param {Draft} draft
   */
  keep(key, draft) {
    this.#latest = { key, draft };
    if (!this.#isWriting) {
      this.#isWriting = true;
      this.#writing = this.#writeAll().finally(() => {
        this.#isWriting = false;
      });
    }
  }

  /**
   * The changes that forget all drafts of an image, once nothing of it is on its way to the disk.
   *
   * @param {DraftKey} key
   * @returns {Promise<Change[]>}
   */
  async forgetting(key) {
    this.#latest = null;
    await this.#writing;
    const over = (await this.#all()).filter((each) => isOverWith(each, key)).map(placeOf);
    return [[key.project, shelfOf(key), key.image], ...over].map((place) => ({ store: "drafts", remove: place }));
  }

  /** Wait until all is written that was to be kept. */
  async settled() {
    await this.#writing;
  }

  /** @param {DraftKey} key */
  async forget(key) {
    await this.#database.change(await this.forgetting(key));
  }

  /**
   * What was kept of an image: of this batch, or else of an earlier one.
   *
   * @param {DraftKey} key
   * @returns {Promise<Draft | null>}
   */
  async recall(key) {
    const ours = (await this.#all())
      .filter((each) => mayTakeUp(each, key))
      .sort((one, other) => one.saved_at - other.saved_at);
    const kept = ours.find((each) => each.batch === shelfOf(key)) ?? (key.image ? ours.at(-1) : undefined);
    if (!kept) {
      return null;
    }
    try {
      const { grid, seconds, promptVersion } = kept;
      return { work: kept.work && unpacked(kept.work), grid, seconds, promptVersion };
    } catch {
      return null; // broken: begun anew
    }
  }

  /**
   * Whether a draft is left out because there is another label on record since.
   *
   * @param {DraftKey} key
   */
  async hasOutdated(key) {
    return (await this.#all()).some((each) => isOutdated(each, key));
  }

  /**
   * Forget the oldest ones, by their number. Their age would be told by a clock that may be wrong.
   *
   * @param {number} [most] that are kept.
   */
  async forgetOld(most = MOST_KEPT) {
    const old = (await this.#all()).sort((one, other) => other.saved_at - one.saved_at).slice(most);
    await this.#database.change(old.map((each) => ({ store: "drafts", remove: placeOf(each) })));
  }

  /** @returns {Promise<any[]>} none where the browser does not give them: people begin anew, and go on. */
  async #all() {
    return this.#database.all("drafts").catch(() => []);
  }

  async #writeAll() {
    await soon(); // the screen is drawn first
    while (this.#latest) {
      const { key, draft } = this.#latest;
      this.#latest = null;
      try {
        await this.#database.change([{ store: "drafts", put: draftRecord(key, draft) }]);
      } catch {
        this.#unkept(); // the disk is full, say; the next action tries again
      }
    }
  }
}

/**
 * A draft as it is kept.
 *
 * @param {DraftKey} key
 * @param {Draft} draft
 */
export function draftRecord(key, { work, grid, seconds, promptVersion }) {
  const facts = { ...key, batch: shelfOf(key), grid, seconds, promptVersion, saved_at: Date.now() };
  return { ...facts, work: work && packed(work) };
}

/**
 * @param {{project: string, batch: string, image: string}} kept
 * @returns {string[]} its key in the database.
 */
const placeOf = ({ project, batch, image }) => [project, batch, image];

/** @returns {Promise<void>} */
function soon() {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
