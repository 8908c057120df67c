// Laying out what is labeled next: an image with its draft, or a grid of many. The image after it is fetched ahead.

import * as api from "../page/api.js";
import { isCorrection } from "./batches.js";
import { beginGrid } from "./grid.js";
import { begin, next, undecided } from "./sheet.js";
import { draftKey } from "./work/draft_key.js";

/** @typedef {import("./bench.js").Bench} Bench */
/** @typedef {import("./state.js").BatchDocument} BatchDocument */
/** @typedef {import("./state.js").PickDocument} PickDocument */
/** @typedef {import("./state.js").SheetDocument} SheetDocument */
/** @typedef {import("./work/drafts.js").Draft} Draft */
/** @typedef {import("./work/drafts.js").Drafts} Drafts */

/**
 * @param {string} project
 * @param {Bench} bench
 * @returns {api.Hands}
 */
export const handsOf = (project, { store }) => ({ project, annotator: store.state.annotator });

export class Showing {
  #bench;
  #drafts;
  #isBlind;
  /** @type {Map<string, Promise<SheetDocument>>} by image. */
  #sheets = new Map();

  /**
   * @param {Bench} bench
   * @param {Drafts} drafts
   * @param {boolean} isBlind whether people who correct a label are not shown what it says.
   */
  constructor(bench, drafts, isBlind) {
    this.#isBlind = isBlind;
    this.#bench = bench;
    this.#drafts = drafts;
  }

  /** @param {readonly string[]} images that are done with. */
  forget(images) {
    for (const id of images) {
      this.#sheets.delete(id);
    }
  }

  /**
   * @param {BatchDocument} batch
   * @param {PickDocument} pick
   */
  async image(batch, { image }) {
    const category = this.#categoryInHand();
    try {
      const sheet = await this.#sheetOf(batch, image.id);
      const key = this.#keyOf(batch, sheet);
      const draft = await this.#drafts.recall(key);
      const seen = this.#isBlind && isCorrection(batch) ? { ...sheet, label: null } : sheet;
      this.#lay(
        sheet,
        draft ?? { work: begin(seen, batch.kind, category), grid: null, seconds: 0, promptVersion: "" },
      );
      if (!draft && (await this.#drafts.hasOutdated(key))) {
        this.#bench.tell("There is another label since you began a draft of this image, so the draft is left out.");
      }
    } catch (error) {
      this.#sheets.delete(image.id);
      throw error;
    }
  }

  /**
   * @param {BatchDocument} batch
   * @param {readonly PickDocument[]} todo
   */
  async grid(batch, todo) {
    const draft = await this.#drafts.recall(this.#keyOf(batch, null));
    this.#bench.restartClock(draft?.seconds ?? 0);
    this.#bench.store.dispatch({ type: "grid", grid: draft?.grid ?? beginGrid(todo) });
  }

  /**
   * @param {BatchDocument} batch
   * @param {SheetDocument | null} sheet `null` for a grid.
   */
  #keyOf(batch, sheet) {
    const { annotator } = this.#bench.store.state;
    return draftKey(batch, sheet, { annotator, isBlind: this.#isBlind });
  }

  /** Fetch the image that is shown after this one. */
  lookAhead() {
    const { todo, batch, grid } = this.#bench.store.state;
    const following = todo[1];
    if (following && batch && !grid) {
      this.#bench.stage.preload(batch.project, following.image);
      this.#sheetOf(batch, following.image.id).catch(() => this.#sheets.delete(following.image.id));
    }
  }

  /**
   * @param {SheetDocument} sheet
   * @param {Draft} draft
   */
  #lay(sheet, { work, seconds, promptVersion }) {
    if (!work) {
      return;
    }
    const isOpen = work.selected === null && undecided(work).length > 0;
    this.#bench.restartClock(seconds);
    this.#bench.store.dispatch({ type: "image", sheet, work: isOpen ? next(work) : work });
    this.#bench.set({ promptVersion, seconds: Math.floor(seconds) });
  }

  /** @returns {number} the class that was drawn last, or the first. */
  #categoryInHand() {
    const { work, project } = this.#bench.store.state;
    return work?.present.category || (project?.categories[0]?.id ?? 0);
  }

  /**
   * @param {BatchDocument} batch
   * @param {string} image
   */
  #sheetOf(batch, image) {
    const coming =
      this.#sheets.get(image) ??
      (isCorrection(batch)
        ? api.recordedSheet(batch.project, image, batch.kind)
        : api.sheet(handsOf(batch.project, this.#bench), batch.id, image));
    this.#sheets.set(image, coming);
    return coming;
  }
}
