// What is known of one image while it is labeled.

import { areaOf } from "../../core/mask.js";
import { decodeRle } from "../../core/rle.js";
import { EMPTY } from "../../core/masks/window.js";
/** @typedef {import("../../core/masks/window.js").Mask} Mask */
/** @typedef {import("../../core/masks/window.js").Place} Place */
/** @typedef {import("../../core/wire.js").Kind} Kind */
/** @typedef {import("../../core/wire.js").ImageFacts} ImageFacts */
/** @typedef {import("../../core/wire.js").SheetDocument} SheetDocument */
/** @typedef {import("../../core/wire.js").ProposalDocument} ProposalDocument */
/** @typedef {import("../../core/wire.js").MaskDocument} MaskDocument */
/** @typedef {import("../../core/wire.js").LabelDocument} LabelDocument */
/** @typedef {import("../../core/wire.js").FullContent} FullContent */
/** @typedef {import("../../core/wire.js").ObjectDocument} ObjectDocument */
/** @typedef {import("../../core/wire.js").Content} Content */

/**
 * @typedef {"proposed" | "accepted" | "edited" | "drawn" | "rejected"} Status
 *   Proposed: nobody has decided. Edited: begun as a proposal, and changed. Drawn: nothing had been proposed.
 *
 * @typedef {Readonly<{id: string, category: number, mask: Mask, predictedIou: number, document: MaskDocument | null}>}
 *   Proposal
 *   What a network offered. `document` is its mask as it was sent; of a label on record it may be gone.
 *
 * @typedef {Readonly<{
 *   key: number, category: number, mask: Mask, proposal: Proposal | null, prompted: boolean, status: Status,
 *   edits: number, seconds: number, crowd: boolean,
 * }>} Item
 *   One object, or a proposal that is none. `key` names it while the page lives. `prompted`: a person asked for the
 *   proposal.
 *
 * @typedef {Readonly<{key: number, category: number, point: Place}>} PointMark
 * @typedef {Readonly<{key: number, category: number, path: readonly Place[]}>} StrokeMark Category 0 is the ground.
 * @typedef {Readonly<{key: number, category: number, box: readonly [number, number, number, number]}>} BoxMark
 *
 * @typedef {Readonly<{
 *   kind: Kind, image: ImageFacts, modelVersion: string, objects: readonly Item[], selected: number | null,
 *   points: readonly PointMark[], strokes: readonly StrokeMark[], boxes: readonly BoxMark[],
 *   counts: Readonly<Record<number, number>>, present: readonly number[], answer: number | null, category: number,
 *   nextKey: number,
 * }>} SheetState
 *   `modelVersion`: whose proposals were at hand, "" where none were. `selected`: the key of an item or a mark.
 *   `counts`: by category. `present`: categories, ascending. `answer`: the category that a hard image holds after all,
 *   0 for none, `null` while nobody has said. `category`: that of what is drawn next.
 */

/**
 * The state in which an image is opened: with its proposals, or with what is on record of it.
 *
 * @param {SheetDocument} sheet
 * @param {Kind} kind of label that is to be made
 * @param {number} [category] of what is drawn first
 * @returns {SheetState}
 */
export function begin(sheet, kind, category = 0) {
  /** @type {SheetState} */
  const blank = frozen({
    kind,
    image: sheet.image,
    modelVersion: kind === "full" ? sheet.model_version : "",
    objects: [],
    selected: null,
    points: [],
    strokes: [],
    boxes: [],
    counts: {},
    present: [],
    answer: null,
    category,
    nextKey: 1,
  });
  if (sheet.label && sheet.label.kind === kind) {
    return recorded(blank, sheet.label.content, sheet);
  }
  return kind === "full" ? proposed(blank, sheet.proposals) : blank;
}

/**
 * What a network offered, laid out.
 *
 * @param {ProposalDocument} document
 * @returns {Proposal}
 */
export function proposalOf(document) {
  return frozen({
    id: document.id,
    category: document.category,
    mask: decodeRle(document.mask),
    predictedIou: document.predicted_iou,
    document: document.mask,
  });
}

/**
 * The item of a key, `null` where there is none.
 *
 * @param {SheetState} state
 * @param {number | null} key
 * @returns {Item | null}
 */
export function itemOf(state, key) {
  return state.objects.find((item) => item.key === key) ?? null;
}

/**
 * The items that show objects, or may: all but the rejected ones.
 *
 * @param {SheetState} state
 * @returns {readonly Item[]}
 */
export function visibleItems(state) {
  return state.objects.filter((item) => item.status !== "rejected");
}

/**
 * @param {SheetState} state
 * @param {number | null} key of an item or a mark; of a rejected item, too
 * @returns {SheetState}
 */
export function select(state, key) {
  return state.selected === key ? state : changed(state, { selected: key });
}

/**
 * The state with some fields changed.
 *
 * @param {SheetState} state
 * @param {Partial<SheetState>} fields
 * @returns {SheetState}
 */
export function changed(state, fields) {
  return frozen({ ...state, ...fields });
}

/**
 * A value with all its lists frozen. Masks are left as they are: their bits cannot be.
 *
 * @template {object} T
 * @param {T} value
 * @returns {Readonly<T>}
 */
export function frozen(value) {
  for (const part of Object.values(value)) {
    if (Array.isArray(part)) {
      Object.freeze(part);
    }
  }
  return Object.freeze(value);
}

/**
 * @param {SheetState} state
 * @param {readonly ProposalDocument[]} documents
 * @returns {SheetState}
 */
function proposed(state, documents) {
  const objects = documents
    .map(proposalOf)
    .filter((proposal) => areaOf(proposal.mask)) // an empty one shows nothing that could be judged
    .map((proposal, index) => fromProposal(proposal, index + 1));
  return changed(state, { objects, nextKey: objects.length + 1 });
}

/**
 * @param {Proposal} proposal
 * @param {number} key
 * @returns {Item}
 */
function fromProposal(proposal, key) {
  const { category, mask } = proposal;
  return frozen({
    key,
    category,
    mask,
    proposal,
    prompted: false,
    status: "proposed",
    edits: 0,
    seconds: 0,
    crowd: false,
  });
}

/**
 * The state that says what a label on record says.
 *
 * @param {SheetState} state
 * @param {Content} content
 * @param {SheetDocument} sheet
 * @returns {SheetState}
 */
function recorded(state, content, sheet) {
  if ("objects" in content) {
    return reviewed(state, content, sheet);
  }
  if ("counts" in content) {
    return changed(state, { counts: Object.fromEntries(content.counts.map((each) => [each.category, each.count])) });
  }
  if ("categories" in content) {
    return changed(state, { present: [...content.categories].sort((a, b) => a - b) });
  }
  if ("category" in content) {
    return changed(state, { answer: content.category });
  }
  return marked(state, content);
}

/**
 * @param {SheetState} state
 * @param {import("../../core/wire.js").PointsContent | import("../../core/wire.js").BoxesContent
 *   | import("../../core/wire.js").ScribblesContent} content
 * @returns {SheetState}
 */
function marked(state, content) {
  if ("points" in content) {
    const points = content.points.map((each, index) => frozen({ ...each, key: index + 1 }));
    return changed(state, { points, nextKey: points.length + 1 });
  }
  if ("scribbles" in content) {
    const strokes = content.scribbles.map((each, index) => frozen({ ...each, key: index + 1 }));
    return changed(state, { strokes, nextKey: strokes.length + 1 });
  }
  const boxes = content.boxes.map(({ category, box: [x = 0, y = 0, width = 0, height = 0] }, index) =>
    frozen({ key: index + 1, category, box: /** @type {const} */ ([x, y, width, height]) }),
  );
  return changed(state, { boxes, nextKey: boxes.length + 1 });
}

/**
 * Objects of a label on record. Proposals that it does not name were not at hand, and are left out.
 *
 * @param {SheetState} state
 * @param {FullContent} content
 * @param {SheetDocument} sheet
 * @returns {SheetState}
 */
function reviewed(state, content, sheet) {
  const { review } = content;
  const offered = review && review.model_version === sheet.model_version ? sheet.proposals : [];
  const byId = new Map(offered.map((document) => [document.id, document]));
  const objects = content.objects.map((document, index) => fromRecord(document, index + 1, byId));
  const rejected = (review?.rejected ?? []).map((each, index) => {
    const document = byId.get(each.proposal);
    const proposal = document ? proposalOf(document) : forgotten(each.proposal, 0, EMPTY);
    const item = fromProposal(proposal, objects.length + index + 1);
    return frozen({ ...item, status: /** @type {const} */ ("rejected"), ...work(each) });
  });
  const all = [...objects, ...rejected];
  return changed(state, { objects: all, modelVersion: review?.model_version ?? "", nextKey: all.length + 1 });
}

/**
 * @param {ObjectDocument} document
 * @param {number} key
 * @param {ReadonlyMap<string, ProposalDocument>} offered by id
 * @returns {Item}
 */
function fromRecord(document, key, offered) {
  const { category, crowd, origin } = document;
  const mask = decodeRle(document.mask);
  const begun = origin?.proposal ? offered.get(origin.proposal) : undefined;
  const isAccepted = origin?.verdict === "accepted";
  // Where it is no longer known what was proposed: an accepted proposal is the object, of a mended one nothing is left.
  const proposal = begun
    ? proposalOf(begun)
    : origin?.proposal
      ? forgotten(origin.proposal, category, isAccepted ? mask : EMPTY)
      : null;
  /** @type {Status} */
  const status = proposal ? (isAccepted ? "accepted" : "edited") : "drawn";
  return frozen({ key, category, mask, proposal, prompted: false, status, crowd, ...work(origin) });
}

/**
 * @param {string} id
 * @param {number} category
 * @param {Mask} mask
 * @returns {Proposal}
 */
function forgotten(id, category, mask) {
  return frozen({ id, category, mask, predictedIou: 0, document: null });
}

/** @param {{edits: number | null, seconds: number | null} | null} measured */
function work(measured) {
  return { edits: measured?.edits ?? 0, seconds: measured?.seconds ?? 0 };
}
