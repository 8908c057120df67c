// Work that is not handed in yet, kept in this browser after each action.

import { packed, unpacked } from "../sheet.js";

/** @typedef {import("./database.js").Database} Database */
/** @typedef {import("./database.js").Change} Change */
/** @typedef {import("../sheet.js").SheetState} SheetState */
/** @typedef {import("../grid.js").Grid} Grid */
/** @typedef {import("../../core/wire.js").Kind} Kind */

/**
 * @typedef {[project: string, batch: string, image: string]} DraftKey
 *   The image is "" for a grid of all.
 *
 * @typedef {{work: SheetState | null, grid: Grid | null, seconds: number, promptVersion: string}} Draft
 */

const MOST_KEPT = 500;

export class Drafts {
  #database;
  /** @type {{key: DraftKey, draft: Draft} | null} what is to be written next. */
  #latest = null;
  /** @type {Promise<void>} */
  #writing = Promise.resolve();
  #isWriting = false;

  /** @param {Database} database */
  constructor(database) {
    this.#database = database;
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
   * The change that forgets a draft, once nothing of it is on its way to the disk.
   *
   * @param {DraftKey} key
   * @returns {Promise<Change>}
   */
  async forgetting(key) {
    this.#latest = null;
    await this.#writing;
    return { store: "drafts", remove: key };
  }

  /** Wait until all is written that was to be kept. */
  async settled() {
    await this.#writing;
  }

  /** @param {DraftKey} key */
  async forget(key) {
    await this.#database.change([await this.forgetting(key)]);
  }

  /**
   * What was kept of an image: of this batch, or else of an earlier one.
   *
   * @param {DraftKey} key
   * @param {Kind} kind
   * @returns {Promise<Draft | null>}
   */
  async recall(key, kind) {
    const [project, batch, image] = key;
    /** @type {any[]} */
    const all = await this.#database.all("drafts");
    const ours = all
      .filter((each) => each.project === project && each.image === image && each.kind === kind)
      .sort((one, other) => one.saved_at - other.saved_at);
    const kept = ours.find((each) => each.batch === batch) ?? (image ? ours.at(-1) : undefined);
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
   * Forget the oldest ones, by their number. Their age would be told by a clock that may be wrong.
   *
   * @param {number} [most] that are kept.
   */
  async forgetOld(most = MOST_KEPT) {
    /** @type {any[]} */
    const all = await this.#database.all("drafts");
    const old = all.sort((one, other) => other.saved_at - one.saved_at).slice(most);
    await this.#database.change(
      old.map(({ project, batch, image }) => ({ store: "drafts", remove: [project, batch, image] })),
    );
  }

  async #writeAll() {
    await soon(); // the screen is drawn first
    while (this.#latest) {
      const { key, draft } = this.#latest;
      this.#latest = null;
      try {
        await this.#database.change([{ store: "drafts", put: draftRecord(key, draft) }]);
      } catch {
        // The disk is full, say. The next action tries again.
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
export function draftRecord([project, batch, image], { work, grid, seconds, promptVersion }) {
  const kind = work?.kind ?? "ood_check";
  const facts = { project, batch, image, kind, grid, seconds, promptVersion, saved_at: Date.now() };
  return { ...facts, work: work && packed(work) };
}

/** @returns {Promise<void>} */
function soon() {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
