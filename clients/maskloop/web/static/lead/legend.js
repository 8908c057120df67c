// What the lines on pictures mean.

import { make } from "../page/dom.js";
import { draw } from "./svg.js";

/**
 * @param {string} person what a person's line is
 * @returns {HTMLElement}
 */
export function legend(person) {
  return make(
    "ul",
    { class: "keys picture-keys" },
    make("li", {}, sample("person"), person),
    make("li", {}, sample("network"), "the network predicts"),
  );
}

/** @param {"person" | "network"} role */
function sample(role) {
  return draw(
    "svg",
    { viewBox: "0 0 28 14", class: "line-sample", "aria-hidden": "true" },
    draw("rect", { x: 0, y: 0, width: 28, height: 14, rx: 3, class: "sample-ground" }),
    draw("path", { d: "M3 7H25", class: `outline ${role}` }),
  );
}
