// One label of each kind, as the page hands it in.

import * as sheet from "../../../clients/maskloop/web/static/label/sheet.js";
import { block, blank, offered, plain, proposed } from "./sheets.js";
/** @typedef {import("../../../clients/maskloop/web/static/label/sheet.js").SheetState} SheetState */
/** @typedef {import("../../../clients/maskloop/web/static/core/wire.js").DraftDocument} DraftDocument */

/**
 * Proposals accepted, modified, of another class, rejected; an object that was missed, a prompted one, and a crowd.
 *
 * @returns {SheetState}
 */
function reviewed() {
  const asked = sheet.proposalOf(offered("d".repeat(16), 0.7, block(2, 10, 5, 5), 2));
  let state = sheet.replaceMask(sheet.accept(proposed(), 1), 3, block(21, 1, 7, 7));
  state = sheet.spend(sheet.reject(state, 2), 3, 4.5);
  state = sheet.setCategory(sheet.add(state, asked.mask, 0, asked), 4, 1);
  state = sheet.add(state, block(12, 12, 3, 3), 2, null, { edits: 3, seconds: 8 });
  return sheet.add(state, block(16, 16, 12, 3), 1, null, { crowd: true });
}

/** @returns {Record<string, DraftDocument>} by what it shows */
export function draftsOfAllKinds() {
  const stroke = sheet.addStroke(blank("scribbles"), [[1, 1], [2.5, 3]], 1);
  const states = {
    reviewed: reviewed(),
    drawn: sheet.add(plain(), block(1, 1, 4, 4), 1),
    nothing: plain(),
    boxes: sheet.addBox(blank("boxes"), [1, 2, 3.5, 4]),
    points: sheet.addPoint(blank("points"), 1.5, 2),
    scribbles: sheet.addStroke(stroke, [[20, 5]], 0),
    counts: sheet.setCount(blank("counts"), 2, 7),
    image_level: sheet.togglePresent(blank("image_level"), 2),
    ood_check: sheet.answer(blank("ood_check"), 0),
  };
  return Object.fromEntries(Object.entries(states).map(([name, state]) => [name, draft(state)]));
}

/**
 * @param {SheetState} state
 * @returns {DraftDocument}
 */
function draft(state) {
  const { content, problem } = sheet.draftOf(state);
  if (!content) {
    throw new Error(problem);
  }
  return { image: "i1", kind: state.kind, content, seconds: 12.5, supersedes: "" };
}
