// Labels on their way. Each is kept under one request id until the server has acknowledged it, whatever happens.

import { ApiError, inWords } from "../../page/fetch_json.js";

/** @typedef {import("../../core/wire.js").BatchDocument} BatchDocument */
/** @typedef {import("../../core/wire.js").DraftDocument} DraftDocument */
/** @typedef {import("../../core/wire.js").LabelDocument} LabelDocument */
/** @typedef {import("./database.js").Database} Database */
/** @typedef {import("./database.js").Change} Change */

/**
 * One hand-in.
 *
 * @typedef {{
 *   request_id: string, project: string, batch: string, labels: DraftDocument[], name: string, made_at: number,
 *   refusal: string,
 * }} Parcel
 *   `refusal` is what the server said of it, "" while it is on its way.
 */

/**
 * @typedef {object} Post
 * @property {(project: string, handIn: {batch: string, request_id: string, labels: DraftDocument[]}) =>
 *   Promise<{labels: LabelDocument[]}>} submit
 * @property {(project: string, batch: string) => Promise<BatchDocument>} renew
 * @property {(seconds: number) => Promise<void>} wait ends early where something changed.
 * @property {<T>(work: () => Promise<T>) => Promise<T>} alone runs it in one tab at a time.
 * @property {(event: OutboxEvent) => void} tell
 *
 * @typedef {{kind: "acknowledged", parcel: Parcel, labels: LabelDocument[]}
 *   | {kind: "refused", parcel: Parcel}
 *   | {kind: "unreached", error: ApiError}
 *   | {kind: "changed"}} OutboxEvent
 */

const LEASE_REASONS = new Set(["LEASE_LOST", "FOREIGN_LEASE"]);
const LONGEST_WAIT_S = 30;

export class Outbox {
  #database;
  #post;
  /** @type {Promise<void> | null} */
  #sending = null;
  #isWanted = false;

  /**
   * @param {Database} database
   * @param {Post} post
   */
  constructor(database, post) {
    this.#database = database;
    this.#post = post;
  }

  /**
   * Keep a hand-in, and send it as soon as that works. It is on disk when this returns.
   *
   * @param {Parcel} parcel
   * @param {Change[]} alongside is written in the same transaction: the drafts that it replaces.
   */
  async add(parcel, alongside) {
    await this.#database.change([{ store: "outbox", put: parcel }, ...alongside]);
    this.#post.tell({ kind: "changed" });
    void this.send();
  }

  /** @returns {Promise<Parcel[]>} oldest first. */
  async parcels() {
    /** @type {Parcel[]} */
    const all = await this.#database.all("outbox");
    return all.sort((one, other) => one.made_at - other.made_at);
  }

  /** @param {string} requestId */
  async discard(requestId) {
    await this.#database.change([{ store: "outbox", remove: requestId }]);
    this.#post.tell({ kind: "changed" });
  }

  /**
   * Send one again that was refused.
   *
   * @param {string} requestId
   */
  async retry(requestId) {
    const parcel = (await this.parcels()).find(({ request_id }) => request_id === requestId);
    if (parcel) {
      await this.add({ ...parcel, refusal: "" }, []);
    }
  }

  /**
   * Send what waits, in order, until nothing does.
   *
   * @returns {Promise<void>}
   */
  send() {
    this.#isWanted = true;
    this.#sending ??= this.#sendWhileWanted();
    return this.#sending;
  }

  /** What is added while the last look finds nothing is looked for once more. */
  async #sendWhileWanted() {
    try {
      while (this.#isWanted) {
        this.#isWanted = false;
        await this.#post.alone(() => this.#sendAll());
      }
    } finally {
      this.#sending = null;
    }
  }

  async #sendAll() {
    let failures = 0;
    for (;;) {
      const next = (await this.parcels()).find(({ refusal }) => !refusal);
      if (!next) {
        return;
      }
      try {
        const labels = await this.#deliver(next);
        await this.discard(next.request_id);
        this.#post.tell({ kind: "acknowledged", parcel: next, labels });
        failures = 0;
      } catch (error) {
        if (!(error instanceof ApiError) || !error.passing) {
          await this.#refuse(next, inWords(error));
          continue;
        }
        this.#post.tell({ kind: "unreached", error });
        await this.#post.wait(error.retryAfterS ?? Math.min(2 ** failures, LONGEST_WAIT_S));
        failures += 1;
      }
    }
  }

  /**
   * @param {Parcel} parcel
   * @returns {Promise<LabelDocument[]>}
   */
  async #deliver(parcel) {
    const { project, batch, request_id, labels } = parcel;
    try {
      return (await this.#post.submit(project, { batch, request_id, labels })).labels;
    } catch (error) {
      const lapsed = error instanceof ApiError && LEASE_REASONS.has(error.reason) && batch;
      if (!lapsed) {
        throw error;
      }
    }
    const { picks } = await this.#post.renew(project, batch);
    const held = new Set(picks.map(({ image }) => image.id));
    if (!labels.every(({ image }) => held.has(image))) {
      throw new ApiError(409, { message: "the lease had ended, and somebody else has the image by now" });
    }
    return (await this.#post.submit(project, { batch, request_id, labels })).labels;
  }

  /**
   * @param {Parcel} parcel
   * @param {string} refusal
   */
  async #refuse(parcel, refusal) {
    const refused = { ...parcel, refusal };
    await this.#database.change([{ store: "outbox", put: refused }]);
    this.#post.tell({ kind: "refused", parcel: refused });
  }
}
