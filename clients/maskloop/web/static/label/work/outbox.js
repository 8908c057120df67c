// Labels and skips on their way. Each is kept under one request id until the server has acknowledged it, whatever
// happens.

import { ApiError, inWords } from "../../page/fetch_json.js";

/** @typedef {import("../../core/wire.js").BatchDocument} BatchDocument */
/** @typedef {import("../../core/wire.js").DraftDocument} DraftDocument */
/** @typedef {import("../../core/wire.js").LabelDocument} LabelDocument */
/** @typedef {import("./database.js").Database} Database */
/** @typedef {import("./database.js").Change} Change */

/** @typedef {import("../../page/api.js").Hands} Hands */
/** @typedef {import("../../page/api.js").SkipReason} SkipReason */

/**
 * One hand-in, or one image that was passed over.
 *
 * @typedef {{
 *   request_id: string, project: string, annotator: string, batch: string, labels: DraftDocument[],
 *   skip: {image: string, reason: SkipReason} | null, draft: object | null, name: string, made_at: number,
 *   refusal: string,
 * }} Parcel
 *   `draft` is what the label was made of, to be mended where it is refused. `refusal` is what the server said of it,
 *   "" while it is on its way.
 */

/**
 * @typedef {object} Post
 * @property {(hands: Hands, handIn: {batch: string, request_id: string, labels: DraftDocument[]}) =>
 *   Promise<{labels: LabelDocument[]}>} submit
 * @property {(hands: Hands, batch: string, which: {image: string, reason: SkipReason}) => Promise<object>} skip
 * @property {(hands: Hands, batch: string) => Promise<BatchDocument>} renew
 * @property {(parcel: Parcel) => boolean} maySend whether a parcel is that of who has signed in.
 * @property {(seconds: number) => Promise<void>} wait ends early where something changed.
 * @property {<T>(work: () => Promise<T>) => Promise<T>} alone runs it in one tab at a time.
 * @property {(event: OutboxEvent) => void} tell
 *
 * @typedef {{kind: "acknowledged", parcel: Parcel, labels: LabelDocument[]}
 *   | {kind: "refused", parcel: Parcel}
 *   | {kind: "unreached", error: ApiError}
 *   | {kind: "unkept"}
 *   | {kind: "changed"}} OutboxEvent
 */

const LEASE_REASONS = new Set(["LEASE_LOST", "FOREIGN_LEASE"]);
const LONGEST_WAIT_S = 30;
const MOST_FAULTS = 6; // of the server with one parcel, after which the others come first

/**
 * @param {Parcel} parcel
 * @returns {string[]} images that are done with once it has arrived.
 */
export function imagesOf({ labels, skip }) {
  return skip ? [skip.image] : labels.map(({ image }) => image);
}

export class Outbox {
  #database;
  #post;
  /** @type {Promise<void> | null} */
  #sending = null;
  #isWanted = false;
  /**
   * What the disk refused, by request id: it lives as long as the page, and goes before what the disk says of it.
   *
   * @type {Map<string, Parcel>}
   */
  #inHand = new Map();
  /** @type {Set<string>} request ids of what has arrived but could not be taken off the disk. */
  #arrived = new Set();

  /**
   * @param {Database} database
   * @param {Post} post
   */
  constructor(database, post) {
    this.#database = database;
    this.#post = post;
  }

  /**
   * Keep a hand-in, and send it as soon as that works. It is on disk when this returns; where the disk is full, in the
   * memory of this page, which people are told.
   *
   * @param {Parcel} parcel
   * @param {Change[]} alongside is written in the same transaction: the drafts that it replaces.
   */
  async add(parcel, alongside) {
    try {
      await this.#database.change([{ store: "outbox", put: parcel }, ...alongside]);
      this.#inHand.delete(parcel.request_id);
    } catch {
      this.#inHand.set(parcel.request_id, parcel);
      this.#post.tell({ kind: "unkept" });
    }
    this.#post.tell({ kind: "changed" });
    void this.send();
  }

  /**
   * Where the browser does not give what is on disk, what this page has in hand is sent all the same.
   *
   * @returns {Promise<Parcel[]>} oldest first.
   */
  async parcels() {
    /** @type {Parcel[]} */
    const onDisk = await this.#database.all("outbox").catch(() => []);
    const waiting = onDisk.filter(({ request_id: id }) => !this.#inHand.has(id) && !this.#arrived.has(id));
    return [...waiting, ...this.#inHand.values()].sort((one, other) => one.made_at - other.made_at);
  }

  /**
   * @param {string} requestId
   * @param {Change[]} [alongside] is written in the same transaction: the draft that it becomes again, say.
   */
  async discard(requestId, alongside = []) {
    this.#inHand.delete(requestId);
    await this.#database.change([{ store: "outbox", remove: requestId }, ...alongside]);
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
      const next = (await this.parcels()).find((each) => !each.refusal && this.#post.maySend(each));
      if (!next) {
        return;
      }
      try {
        const labels = await this.#deliver(next);
        await this.#acknowledge(next, labels);
        failures = 0;
      } catch (error) {
        const isFault = error instanceof ApiError && error.status === 500 && failures >= MOST_FAULTS;
        if (!(error instanceof ApiError) || !error.passing || isFault) {
          await this.#refuse(next, inWords(error));
          failures = 0;
          continue;
        }
        this.#post.tell({ kind: "unreached", error });
        await this.#post.wait(error.retryAfterS ?? Math.min(2 ** failures, LONGEST_WAIT_S));
        failures += 1;
      }
    }
  }

  /**
   * It has arrived, whatever the disk says to that: the next page sends it once more, under the same id.
   *
   * @param {Parcel} parcel
   * @param {LabelDocument[]} labels
   */
  async #acknowledge(parcel, labels) {
    try {
      await this.discard(parcel.request_id);
    } catch {
      this.#arrived.add(parcel.request_id);
    }
    this.#post.tell({ kind: "acknowledged", parcel, labels });
  }

  /**
   * @param {Parcel} parcel
   * @returns {Promise<LabelDocument[]>}
   */
  async #deliver(parcel) {
    const { batch } = parcel;
    try {
      return await this.#send(parcel);
    } catch (error) {
      const lapsed = error instanceof ApiError && LEASE_REASONS.has(error.reason) && batch;
      if (!lapsed) {
        throw error;
      }
    }
    const { picks } = await this.#post.renew(parcel, batch);
    const held = new Set(picks.map(({ image }) => image.id));
    if (!imagesOf(parcel).every((image) => held.has(image))) {
      throw new ApiError(409, { message: "the lease had ended, and somebody else has the image by now" });
    }
    return this.#send(parcel);
  }

  /**
   * @param {Parcel} parcel
   * @returns {Promise<LabelDocument[]>}
   */
  async #send(parcel) {
    const { batch, request_id, labels, skip } = parcel;
    if (skip) {
      await this.#post.skip(parcel, batch, skip);
      return [];
    }
    return (await this.#post.submit(parcel, { batch, request_id, labels })).labels;
  }

  /**
   * @param {Parcel} parcel
   * @param {string} refusal
   */
  async #refuse(parcel, refusal) {
    const refused = { ...parcel, refusal };
    if (this.#inHand.has(parcel.request_id)) {
      this.#inHand.set(parcel.request_id, refused);
    } else {
      const write = this.#database.change([{ store: "outbox", put: refused }]);
      await write.catch(() => this.#inHand.set(parcel.request_id, refused)); // else it would be sent without end
    }
    this.#post.tell({ kind: "refused", parcel: refused });
  }
}
