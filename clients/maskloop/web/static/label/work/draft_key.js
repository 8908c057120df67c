// What a draft is of and whose it is, so that nobody takes up another's, nor one that was begun on another label.

/** @typedef {import("../../core/wire.js").BatchDocument} BatchDocument */
/** @typedef {import("../../core/wire.js").Kind} Kind */
/** @typedef {import("../../core/wire.js").SheetDocument} SheetDocument */
/** @typedef {import("./database.js").Change} Change */
/** @typedef {import("./outbox.js").Parcel} Parcel */

/**
 * @typedef {{
 *   project: string, batch: string, image: string, kind: Kind, annotator: string, blind: boolean, basis: string,
 * }} DraftKey
 *   The image is "" for a grid of all. `blind`: its annotator was not shown what is on record. `basis` is the id of
 *   the label that was on record when it was begun, "" for none.
 *
 * @typedef {{annotator: string, isBlind: boolean}} Author
 *
 * @typedef {{project: string, batch: string, image: string, kind: Kind, annotator?: string, blind?: boolean,
 *   basis?: string}} KeptKey
 *   Earlier versions named no author and no basis.
 */

/**
 * @param {BatchDocument} batch
 * @param {SheetDocument | null} sheet `null` for a grid.
 * @param {Author} author
 * @returns {DraftKey}
 */
export function draftKey({ project, id: batch, kind }, sheet, { annotator, isBlind }) {
  const key = { project, batch, image: sheet?.image.id ?? "", kind, annotator };
  return { ...key, blind: isBlind && batch === "", basis: sheet?.label?.id ?? "" };
}

/**
 * Under which batch a draft is kept. Corrections have none: there kind and author keep those of one image apart.
 *
 * @param {DraftKey} key
 * @returns {string}
 */
export const shelfOf = ({ batch, kind, annotator, blind }) =>
  batch || JSON.stringify([kind, annotator, blind ? "blind" : "open"]);

/**
 * Whether a kept draft may be taken up. Of an earlier version's nobody knows whose it is, unless its batch is held:
 * that is leased to one person. It is left alone where there is a label by now, on which it may not have been begun.
 *
 * @param {KeptKey} kept
 * @param {DraftKey} key
 * @returns {boolean}
 */
export function mayTakeUp(kept, key) {
  if (isOfSame(kept, key) && kept.annotator === undefined) {
    return key.batch !== "" && kept.batch === key.batch && key.basis === "";
  }
  return isOwn(kept, key) && kept.basis === key.basis;
}

/**
 * Whether a kept draft is one's own, but was begun on another label than that on record by now.
 *
 * @param {KeptKey} kept
 * @param {DraftKey} key
 * @returns {boolean}
 */
export const isOutdated = (kept, key) => isOwn(kept, key) && kept.basis !== key.basis;

/**
 * Whether a kept draft is over once the work of a key is handed in: no older one of that image may come back later.
 * Others' stay. Those of a grid are of its batch alone.
 *
 * @param {KeptKey} kept
 * @param {DraftKey} key
 * @returns {boolean}
 */
export function isOverWith(kept, key) {
  const isOthers = kept.annotator !== undefined && kept.annotator !== key.annotator;
  return key.image !== "" && !isOthers && isOfSame(kept, key);
}

/**
 * A label that was refused as the draft that it becomes again. Earlier versions did not write down whose that is.
 *
 * @param {Parcel} parcel
 * @returns {Change[]}
 */
export function draftAgain({ draft, annotator, labels }) {
  const basis = labels[0]?.supersedes ?? "";
  return draft ? [{ store: "drafts", put: { annotator, blind: false, basis, ...draft } }] : [];
}

/**
 * @param {KeptKey} kept
 * @param {DraftKey} key
 */
const isOfSame = (kept, { project, image, kind }) =>
  kept.project === project && kept.image === image && kept.kind === kind;

/**
 * @param {KeptKey} kept
 * @param {DraftKey} key
 */
const isOwn = (kept, key) => isOfSame(kept, key) && kept.annotator === key.annotator && kept.blind === key.blind;
