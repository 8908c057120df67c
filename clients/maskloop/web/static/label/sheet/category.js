// Of which class something is.

import { setMarkCategory } from "./marks.js";
import { withItem } from "./objects.js";
import { changed, itemOf } from "./state.js";
/** @typedef {import("./state.js").SheetState} SheetState */

/**
 * Of which class an object or a mark is. Whoever accepted an object still does; whoever has not decided still has not.
 *
 * @param {SheetState} state
 * @param {number} key
 * @param {number} category 0 of a stroke that is on the ground
 * @returns {SheetState}
 */
export function setCategory(state, key, category) {
  const item = itemOf(state, key);
  if (item) {
    return item.category === category ? state : withItem(state, { ...item, category });
  }
  return setMarkCategory(state, key, category);
}

/**
 * The class of what is drawn next; of the selected object or mark as well, if one is.
 *
 * @param {SheetState} state
 * @param {number} category
 * @returns {SheetState}
 */
export function chooseCategory(state, category) {
  const chosen = state.category === category ? state : changed(state, { category });
  return state.selected === null ? chosen : setCategory(chosen, state.selected, category);
}
