// Asking the network for masks: of what lies in a box, or around points. Without an answer people go on by hand.

import { areaOf, polygon } from "../../core/mask.js";
import * as api from "../../page/api.js";
import { inWords } from "../../page/fetch_json.js";
import { add, itemOf, proposalOf, reprompt, select } from "../sheet.js";

/** @typedef {import("../bench.js").Bench} Bench */
/** @typedef {import("../../core/wire.js").PromptDocument} PromptDocument */
/** @typedef {import("../state.js").PageState} PageState */

let lastAsked = 0;
/** @type {Map<number, AbortController>} questions that wait for their answer. */
const running = new Map();

/** Wait for no answer any more. */
export function stopAsking() {
  for (const each of running.values()) {
    each.abort();
  }
}

/**
 * Why nobody may or can be asked; "" where somebody can.
 *
 * @param {PageState} state
 * @returns {string}
 */
export function whyNotAsk({ batch, project }) {
  if (batch?.for_test) {
    return "This image tests the network, so people outline it themselves.";
  }
  if (!batch?.model_version && !project?.active_model) {
    return "There is no network yet.";
  }
  return "";
}

/**
 * @param {Bench} bench
 * @param {PromptDocument} prompt
 * @returns {Promise<import("../sheet.js").Proposal | null>} `null` where nobody waits for it any more.
 * @throws {Error} that says why there is no mask.
 */
async function ask(bench, prompt) {
  const id = (lastAsked += 1);
  const stop = new AbortController();
  running.set(id, stop);
  bench.set({ asking: [...bench.store.state.asking, { id, box: prompt.box }] });
  try {
    return await answerTo(bench, prompt, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) {
      return null;
    }
    throw error;
  } finally {
    running.delete(id);
    bench.set({ asking: bench.store.state.asking.filter((each) => each.id !== id) });
  }
}

/**
 * @param {Bench} bench
 * @param {PromptDocument} prompt
 * @param {AbortSignal} signal
 */
async function answerTo(bench, prompt, signal) {
  const { project, batch, sheet } = bench.store.state;
  if (!project || !sheet) {
    return null;
  }
  const answer = await api.propose(project.id, sheet.image.id, [prompt], batch?.model_version ?? "", signal);
  if (bench.store.state.sheet !== sheet) {
    return null;
  }
  const [first] = answer.proposals;
  const proposal = first && proposalOf(first);
  if (!proposal || !areaOf(proposal.mask)) {
    throw new Error("the network sees nothing there");
  }
  bench.set({ promptVersion: answer.model_version });
  return proposal;
}

/**
 * A box becomes the mask of what lies in it, or a rectangle to be mended.
 *
 * @param {Bench} bench
 * @param {[number, number, number, number]} box x, y, width, height in pixels.
 */
export async function askForBox(bench, box) {
  const { sheet } = bench;
  if (!sheet) {
    return;
  }
  const { category, image } = sheet;
  let why = whyNotAsk(bench.store.state);
  try {
    const proposal = why ? null : await ask(bench, { box, points: [], category });
    if (proposal) {
      bench.edit((state) => withAnswer(bench, state, add(state, proposal.mask, category, proposal)));
      return;
    }
  } catch (error) {
    why = inWords(error);
  }
  if (!why || bench.sheet?.image.id !== image.id) {
    return;
  }
  bench.tell(`${why} The box is a rectangle to mend.`);
  const [x, y, width, height] = box;
  /** @type {[number, number][]} */
  const corners = [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
  bench.edit((state) => add(state, polygon(corners, image.width, image.height), category, null, { edits: 1 }));
}

/**
 * An answer is selected, unless that would take from under somebody's hand what they are drawing on meanwhile.
 *
 * @param {Bench} bench
 * @param {import("../sheet.js").SheetState} before
 * @param {import("../sheet.js").SheetState} after
 */
function withAnswer({ store, stage }, before, after) {
  return store.state.sketch || stage.isPainting ? select(after, before.selected) : after;
}

/**
 * Points mend the object that they are for, or make a new one.
 *
 * @param {Bench} bench
 */
export async function askForPoints(bench) {
  const { sketch } = bench.store.state;
  const { sheet } = bench;
  const why = whyNotAsk(bench.store.state);
  if (sketch?.kind !== "points" || !sheet || why) {
    bench.set({ sketch: null });
    bench.tell(`${why} Use the brush or a polygon.`);
    return;
  }
  const { key, points, box } = sketch;
  const category = itemOf(sheet, key)?.category ?? sheet.category;
  try {
    const proposal = await ask(bench, { box, points, category });
    if (proposal) {
      take(bench, sketch, proposal);
    }
  } catch (error) {
    bench.tell(`${inWords(error)} Use the brush or a polygon.`, "bad");
  }
}

/**
 * @param {Bench} bench
 * @param {Extract<import("../state.js").Sketch, {kind: "points"}>} asked
 * @param {import("../sheet.js").Proposal} proposal
 */
function take(bench, asked, proposal) {
  const latest = bench.store.state.sketch;
  if (latest !== asked) {
    return; // there is another point since, or another object
  }
  const { key } = asked;
  if (key === null) {
    bench.edit((state) => add(state, proposal.mask, state.category, proposal));
    bench.set({ sketch: { ...asked, key: bench.sheet?.selected ?? null } });
  } else {
    bench.edit((state) => select(reprompt(state, key, proposal), key));
  }
}
