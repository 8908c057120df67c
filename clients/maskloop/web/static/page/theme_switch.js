// The button that changes between the system's colours, light and dark.

import { recall, remember } from "./memory.js";

/** @typedef {"system" | "light" | "dark"} Theme */

/** @type {readonly Theme[]} */
const THEMES = ["system", "light", "dark"];
const NAMES = { system: "Colours: as the system", light: "Colours: light", dark: "Colours: dark" };

/** @returns {Theme} */
function chosen() {
  const saved = recall("theme");
  return saved === "light" || saved === "dark" ? saved : "system";
}

/** @param {Theme} theme */
function show(theme) {
  if (theme === "system") {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = theme;
  }
  for (const button of document.querySelectorAll('[data-action="theme"]')) {
    button.setAttribute("aria-label", NAMES[theme]);
    button.setAttribute("title", NAMES[theme]);
  }
  document.dispatchEvent(new CustomEvent("maskloop:theme"));
}

show(chosen());
for (const button of document.querySelectorAll('[data-action="theme"]')) {
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length] ?? "system";
    remember("theme", next === "system" ? "" : next);
    show(next);
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(chosen()));
