// Whether the server answers, and the post that waits for it.

import * as api from "../../page/api.js";
import { Outbox } from "./outbox.js";
import { alone, chatter } from "./tabs.js";

/** @typedef {import("../bench.js").Bench} Bench */
/** @typedef {import("./database.js").Database} Database */
/** @typedef {import("./outbox.js").OutboxEvent} OutboxEvent */

const ASK_EVERY_MS = 3_000;

export class Connection {
  #bench;
  #database;
  #others;
  /** @type {() => void} */
  #hurry = () => {};

  /**
   * @param {Bench} bench
   * @param {Database} database
   */
  constructor(bench, database) {
    this.#bench = bench;
    this.#database = database;
    this.#others = chatter(() => void this.refresh());
    this.outbox = new Outbox(database, {
      submit: api.submit,
      skip: api.skip,
      renew: api.renew,
      maySend: (parcel) => this.#maySend(parcel),
      wait: (seconds) => this.#wait(seconds),
      alone,
      tell: (event) => void this.#hear(event),
    });
    addEventListener("online", () => this.kick());
    setInterval(() => void this.#ask(), ASK_EVERY_MS);
  }

  /** Something changed: try at once. */
  kick() {
    this.#hurry();
    void this.outbox.send();
  }

  /**
   * What somebody else left here waits until they sign in again: nobody sends it under another name.
   *
   * @param {import("./outbox.js").Parcel} parcel
   */
  #maySend({ annotator }) {
    const { hasOwnToken, annotator: own } = this.#bench.store.state;
    return !hasOwnToken || annotator === own;
  }

  /** What waits, as it is kept. */
  async refresh() {
    this.#bench.set({ parcels: await this.outbox.parcels() });
  }

  /** The server did not answer a call. */
  lost() {
    this.#bench.set({ online: false });
  }

  /** @param {OutboxEvent} event */
  async #hear(event) {
    if (event.kind === "unreached") {
      const signedIn = event.error.status !== 401;
      this.#bench.set({ signedIn, online: signedIn ? !event.error.offline : true });
    } else if (event.kind === "unkept") {
      this.#bench.set({ durable: false });
    } else if (event.kind === "acknowledged") {
      this.#bench.set({ online: true, signedIn: true });
      await this.#charge(event.parcel, event.labels).catch(() => {}); // a figure that people can do without
    }
    await this.refresh();
    if (event.kind !== "unreached") {
      this.#others.tell();
    }
  }

  /**
   * @param {import("./outbox.js").Parcel} parcel
   * @param {import("../../core/wire.js").LabelDocument[]} labels
   */
  async #charge({ project, batch }, labels) {
    /** @type {{total: number, charged: number} | undefined} */
    const before = await this.#database.get("progress", [project, batch]);
    if (!labels.length) {
      return; // a skip
    }
    const sum = labels.reduce((total, { charged_s }) => total + charged_s, before?.charged ?? 0);
    const progress = { project, batch, total: before?.total ?? labels.length, charged: sum };
    await this.#database.change([{ store: "progress", put: progress }]);
    if (this.#bench.store.state.batch?.id === batch) {
      this.#bench.set({ charged: sum });
    }
  }

  /** @param {number} seconds */
  #wait(seconds) {
    /** @type {Promise<void>} */
    const over = new Promise((resolve) => {
      this.#hurry = resolve;
      setTimeout(resolve, seconds * 1000);
    });
    return over;
  }

  /** While the server is not there, ask again and again whether it is. */
  async #ask() {
    const { online, signedIn } = this.#bench.store.state;
    if (online && signedIn) {
      return;
    }
    try {
      const who = await api.me();
      const { annotator, hasOwnToken } = this.#bench.store.state;
      const isSame = !hasOwnToken || who.annotator === annotator;
      this.#bench.set({ online: true, signedIn: (!who.needs_token || who.signed_in) && isSame });
      this.kick();
    } catch {
      // Not yet.
    }
  }
}
