// The way through the work: a batch, its images one after the other, the next batch.

import * as api from "../page/api.js";
import { ApiError, inWords } from "../page/fetch_json.js";
import { recallHere } from "../page/memory.js";
import { askForBatch } from "./batches.js";
import { endingOf } from "./endings.js";
import { beginGrid } from "./grid.js";
import { Showing, handsOf } from "./showing.js";
import { TOOLS_OF } from "./tools/tools.js";
import { draftAgain, draftKey } from "./work/draft_key.js";
import { HandingIn } from "./work/handing_in.js";
import { imagesOf } from "./work/outbox.js";
import { keepProgress, progressOf } from "./work/progress.js";

/** @typedef {import("./bench.js").Bench} Bench */
/** @typedef {import("./state.js").BatchDocument} BatchDocument */
/** @typedef {import("./state.js").Offer} Offer */
/** @typedef {import("./state.js").Phase} Phase */
/** @typedef {import("./work/connection.js").Connection} Connection */
/** @typedef {import("./work/database.js").Database} Database */
/** @typedef {import("./work/drafts.js").Drafts} Drafts */
/** @typedef {import("./work/outbox.js").Parcel} Parcel */
/** @typedef {{database: Database, drafts: Drafts, connection: Connection}} Kept */
/** @typedef {import("./batches.js").Wish} Wish */
const ASKED_AGAIN_MS = 4_000;

export class Session {
  #bench;
  #wish;
  #kept;
  #handingIn;
  #showing;
  /** Whether the end of a batch is shown, whose words follow what is on its way. */
  #isFinished = false;

  /**
   * @param {Bench} bench
   * @param {Wish} wish
   * @param {Kept} kept
   */
  constructor(bench, wish, kept) {
    this.#bench = bench;
    this.#wish = wish;
    this.#kept = kept;
    this.#handingIn = new HandingIn(bench, kept, wish.isBlind);
    this.#showing = new Showing(bench, kept.drafts, wish.isBlind);
    bench.store.subscribe((state, before) => {
      if (this.#isFinished && state.parcels !== before.parcels) {
        this.#finish();
      }
    });
  }

  /**
   * Find out who labels: what was said in this tab, or else in this browser.
   *
   * @returns {Promise<string>} "" where that is not known; people are told why.
   */
  async identify() {
    this.#become("loading", "Loading", "", []);
    try {
      const who = await api.me();
      const annotator = who.has_own_token ? who.annotator : recallHere("annotator") || who.annotator;
      if ((who.needs_token && !who.signed_in) || !annotator) {
        this.#become("error", "Who are you?", "Sign in, or say your name, on the first page.", ["start"]);
        return "";
      }
      this.#bench.set({ annotator, hasOwnToken: who.has_own_token, signedIn: true, online: true });
      return annotator;
    } catch (error) {
      this.#fail("The work cannot be taken up", error);
      return "";
    }
  }

  /** Take up the work, from the beginning. */
  async open() {
    try {
      this.#bench.set({ project: await api.readProject(this.#wish.project) });
      await this.takeBatch();
    } catch (error) {
      this.#fail("The work cannot be taken up", error);
    }
  }

  /** Lease images: the open batch again, or new ones. */
  async takeBatch() {
    this.#become("loading", "Loading", "", []);
    await this.#askForBatch();
  }

  async #askForBatch() {
    try {
      const before = await this.#kept.connection.outbox.parcels();
      const batch = await askForBatch(this.#wish, this.#hands);
      this.#wish = { ...this.#wish, recorded: [] }; // after them comes new work
      await this.adopt(batch, before);
    } catch (error) {
      if (error instanceof ApiError && error.reason === "BUDGET_EXHAUSTED") {
        this.#become("done", "The budget is spent", inWords(error), ["start"]);
      } else {
        this.#fail("There are no images to label now", error);
      }
    }
  }

  /**
   * Go through the images of a batch that are not handed in yet.
   *
   * @param {BatchDocument} batch
   * @param {readonly Parcel[]} sent what waited before the batch was asked for, and may have arrived since.
   */
  async adopt(batch, sent) {
    const { database, connection } = this.#kept;
    const parcels = await connection.outbox.parcels();
    const ours = [...sent, ...parcels].filter((each) => each.project === batch.project && each.batch === batch.id);
    const handed = new Set(ours.flatMap(imagesOf));
    const todo = batch.picks.filter(({ image }) => !handed.has(image.id));
    const progress = await progressOf(database, batch);
    await keepProgress(database, batch, progress);
    const tool = TOOLS_OF[batch.kind][0] ?? "select";
    this.#bench.set({ batch, parcels, todo, ...progress, tool, lease: "held", sheet: null, work: null, grid: null });
    await this.#goOn();
    if (batch.fallback && todo.length) {
      this.#bench.tell(batch.fallback);
    }
  }

  /**
   * The lease was prolonged. Images that are no longer ours are left out.
   *
   * @param {BatchDocument} batch
   */
  async keepOnly(batch) {
    const { todo, sheet, grid, charged, leaving } = this.#bench.store.state;
    const held = new Set(batch.picks.map(({ image }) => image.id));
    const kept = todo.filter(({ image }) => held.has(image.id));
    const isShown = !leaving && todo.some(({ image }) => image.id === sheet?.image.id);
    const total = this.#bench.store.state.total - todo.length + kept.length;
    this.#bench.set({ batch, todo: kept, total, lease: "held" });
    await keepProgress(this.#kept.database, batch, { total, charged });
    if (grid && kept.length && !held.has(grid.present.focus)) {
      const focus = beginGrid(kept).focus;
      this.#bench.store.dispatch({ type: "grid-look", grid: { ...grid.present, focus } });
    }
    if (sheet && isShown && !held.has(sheet.image.id)) {
      this.#bench.tell(`${sheet.image.name} is with somebody else now. Your draft of it is kept here.`, "bad");
      await this.#goOn();
    }
  }

  /** Let others have the images that are left; what was begun of them is kept here. */
  async giveBack() {
    const { batch, todo, total, charged } = this.#bench.store.state;
    if (!batch || !todo.length) {
      return;
    }
    this.keepDraft();
    const images = todo.map(({ image }) => image.id);
    await api.release(this.#hands, batch.id, images);
    this.#showing.forget(images);
    this.#bench.set({ todo: [], total: total - images.length, dialog: "" });
    await keepProgress(this.#kept.database, batch, { total: total - images.length, charged });
    this.#finish();
  }

  /**
   * A label that was refused becomes a draft again, and is shown if its image is still held.
   *
   * @param {string} requestId
   */
  async mend(requestId) {
    const { outbox } = this.#kept.connection;
    const parcel = (await outbox.parcels()).find(({ request_id }) => request_id === requestId);
    const { batch, todo } = this.#bench.store.state;
    if (!parcel?.draft) {
      return;
    }
    this.keepDraft();
    await this.#kept.drafts.settled();
    await outbox.discard(requestId, draftAgain(parcel));
    const ids = new Set(imagesOf(parcel));
    const again = batch?.id === parcel.batch ? batch.picks.filter(({ image }) => ids.has(image.id)) : [];
    this.#bench.set({ dialog: "", todo: [...again, ...todo.filter(({ image }) => !ids.has(image.id))] });
    if (again.length) {
      await this.#goOn();
    } else {
      this.#bench.tell(`The draft of ${parcel.name} is kept here, for when you get that image again.`);
    }
  }

  /** Hand in what is shown, and go on. */
  async submit() {
    await this.#leave(await this.#handingIn.submit());
  }

  /** @param {api.SkipReason} reason */
  async skip(reason) {
    await this.#leave(await this.#handingIn.skip(reason));
  }

  /** Keep what is being done, as it is now. */
  keepDraft() {
    const { batch, work, grid, sheet, annotator, promptVersion, leaving, otherTab, phase } = this.#bench.store.state;
    const history = work ?? grid;
    const isOurs = phase === "ready" && !leaving && !otherTab;
    if (batch && history && isOurs && (history.canUndo || history.canRedo)) {
      const seconds = this.#bench.clock.seconds();
      const draft = { work: work && work.present, grid: grid && grid.present, seconds, promptVersion };
      this.#kept.drafts.keep(draftKey(batch, sheet, { annotator, isBlind: this.#wish.isBlind }), draft);
    }
  }

  /** @param {string[]} images that are done with. */
  async #leave(images) {
    if (!images.length) {
      return;
    }
    const gone = new Set(images);
    this.#showing.forget(images);
    this.#bench.set({ todo: this.#bench.store.state.todo.filter(({ image }) => !gone.has(image.id)) });
    await this.#goOn();
  }

  async #goOn() {
    const { batch, todo, todo: [first] } = this.#bench.store.state;
    if (!batch || !first) {
      this.#finish();
    } else if (batch.kind === "ood_check") {
      await this.#shown("The images cannot be shown", this.#showing.grid(batch, todo));
    } else {
      await this.#shown(`${first.image.name} cannot be shown`, this.#showing.image(batch, first));
    }
  }

  /**
   * @param {string} fault the title where it does not come.
   * @param {Promise<void>} coming
   */
  async #shown(fault, coming) {
    try {
      await coming;
      this.#become("ready", "", "", []);
      this.#showing.lookAhead();
    } catch (error) {
      this.#fail(fault, error);
    }
  }

  get #hands() {
    return handsOf(this.#wish.project, this.#bench);
  }

  #finish() {
    const { phase, words } = endingOf(this.#bench.store.state);
    this.#become(phase, words.title, words.text, words.offers);
    this.#isFinished = true;
    this.#askAgainLater(phase);
  }

  /**
   * While a network is trained there are no images; they come by themselves.
   *
   * @param {Phase} phase
   */
  #askAgainLater(phase) {
    const { batch } = this.#bench.store.state;
    if (phase === "empty" && batch && !batch.exhausted) {
      setTimeout(() => {
        const now = this.#bench.store.state;
        if (this.#isFinished && now.batch === batch && !now.otherTab) {
          void this.#askForBatch();
        }
      }, ASKED_AGAIN_MS);
    }
  }

  /**
   * @param {string} title
   * @param {unknown} error
   */
  #fail(title, error) {
    if (error instanceof ApiError && error.offline) {
      this.#kept.connection.lost();
    }
    this.#become("error", title, inWords(error), ["again", "start"]);
  }

  /**
   * @param {Phase} phase
   * @param {string} title
   * @param {string} text
   * @param {Offer[]} offers
   */
  #become(phase, title, text, offers) {
    this.#isFinished = false;
    this.#bench.set({ phase, words: { title, text, offers }, leaving: false });
  }
}
