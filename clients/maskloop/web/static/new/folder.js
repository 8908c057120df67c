// The pictures of a folder that was chosen or dropped, each under its path below the folder.

/** @typedef {{name: string, file: File}} Photo */

/** Folders that systems make; `maskloop.formats.photos` leaves them out too. */
const LEFT_OUT = new Set(["__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found"]);

/**
 * Whether a path below the folder is that of a picture: by its suffix, and not hidden.
 *
 * @param {string} path
 * @param {ReadonlySet<string>} suffixes such as .jpg, in small letters
 */
export function isPicture(path, suffixes) {
  const parts = path.split("/");
  if (parts.some((part) => part.startsWith(".") || LEFT_OUT.has(part))) {
    return false;
  }
  const name = parts.at(-1) ?? "";
  const dot = name.lastIndexOf(".");
  return dot > 0 && suffixes.has(name.slice(dot).toLowerCase());
}

/**
 * What an `<input webkitdirectory>` holds, without the folder's own name; sorted by path.
 *
 * @param {Iterable<File>} files
 * @returns {{folder: string, photos: Photo[]}}
 */
export function chosen(files) {
  const photos = [];
  let folder = "";
  for (const file of files) {
    const [top = "", ...below] = (file.webkitRelativePath || file.name).split("/");
    if (below.length) {
      folder = top;
    }
    photos.push({ name: below.length ? below.join("/") : top, file });
  }
  return { folder, photos: sorted(photos) };
}

/**
 * What was dropped: folders are walked through, files are taken as they are.
 *
 * @param {DataTransfer} data
 * @returns {Promise<{folder: string, photos: Photo[]}>}
 */
export async function dropped(data) {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const single = entries.length === 1 && entries[0]?.isDirectory ? entries[0].name : "";
  /** @type {Photo[]} */
  const photos = [];
  for (const entry of entries) {
    await walk(entry, single ? "" : entry.name, photos);
  }
  return { folder: single, photos: sorted(photos) };
}

/**
 * @param {FileSystemEntry} entry
 * @param {string} path below the folder; "" for the folder itself
 * @param {Photo[]} photos
 */
async function walk(entry, path, photos) {
  if (entry instanceof FileSystemFileEntry) {
    const file = await new Promise((/** @type {(file: File) => void} */ resolve, reject) => {
      entry.file(resolve, reject);
    });
    photos.push({ name: path || entry.name, file });
  } else if (entry instanceof FileSystemDirectoryEntry) {
    for (const child of await childrenOf(entry)) {
      await walk(child, path ? `${path}/${child.name}` : child.name, photos);
    }
  }
}

/**
 * A browser lists a hundred at a time, until it lists none.
 *
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<FileSystemEntry[]>}
 */
async function childrenOf(folder) {
  const reader = folder.createReader();
  const children = [];
  for (;;) {
    const some = await new Promise((/** @type {(entries: FileSystemEntry[]) => void} */ resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (!some.length) {
      return children;
    }
    children.push(...some);
  }
}

/** @param {Photo[]} photos */
const sorted = (photos) => photos.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
