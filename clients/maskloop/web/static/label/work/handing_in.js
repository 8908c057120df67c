// Handing in: what is shown becomes a parcel of the outbox, and its draft is forgotten in the same stroke.

import * as api from "../../page/api.js";
import { newRequestId } from "../../page/request_id.js";
import { draftsOfGrid } from "../grid.js";
import { draftOf, select } from "../sheet.js";

/** @typedef {import("../bench.js").Bench} Bench */
/** @typedef {import("../session.js").Kept} Kept */
/** @typedef {import("../state.js").BatchDocument} BatchDocument */
/** @typedef {import("../../core/wire.js").DraftDocument} DraftDocument */

export class HandingIn {
  #bench;
  #kept;
  #isBusy = false;

  /**
   * @param {Bench} bench
   * @param {Kept} kept
   */
  constructor(bench, kept) {
    this.#bench = bench;
    this.#kept = kept;
  }

  /**
   * Hand in what is shown. It is kept in this browser when this returns, and sent as soon as that works.
   *
   * @returns {Promise<string[]>} images that are done with; none where something is missing, which people are told.
   */
  async submit() {
    const { batch, grid } = this.#bench.store.state;
    if (this.#isBusy || !batch) {
      return [];
    }
    this.#isBusy = true;
    try {
      return await (grid ? this.#submitGrid(batch) : this.#submitSheet(batch));
    } finally {
      this.#isBusy = false;
    }
  }

  /**
   * @param {api.SkipReason} reason
   * @returns {Promise<string[]>} images that are done with.
   */
  async skip(reason) {
    const { batch, sheet } = this.#bench.store.state;
    if (!batch || !sheet) {
      return [];
    }
    const { id } = sheet.image;
    await api.skip(batch.project, batch.id, id, reason);
    this.#bench.set({ leaving: true, dialog: "", total: this.#bench.store.state.total - 1 });
    await this.#kept.drafts.forget([batch.project, batch.id, id]);
    return [id];
  }

  /** @param {BatchDocument} batch */
  async #submitSheet(batch) {
    const { sheet } = this.#bench;
    const { sheet: document, promptVersion, asking } = this.#bench.store.state;
    if (!sheet || !document) {
      return [];
    }
    if (asking.length) {
      this.#bench.tell("A mask is still on its way. Esc stops waiting for it.");
      return [];
    }
    const result = draftOf(sheet, { promptVersion });
    if (result.content === undefined) {
      this.#bench.look((state) => select(state, result.key ?? state.selected));
      this.#bench.tell(result.problem, "bad");
      return [];
    }
    const seconds = Math.round(10 * this.#bench.clock.seconds()) / 10;
    const supersedes = document.label?.id ?? "";
    const label = { image: sheet.image.id, kind: sheet.kind, content: result.content, seconds, supersedes };
    return this.#post(batch, [label], sheet.image.name, sheet.image.id);
  }

  /** @param {BatchDocument} batch */
  async #submitGrid(batch) {
    const { grid, todo } = this.#bench.store.state;
    const labels = grid ? draftsOfGrid(grid.present, todo) : [];
    if (!labels.length) {
      this.#bench.tell("Answer at least one image first: Y or N.", "bad");
      return [];
    }
    return this.#post(batch, labels, labels.length === 1 ? "1 answer" : `${labels.length} answers`, "");
  }

  /**
   * @param {BatchDocument} batch
   * @param {DraftDocument[]} labels
   * @param {string} name for people.
   * @param {string} draft under which image the draft was kept.
   */
  async #post({ project, id }, labels, name, draft) {
    this.#bench.set({ leaving: true });
    try {
      const forgets = await this.#kept.drafts.forgetting([project, id, draft]);
      const parcel = { request_id: newRequestId(), project, batch: id, labels, name, made_at: Date.now(), refusal: "" };
      await this.#kept.connection.outbox.add(parcel, [forgets]);
      return labels.map(({ image }) => image);
    } catch (error) {
      this.#bench.set({ leaving: false });
      this.#bench.tell("This browser could not keep the label: is its disk full?", "bad");
      throw error;
    }
  }
}
