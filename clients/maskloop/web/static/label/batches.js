// Where a batch comes from: images that are leased, or some whose labels are to be corrected. These are a batch of
// their own that nobody holds and nobody pays.

import * as api from "../page/api.js";
import { newRequestId } from "../page/request_id.js";

/** @typedef {import("../core/wire.js").BatchDocument} BatchDocument */
/** @typedef {import("../core/wire.js").Kind} Kind */
/** @typedef {import("../core/wire.js").SheetDocument} SheetDocument */

/**
 * @typedef {{
 *   project: string, campaign: string, kind: Kind | "", images: number, recorded: readonly string[], isBlind: boolean,
 *   forTest: boolean,
 * }} Wish
 *   `recorded` are images whose labels are to be corrected, none for new work. Where that `isBlind`, people are not
 *   shown what is on record, so that theirs is a second opinion.
 */

const NEVER_OVER_S = 1e9;

/**
 * @param {readonly SheetDocument[]} sheets
 * @param {{project: string, annotator: string, kind: Kind}} work
 * @returns {BatchDocument} with the id "", as labels are handed in that no lease covers.
 */
export function batchToCorrect(sheets, { project, annotator, kind }) {
  return {
    id: "",
    project,
    campaign: "",
    annotator,
    kind,
    picks: sheets.map(({ image }) => ({ image, reason: "", cost_s: 0, score: null })),
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
export async function askForBatch({ project, campaign, kind, images, recorded, forTest }, hands) {
  if (!recorded.length) {
    return api.lease(hands, { campaign, kind, images, request_id: newRequestId(), for_test: forTest });
  }
  const corrected = kind || "full";
  const sheets = await Promise.all(recorded.map((image) => api.recordedSheet(project, image, corrected)));
  return batchToCorrect(sheets, { ...hands, kind: corrected });
}
