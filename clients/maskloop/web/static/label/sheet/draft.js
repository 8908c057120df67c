// What is handed in of an image: the content of its label, or what is still missing, in words.

import { same } from "../../core/mask.js";
import { encodeRle } from "../../core/rle.js";
import { visibleItems } from "./state.js";
/** @typedef {import("../../core/wire.js").Content} Content */
/** @typedef {import("../../core/wire.js").Kind} Kind */
/** @typedef {import("../../core/wire.js").ObjectDocument} ObjectDocument */
/** @typedef {import("../../core/wire.js").OriginDocument} OriginDocument */
/** @typedef {import("../../core/wire.js").ReviewDocument} ReviewDocument */
/** @typedef {import("./state.js").SheetState} SheetState */
/** @typedef {import("./state.js").Item} Item */
/** @typedef {import("./state.js").Proposal} Proposal */

/**
 * @typedef {{promptVersion?: string}} DraftFacts
 *   `promptVersion`: the `model_version` of what answered prompts. A label names it where nothing else was proposed.
 *
 * @typedef {{content: Content, problem?: undefined, key?: undefined}
 *   | {problem: string, key: number | null, content?: undefined}} DraftResult
 *   `key`: of the item that the problem is with.
 */

/**
 * @param {SheetState} state
 * @param {DraftFacts} [facts]
 * @returns {DraftResult}
 */
export function draftOf(state, facts = {}) {
  const problem = problemOf(state);
  return problem ?? { content: CONTENT[state.kind](state, facts) };
}

/** @type {Record<Kind, (state: SheetState, facts: DraftFacts) => Content>} */
const CONTENT = {
  full: fullContent,
  boxes: ({ boxes }) => ({ boxes: boxes.map(({ category, box }) => ({ category, box: [...box] })) }),
  points: ({ points }) => ({ points: points.map(({ category, point: [x, y] }) => ({ category, point: [x, y] })) }),
  scribbles: ({ strokes }) => ({
    scribbles: strokes.map(({ category, path }) => ({ category, path: path.map(([x, y]) => [x, y]) })),
  }),
  counts: ({ counts }) => ({
    counts: Object.entries(counts).map(([category, count]) => ({ category: Number(category), count })),
  }),
  image_level: ({ present }) => ({ categories: [...present] }),
  ood_check: (state) => ({ category: state.answer ?? 0 }),
};

/**
 * @param {SheetState} state
 * @returns {{problem: string, key: number | null} | null}
 */
function problemOf(state) {
  if (state.kind === "ood_check" && state.answer === null) {
    return { problem: "Say whether the image holds one of the classes.", key: null };
  }
  return (state.kind === "full" ? undecidedProblem(state) : null) ?? classProblem(state);
}

/**
 * @param {SheetState} state
 * @returns {{problem: string, key: number} | null}
 */
function undecidedProblem(state) {
  const open = state.objects.filter((item) => item.status === "proposed");
  const [first] = open;
  if (!first) {
    return null;
  }
  const problem =
    open.length === 1
      ? "One proposal is undecided: accept, change or reject it."
      : `${open.length} proposals are undecided: accept, change or reject each.`;
  return { problem, key: first.key };
}

/**
 * Something that has no class, as where none was chosen before it was drawn.
 *
 * @param {SheetState} state
 * @returns {{problem: string, key: number} | null}
 */
function classProblem(state) {
  /** @type {Record<Kind, readonly {key: number, category: number}[]>} */
  const all = {
    full: visibleItems(state),
    boxes: state.boxes,
    points: state.points,
    scribbles: [], // 0 is the ground
    counts: [],
    image_level: [],
    ood_check: [],
  };
  const nameless = all[state.kind].find((each) => !each.category);
  const what = state.kind === "full" ? "An object" : state.kind === "boxes" ? "A box" : "A point";
  return nameless ? { problem: `${what} has no class: choose one.`, key: nameless.key } : null;
}

/**
 * @param {SheetState} state
 * @param {DraftFacts} facts
 * @returns {import("../../core/wire.js").FullContent}
 */
function fullContent(state, { promptVersion = "" }) {
  const hasPrompted = state.objects.some((item) => item.proposal);
  const modelVersion = state.modelVersion || (hasPrompted ? promptVersion : "");
  const objects = visibleItems(state).map((item) => objectOf(item, state, modelVersion !== ""));
  return { objects, review: modelVersion ? reviewOf(state, modelVersion) : null };
}

/**
 * @param {Item} item
 * @param {SheetState} state
 * @param {boolean} isReviewed
 * @returns {ObjectDocument}
 */
function objectOf(item, { image }, isReviewed) {
  const { category, crowd, mask, proposal } = item;
  const isUnchanged = proposal !== null && same(mask, proposal.mask);
  // The string as it was sent: of an accepted proposal the server wants the very same one.
  const document = (isUnchanged && proposal.document) || encodeRle(mask, image.height, image.width);
  // A crowd is no object that was proposed, and has no origin.
  return { category, mask: document, crowd, origin: isReviewed && !crowd ? originOf(item, isUnchanged) : null };
}

/**
 * What an object began as. The server takes a proposal of another class for a modified one, whoever accepted it.
 *
 * @param {Item} item
 * @param {boolean} isUnchanged whether its mask is the proposal's
 * @returns {OriginDocument}
 */
function originOf({ category, proposal, edits, seconds }, isUnchanged) {
  const verdict = !proposal ? "missed" : isUnchanged && category === proposal.category ? "accepted" : "modified";
  return { verdict, proposal: proposal?.id ?? "", edits, seconds };
}

/**
 * @param {SheetState} state
 * @param {string} modelVersion
 * @returns {ReviewDocument}
 */
function reviewOf(state, modelVersion) {
  const rejected = state.objects
    .filter((item) => item.proposal && (item.status === "rejected" || item.crowd))
    .map(({ proposal, edits, seconds }) => ({ proposal: proposal?.id ?? "", edits, seconds }));
  return { model_version: modelVersion, rejected };
}
