// Tables with a caption, a header a column, and the first cell as the header of its row.

import { make } from "../page/dom.js";

/**
 * @typedef {{name: string, number?: boolean, hidden?: boolean}} Column `number` aligns to the right; `hidden` names the
 *   column for screen readers alone.
 * @typedef {Node | string} Cell
 */

/**
 * @param {string} caption
 * @param {readonly Column[]} columns
 * @param {readonly (readonly Cell[])[]} rows
 * @param {{captionHidden?: boolean, total?: readonly Cell[]}} [options]
 * @returns {HTMLElement} a region that scrolls sideways where it is too narrow, reached by Tab
 */
export function table(caption, columns, rows, options = {}) {
  const head = columns.map(({ name, number, hidden }) =>
    make(
      "th",
      { scope: "col", class: number ? "number" : "" },
      hidden ? make("span", { class: "hidden-text" }, name) : name,
    ),
  );
  const made = make(
    "table",
    { class: "table" },
    make("caption", { class: options.captionHidden ? "hidden-text" : "" }, caption),
    make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, ...rows.map((cells) => row(cells, columns))),
  );
  if (options.total) {
    made.append(make("tfoot", {}, row(options.total, columns)));
  }
  return make("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": caption }, made);
}

/**
 * @param {readonly Cell[]} cells
 * @param {readonly Column[]} columns
 */
function row(cells, columns) {
  return make(
    "tr",
    {},
    ...cells.map((cell, place) => {
      const name = columns[place]?.number ? "number" : "";
      return place ? make("td", { class: name }, cell) : make("th", { scope: "row", class: name }, cell);
    }),
  );
}
