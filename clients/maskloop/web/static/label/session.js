// The way through the work: a batch, its images one after the other, the next batch.

import * as api from "../page/api.js";
import { ApiError, inWords } from "../page/fetch_json.js";
import { newRequestId } from "../page/request_id.js";
import { beginGrid } from "./grid.js";
import { begin, next, undecided } from "./sheet.js";
import { TOOLS_OF } from "./tools/tools.js";
import { HandingIn } from "./work/handing_in.js";

/** @typedef {import("./bench.js").Bench} Bench */
/** @typedef {import("./state.js").BatchDocument} BatchDocument */
/** @typedef {import("./state.js").Offer} Offer */
/** @typedef {import("./state.js").Phase} Phase */
/** @typedef {import("./state.js").PickDocument} PickDocument */
/** @typedef {import("./state.js").SheetDocument} SheetDocument */
/** @typedef {import("./work/connection.js").Connection} Connection */
/** @typedef {import("./work/database.js").Database} Database */
/** @typedef {import("./work/drafts.js").Drafts} Drafts */
/** @typedef {{database: Database, drafts: Drafts, connection: Connection}} Kept */
/** @typedef {{project: string, campaign: string, kind: import("../core/wire.js").Kind | "", images: number}} Wish */

export class Session {
  #bench;
  #wish;
  #kept;
  #handingIn;
  /** @type {Map<string, Promise<SheetDocument>>} by image. */
  #sheets = new Map();

  /**
   * @param {Bench} bench
   * @param {Wish} wish
   * @param {Kept} kept
   */
  constructor(bench, wish, kept) {
    this.#bench = bench;
    this.#wish = wish;
    this.#kept = kept;
    this.#handingIn = new HandingIn(bench, kept);
  }

  /** Take up the work, from the beginning. */
  async open() {
    this.#become("loading", "Loading", "", []);
    try {
      const who = await api.me();
      if ((who.needs_token && !who.signed_in) || !who.annotator) {
        this.#become("error", "Who are you?", "Say your name on the first page.", ["start"]);
        return;
      }
      const project = await api.readProject(this.#wish.project);
      this.#bench.set({ project, annotator: who.annotator, online: true });
      await this.takeBatch();
    } catch (error) {
      this.#fail("The work cannot be taken up", error);
    }
  }

  /** Lease images: the open batch again, or new ones. */
  async takeBatch() {
    this.#become("loading", "Loading", "", []);
    const { project, campaign, kind, images } = this.#wish;
    try {
      const batch = await api.lease(project, { campaign, kind, images, request_id: newRequestId() });
      await this.adopt(batch);
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
   */
  async adopt(batch) {
    const { database, connection } = this.#kept;
    const parcels = await connection.outbox.parcels();
    const ours = parcels.filter((each) => each.project === batch.project && each.batch === batch.id);
    const handed = new Set(ours.flatMap(({ labels }) => labels.map(({ image }) => image)));
    const todo = batch.picks.filter(({ image }) => !handed.has(image.id));
    /** @type {{total: number, charged: number} | undefined} */
    const before = await database.get("progress", [batch.project, batch.id]);
    const total = Math.max(before?.total ?? 0, batch.picks.length);
    const charged = before?.charged ?? 0;
    await database.change([{ store: "progress", put: { project: batch.project, batch: batch.id, total, charged } }]);
    const tool = TOOLS_OF[batch.kind][0] ?? "select";
    this.#bench.set({ batch, parcels, todo, total, charged, tool, lease: "held", sheet: null, work: null, grid: null });
    await this.#goOn();
  }

  /**
   * The lease was prolonged. Images that are no longer ours are left out.
   *
   * @param {BatchDocument} batch
   */
  async keepOnly(batch) {
    const { todo, sheet, total } = this.#bench.store.state;
    const held = new Set(batch.picks.map(({ image }) => image.id));
    const kept = todo.filter(({ image }) => held.has(image.id));
    this.#bench.set({ batch, todo: kept, total: total - todo.length + kept.length, lease: "held" });
    if (sheet && !held.has(sheet.image.id)) {
      this.#bench.tell(`${sheet.image.name} is with somebody else now. Your draft of it is kept here.`, "bad");
      await this.#goOn();
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
    const { batch, work, grid, sheet, promptVersion, leaving } = this.#bench.store.state;
    const history = work ?? grid;
    if (batch && !leaving && (history?.canUndo || history?.canRedo)) {
      const seconds = this.#bench.clock.seconds();
      const draft = { work: work && work.present, grid: grid && grid.present, seconds, promptVersion };
      this.#kept.drafts.keep([batch.project, batch.id, sheet ? sheet.image.id : ""], draft);
    }
  }

  /** @param {string[]} images that are done with. */
  async #leave(images) {
    if (!images.length) {
      return;
    }
    const gone = new Set(images);
    for (const id of images) {
      this.#sheets.delete(id);
    }
    this.#bench.set({ todo: this.#bench.store.state.todo.filter(({ image }) => !gone.has(image.id)) });
    await this.#goOn();
  }

  async #goOn() {
    const { todo, batch } = this.#bench.store.state;
    const [first] = todo;
    if (!batch || !first) {
      this.#finish();
    } else if (batch.kind === "ood_check") {
      await this.#showGrid(batch, todo);
    } else {
      await this.#show(batch, first);
    }
  }

  #finish() {
    const { batch, total, parcels } = this.#bench.store.state;
    const waiting = parcels.filter((each) => each.batch === batch?.id).length;
    if (!total) {
      const why = batch?.fallback || "All images of this campaign are labeled, or somebody else has them.";
      this.#become("empty", "Nothing to label now", why, ["again", "start"]);
    } else if (waiting) {
      this.#become("done", "Batch done", "Its last labels are on their way.", ["next-batch", "start"]);
    } else if (batch?.exhausted) {
      this.#become("done", "Batch done", "It held all images that were open.", ["next-batch", "start"]);
    } else {
      this.#become("done", "Batch done", total === 1 ? "1 image." : `${total} images.`, ["next-batch", "start"]);
    }
  }

  /**
   * @param {BatchDocument} batch
   * @param {PickDocument} pick
   */
  async #show(batch, { image }) {
    const category = this.#categoryInHand();
    try {
      const [sheet, draft] = await Promise.all([
        this.#sheetOf(batch, image.id),
        this.#kept.drafts.recall([batch.project, batch.id, image.id], batch.kind),
      ]);
      this.#lay(
        sheet,
        draft ?? { work: begin(sheet, batch.kind, category), grid: null, seconds: 0, promptVersion: "" },
      );
      this.#become("ready", "", "", []);
      this.#lookAhead(batch);
    } catch (error) {
      this.#sheets.delete(image.id);
      this.#fail(`${image.name} cannot be shown`, error);
    }
  }

  /**
   * @param {SheetDocument} sheet
   * @param {import("./work/drafts.js").Draft} draft
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
   * @param {readonly PickDocument[]} todo
   */
  async #showGrid(batch, todo) {
    const draft = await this.#kept.drafts.recall([batch.project, batch.id, ""], batch.kind);
    this.#bench.restartClock(draft?.seconds ?? 0);
    this.#bench.store.dispatch({ type: "grid", grid: draft?.grid ?? beginGrid(todo) });
    this.#become("ready", "", "", []);
  }

  /** @param {BatchDocument} batch */
  #lookAhead(batch) {
    const following = this.#bench.store.state.todo[1];
    if (following) {
      this.#bench.stage.preload(batch.project, following.image);
      this.#sheetOf(batch, following.image.id).catch(() => this.#sheets.delete(following.image.id));
    }
  }

  /**
   * @param {BatchDocument} batch
   * @param {string} image
   */
  #sheetOf(batch, image) {
    const coming = this.#sheets.get(image) ?? api.sheet(batch.project, batch.id, image);
    this.#sheets.set(image, coming);
    return coming;
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
    this.#bench.set({ phase, words: { title, text, offers }, leaving: false });
  }
}
