// Where a batch comes from: images that are leased, or one whose label is to be corrected, which is a batch of its own
// that nobody holds and nobody pays.

import * as api from "../page/api.js";
import { newRequestId } from "../page/request_id.js";

/** @typedef {import("../core/wire.js").BatchDocument} BatchDocument */
/** @typedef {import("../core/wire.js").Kind} Kind */
/** @typedef {import("../core/wire.js").SheetDocument} SheetDocument */

/**
 * @typedef {{
 *   project: string, campaign: string, kind: Kind | "", images: number, image: string, forTest: boolean,
 * }} Wish
 *   `image` is one whose label is to be corrected, "" for new work.
 */

const NEVER_OVER_S = 1e9;

/**
 * @param {SheetDocument} sheet
 * @param {{project: string, annotator: string, kind: Kind}} work
 * @returns {BatchDocument} with the id "", as labels are handed in that no lease covers.
 */
export function batchToCorrect({ image }, { project, annotator, kind }) {
  return {
    id: "",
    project,
    campaign: "",
    annotator,
    kind,
    picks: [{ image, reason: "", cost_s: 0, score: null }],
    expires_at: NEVER_OVER_S,
    now: 0,
    exhausted: false,
    fallback: "",
    for_test: false,
    assist: "none",
    model_version: "",
  };
}

/** @param {BatchDocument | null} batch */
export const isCorrection = (batch) => batch?.id === "" && batch.picks.length > 0;

/**
 * @param {Wish} wish
 * @param {api.Hands} hands
 * @returns {Promise<BatchDocument>}
 */
export async function askForBatch({ project, campaign, kind, images, image, forTest }, hands) {
  if (!image) {
    return api.lease(hands, { campaign, kind, images, request_id: newRequestId(), for_test: forTest });
  }
  const corrected = kind || "full";
  return batchToCorrect(await api.recordedSheet(project, image, corrected), { ...hands, kind: corrected });
}
