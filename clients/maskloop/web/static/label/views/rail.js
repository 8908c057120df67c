// The rail of tools, and every other button: which there are, which is pressed, and what a click means.

import { find, say, setButton } from "../../page/dom.js";
import { isCorrection } from "../batches.js";
import { COMMANDS } from "../commands.js";
import { itemOf } from "../sheet.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../state.js").PageState} PageState */
/** @typedef {import("../state.js").ToolName} ToolName */

/** @param {App} app */
export function showButtons(app) {
  const { store } = app.bench;
  const tools = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-tool]"));
  const ofKind = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-kinds]"));

  store.subscribe((state, before) => {
    const kind = state.batch?.kind ?? "full";
    if (state.batch !== before.batch) {
      document.body.dataset.kind = kind;
      for (const each of ofKind) {
        each.hidden = !(each.dataset.kinds ?? "").split(" ").includes(kind);
      }
    }
    for (const button of tools) {
      setButton(button, { pressed: button.dataset.tool === state.tool });
    }
    showActions(state);
  });
  document.addEventListener("click", (event) => onClick(app, event));
}

/**
 * Ways to leave images to others. A label on record has none: nobody holds its image.
 *
 * @param {PageState} state
 */
function showLeaving({ grid, phase, batch }) {
  look("skip", { disabled: grid !== null || isCorrection(batch) });
  look("give-back", { disabled: phase !== "ready" || isCorrection(batch) });
}

/** @param {PageState} state */
function showActions(state) {
  const { work, grid, sketch } = state;
  look("undo", { disabled: !(work?.canUndo || grid?.canUndo || sketch?.kind === "area") });
  look("redo", { disabled: !(work?.canRedo || grid?.canRedo) });
  look("hide-masks", { pressed: state.masksHidden });
  showLeaving(state);
  say(find("#submit-word", HTMLElement), state.emptyAsked ? "Nothing here" : "Submit");
  look("accept-rest", { disabled: !work?.present.objects.some(({ status }) => status === "proposed") });
  showObjectActions(state, work ? itemOf(work.present, work.present.selected) : null);
}

/**
 * @param {PageState} state
 * @param {import("../sheet.js").Item | null} item the selected one.
 */
function showObjectActions({ also }, item) {
  look("accept", { disabled: item?.status !== "proposed" && item?.status !== "rejected" });
  look("reject", { disabled: !item || item.status === "rejected" });
  look("merge", { disabled: !item || !also.size });
  look("crowd", { disabled: !item, pressed: item?.crowd ?? false });
  for (const id of ["grow", "shrink", "split"]) {
    look(id, { disabled: !item });
  }
}

/**
 * @param {string} action
 * @param {{pressed?: boolean, disabled?: boolean}} state of its buttons.
 */
function look(action, state) {
  for (const button of document.querySelectorAll(`button[data-action="${action}"]`)) {
    setButton(/** @type {HTMLButtonElement} */ (button), state);
  }
}

/**
 * @param {App} app
 * @param {MouseEvent} event
 */
function onClick(app, event) {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (!button) {
    return;
  }
  if (event.detail > 0) {
    button.blur(); // by pointer: keys stay those of the page
  }
  const { tool, action, category, offer } = button.dataset;
  if (tool) {
    app.takeTool(/** @type {ToolName} */ (tool));
  } else if (category) {
    app.chooseCategory(Number(category));
  } else if (offer) {
    app.accept(/** @type {import("../state.js").Offer} */ (offer));
  } else {
    COMMANDS.find(({ id }) => id === action)?.run(app);
  }
}
