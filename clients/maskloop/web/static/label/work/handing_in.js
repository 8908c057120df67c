// Handing in, and passing over: what is shown becomes a parcel of the outbox, and its draft is forgotten in the same
// stroke.

import { newRequestId } from "../../page/request_id.js";
import { draftsOfGrid } from "../grid.js";
import { draftOf, isBlank, select } from "../sheet.js";
import { draftKey } from "./draft_key.js";
import { draftRecord } from "./drafts.js";
import { imagesOf } from "./outbox.js";

/** @typedef {import("../bench.js").Bench} Bench */
/** @typedef {import("../session.js").Kept} Kept */
/** @typedef {import("../state.js").BatchDocument} BatchDocument */
/** @typedef {import("../../core/wire.js").DraftDocument} DraftDocument */
/** @typedef {import("./database.js").Change} Change */
/** @typedef {import("./draft_key.js").DraftKey} DraftKey */
/** @typedef {import("./outbox.js").Parcel} Parcel */

const SECOND_LOOK_MS = 400; // an Enter that comes sooner after the question was meant for the image before

export class HandingIn {
  #bench;
  #kept;
  #isBlind;
  #isBusy = false;
  #askedAt = 0;

  /**
   * @param {Bench} bench
   * @param {Kept} kept
   * @param {boolean} isBlind whether people who correct a label are not shown what it says.
   */
  constructor(bench, kept, isBlind) {
    this.#bench = bench;
    this.#kept = kept;
    this.#isBlind = isBlind;
  }

  /**
   * Hand in what is shown. It is kept in this browser when this returns, and sent as soon as that works.
   *
   * @returns {Promise<string[]>} images that are done with; none where something is missing, which people are told.
   */
  async submit() {
    const { batch, grid, leaving } = this.#bench.store.state;
    if (!batch || leaving) {
      return [];
    }
    return this.#once(() => (grid ? this.#submitGrid(batch) : this.#submitSheet(batch)));
  }

  /**
   * @param {import("../../page/api.js").SkipReason} reason
   * @returns {Promise<string[]>} images that are done with.
   */
  async skip(reason) {
    const { batch, sheet, leaving, total, charged } = this.#bench.store.state;
    if (!batch || !sheet || leaving) {
      return [];
    }
    const { id, name } = sheet.image;
    const { project } = batch;
    return this.#once(async () => {
      const parcel = { labels: [], skip: { image: id, reason }, draft: null, name: `${name}, skipped` };
      const progress = { project, batch: batch.id, total: total - 1, charged };
      const images = await this.#post(batch, parcel, [{ store: "progress", put: progress }]);
      this.#bench.set({ dialog: "", total: images.length ? total - 1 : total });
      return images;
    });
  }

  /**
   * One at a time: a key that is hit twice means the image that is shown, and not the next.
   *
   * @param {() => Promise<string[]>} work
   * @returns {Promise<string[]>}
   */
  async #once(work) {
    if (this.#isBusy) {
      return [];
    }
    this.#isBusy = true;
    try {
      return await work();
    } finally {
      this.#isBusy = false;
    }
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
    if (isBlank(sheet) && !this.#isSure()) {
      return [];
    }
    const { id, name } = sheet.image;
    const seconds = Math.round(10 * this.#bench.clock.seconds()) / 10;
    const supersedes = document.label?.id ?? "";
    const labels = [{ image: id, kind: sheet.kind, content: result.content, seconds, supersedes }];
    const draft = draftRecord(this.#keyOf(batch), { work: sheet, grid: null, seconds, promptVersion });
    return this.#post(batch, { labels, skip: null, draft, name }, []);
  }

  /** Nothing is marked: whether people say so, and have not hit Enter once too often. They are asked first. */
  #isSure() {
    if (this.#bench.store.state.emptyAsked) {
      return performance.now() - this.#askedAt >= SECOND_LOOK_MS;
    }
    this.#askedAt = performance.now();
    this.#bench.set({ emptyAsked: true });
    this.#bench.tell("Nothing is marked on this image. If there is nothing, press Enter again.");
    return false;
  }

  /** @param {BatchDocument} batch */
  async #submitGrid(batch) {
    const { grid, todo } = this.#bench.store.state;
    const labels = grid ? draftsOfGrid(grid.present, todo) : [];
    if (!labels.length) {
      this.#bench.tell("Answer at least one image first: Y or N.", "bad");
      return [];
    }
    const name = labels.length === 1 ? "1 answer" : `${labels.length} answers`;
    return this.#post(batch, { labels, skip: null, draft: null, name }, []);
  }

  /**
   * @param {BatchDocument} batch
   * @param {Pick<Parcel, "labels" | "skip" | "draft" | "name">} what
   * @param {Change[]} alongside
   * @returns {Promise<string[]>} images that are done with.
   */
  async #post(batch, what, alongside) {
    const { project, id } = batch;
    const { annotator } = this.#bench.store.state;
    this.#bench.set({ leaving: true });
    const forgets = await this.#kept.drafts.forgetting(this.#keyOf(batch));
    const facts = { request_id: newRequestId(), project, annotator, batch: id, made_at: Date.now(), refusal: "" };
    const parcel = { ...facts, ...what };
    await this.#kept.connection.outbox.add(parcel, [...forgets, ...alongside]);
    return imagesOf(parcel);
  }

  /**
   * @param {BatchDocument} batch
   * @returns {DraftKey} of what is shown.
   */
  #keyOf(batch) {
    const { sheet, annotator } = this.#bench.store.state;
    return draftKey(batch, sheet, { annotator, isBlind: this.#isBlind });
  }
}
