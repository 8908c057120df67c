// Where the page on which people label begins: parts are made and put together here.

import { kindNamed } from "../page/kinds.js";
import { App } from "./app.js";
import { Bench } from "./bench.js";
import { listenToKeys } from "./keyboard.js";
import { Session } from "./session.js";
import { Pointers } from "./stage/pointers.js";
import { Stage } from "./stage/stage.js";
import { INITIAL, reduce } from "./state.js";
import { createStore } from "./store.js";
import { makeTools } from "./tools/tools.js";
import { showBar } from "./views/bar.js";
import { showClassFinder } from "./views/class_finder.js";
import { showClasses } from "./views/classes.js";
import { showDialogs } from "./views/dialogs.js";
import { showGrid, showImageName } from "./views/grid_view.js";
import { showObjects } from "./views/objects.js";
import { showOptions } from "./views/options.js";
import { showPanel } from "./views/panel.js";
import { showButtons } from "./views/rail.js";
import { showRing } from "./views/ring.js";
import { showBanners, showMessage, showVeil } from "./views/veil.js";
import { Connection } from "./work/connection.js";
import { openKept } from "./work/database.js";
import { Drafts } from "./work/drafts.js";
import { keepLease } from "./work/lease.js";
import { claim } from "./work/tabs.js";
import { countTime } from "./work/timing.js";

/** @typedef {import("./session.js").Wish} Wish */
/** @typedef {import("./state.js").Action} Action */
/** @typedef {import("./state.js").PageState} PageState */

const IMAGES = 10;
const MOST_RECORDED = 100;

/** @returns {Wish} what the address asks for. */
function wished() {
  const query = new URLSearchParams(location.search);
  const images = Number(query.get("images"));
  return {
    project: query.get("project") ?? "",
    campaign: query.get("campaign") ?? "",
    kind: kindNamed(query.get("kind") ?? ""),
    images: Number.isInteger(images) && images > 0 ? images : IMAGES,
    recorded: query.getAll("image").slice(0, MOST_RECORDED),
    isBlind: query.get("blind") === "1",
    forTest: query.get("test") === "1",
  };
}

/**
 * The way in, for the first time or once more: one tab of a browser labels a project under a name.
 *
 * @param {Bench} bench
 * @param {Session} session
 * @param {string} project
 * @param {Connection} connection
 * @returns {(takeOver: boolean) => Promise<void>}
 */
function makeEnter(bench, session, project, connection) {
  let isMine = false;
  return async (takeOver) => {
    const annotator = await session.identify();
    if (!annotator) {
      return;
    }
    isMine ||= await claim(`${project} ${annotator}`, takeOver, () => {
      isMine = false;
      bench.set({ otherTab: true });
    });
    bench.set({ otherTab: !isMine });
    if (isMine) {
      connection.kick();
      await session.open();
    }
  };
}

async function begin() {
  const wish = wished();
  /** @type {import("./store.js").Store<PageState, Action>} */
  const store = createStore(reduce, INITIAL);
  const bench = new Bench(store, new Stage(store));
  const database = await openKept();
  const drafts = new Drafts(database, () => bench.set({ durable: false }));
  const connection = new Connection(bench, database);
  const session = new Session(bench, wish, { database, drafts, connection });
  const lease = keepLease(bench, session);

  const enter = makeEnter(bench, session, wish.project, connection);
  const tools = makeTools(bench);
  const app = new App(bench, session, tools, {
    again: () => void enter(false),
    "next-batch": () => void session.takeBatch(),
    start: () => location.assign("/"),
    "take-over": () => void enter(true),
    "take-up": () => void lease.takeUp(),
  });
  showBar(store);
  showVeil(store);
  showBanners(store);
  showMessage(store);
  showButtons(app);
  showClasses(app);
  showClassFinder(app);
  showObjects(app);
  showOptions(app);
  showGrid(app);
  showImageName(app);
  showDialogs(app, connection.outbox);
  showPanel();
  showRing(bench);
  listenToKeys(app, new Pointers(bench, tools));
  countTime(bench, () => session.keepDraft());
  store.subscribe((state, before) => {
    if (!state.otherTab && state.phase === "ready" && (state.work !== before.work || state.grid !== before.grid)) {
      session.keepDraft();
    }
  });
  store.subscribe(({ online, phase }, before) => {
    if (online && !before.online && phase === "error") {
      void enter(false); // what failed may work now
    }
  });
  bench.set({ durable: database.durable });
  await Promise.all([connection.refresh(), drafts.forgetOld().catch(() => {})]); // work begins without as well
  await enter(false);
}

void begin();
