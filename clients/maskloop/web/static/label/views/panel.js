// The panel as a sheet at the bottom of narrow screens: shown or put away.

import { find } from "../../page/dom.js";

export function showPanel() {
  const panel = find("#panel", HTMLElement);
  const handle = find(".panel-handle", HTMLButtonElement, panel);
  handle.addEventListener("click", () => {
    const open = panel.dataset.open === "false";
    panel.dataset.open = String(open);
    handle.setAttribute("aria-expanded", String(open));
  });
}
