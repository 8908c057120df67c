// The dialog in which a class is found by its name: Enter takes the first one that fits.

import { find, make, say } from "../../page/dom.js";
import { classesNamed } from "../classes_by_name.js";
import { hueOf } from "../stage/colours.js";

/** @typedef {import("../app.js").App} App */

/** @param {App} app */
export function showClassFinder(app) {
  const { store } = app.bench;
  const filter = find("#class-filter", HTMLInputElement);
  const list = find("#class-matches", HTMLElement);
  const none = find("#class-none", HTMLElement);
  const categories = () => store.state.project?.categories ?? [];

  /** @param {number} category */
  function choose(category) {
    app.bench.set({ dialog: "" });
    app.chooseCategory(category);
  }

  function show() {
    const matches = classesNamed(categories(), filter.value);
    list.replaceChildren(...matches.map(({ id, name }) => make("li", {}, rowOf(id, name))));
    say(none, matches.length ? "" : "No class has that in its name.");
  }

  /**
   * @param {number} id
   * @param {string} name
   */
  function rowOf(id, name) {
    const row = make("button", { type: "button", class: "row", "data-found": id });
    row.append(make("span", { class: "swatch", "data-hue": hueOf(categories(), id) }));
    row.append(make("span", { class: "name", title: name }, name));
    return row;
  }

  filter.addEventListener("input", show);
  filter.addEventListener("keydown", (event) => {
    const [first] = classesNamed(categories(), filter.value);
    if (event.key === "Enter" && !event.isComposing && first) {
      event.preventDefault(); // it would press what has the focus once the dialog is closed
      choose(first.id);
    }
  });
  list.addEventListener("click", ({ target }) => {
    const row = target instanceof Element ? target.closest("[data-found]") : null;
    if (row instanceof HTMLElement) {
      choose(Number(row.dataset.found));
    }
  });
  store.subscribe(({ dialog }, before) => {
    if (dialog === "find-class" && dialog !== before.dialog) {
      filter.value = "";
      show();
    }
  });
}
