// A question before something that is not easily undone.

import { make } from "../page/dom.js";

let questions = 0;

/**
 * @param {{title: string, text: string, yes: string}} question
 * @returns {Promise<boolean>} whether the person said yes; Escape says no
 */
export function confirm({ title, text, yes }) {
  const id = `question-${++questions}`;
  const agree = make("button", { type: "submit", value: "yes", class: "button", "data-weight": "first" }, yes);
  const cancel = make("button", { type: "submit", value: "no", class: "button" }, "Cancel");
  const dialog = make(
    "dialog",
    { class: "dialog question", "aria-labelledby": id },
    make("div", { class: "dialog-head" }, make("h2", { id }, title)),
    make(
      "form",
      { method: "dialog", class: "dialog-body" },
      make("p", {}, text),
      make("div", { class: "buttons" }, cancel, agree),
    ),
  );
  const asked = document.activeElement;
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (asked instanceof HTMLElement) {
        asked.focus();
      }
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
    cancel.focus();
  });
}
