// The dialogs: keys, reasons to skip, labels that could not be sent. That of classes has a file of its own.

import { find, make, say } from "../../page/dom.js";
import { inWords } from "../../page/fetch_json.js";
import { COMMANDS } from "../commands.js";
import { KEYED, TOOL_KEYS } from "../tools/tool_keys.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../../core/wire.js").Kind} Kind */
/** @typedef {import("../work/outbox.js").Outbox} Outbox */
/** @typedef {import("../work/outbox.js").Parcel} Parcel */

/** @type {readonly import("../../page/api.js").SkipReason[]} */
const REASONS = ["unusable", "unsure", "off_topic"];

/**
 * @param {App} app
 * @param {Outbox} outbox
 */
export function showDialogs(app, outbox) {
  const { store } = app.bench;
  const dialogs = {
    help: find("#help", HTMLDialogElement),
    skip: find("#skip", HTMLDialogElement),
    refused: find("#refused", HTMLDialogElement),
    "give-back": find("#give-back", HTMLDialogElement),
    "find-class": find("#find-class", HTMLDialogElement),
  };
  for (const dialog of Object.values(dialogs)) {
    dialog.addEventListener("close", () => app.bench.set({ dialog: "" }));
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  }
  listenToSkips(app, dialogs.skip);
  listenToParcels(app, outbox);
  listenToGiveBack(app);
  store.subscribe((state, before) => {
    if (state.parcels !== before.parcels || state.dialog !== before.dialog) {
      find("#parcels", HTMLElement).replaceChildren(...state.parcels.map(parcelElement));
    }
    if (state.dialog === before.dialog) {
      return;
    }
    for (const [name, dialog] of Object.entries(dialogs)) {
      if (name === state.dialog) {
        say(find("#give-back-fault", HTMLElement), "");
        say(find("#give-back-words", HTMLElement), giveBackWords(state.todo.length));
        find("#help-body", HTMLElement).replaceChildren(...helpFor(state));
        dialog.showModal();
      } else if (dialog.open) {
        dialog.close();
      }
    }
  });
}

/**
 * @param {App} app
 * @param {HTMLDialogElement} dialog
 */
function listenToSkips(app, dialog) {
  /** @param {import("../../page/api.js").SkipReason} reason */
  const skip = (reason) => void app.session.skip(reason);
  for (const reason of REASONS) {
    find(`[data-skip="${reason}"]`, HTMLButtonElement, dialog).addEventListener("click", () => skip(reason));
  }
  dialog.addEventListener("keydown", ({ key }) => {
    const reason = REASONS[Number(key) - 1];
    if (reason) {
      skip(reason);
    }
  });
}

/** @param {App} app */
function listenToGiveBack(app) {
  const fault = find("#give-back-fault", HTMLElement);
  find("[data-give-back]", HTMLButtonElement).addEventListener("click", () => {
    void app.session.giveBack().catch((error) => say(fault, inWords(error)));
  });
}

/** @param {number} images */
function giveBackWords(images) {
  const which = images === 1 ? "The image that is left goes" : `The ${images} images that are left go`;
  return `${which} to whoever labels next. What you began is kept in this browser, for when you get it again.`;
}

/**
 * @param {App} app
 * @param {Outbox} outbox
 */
function listenToParcels(app, outbox) {
  find("#parcels", HTMLElement).addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    const { mend, retry, discard } = button?.dataset ?? {};
    if (mend) {
      void app.session.mend(mend);
    } else if (retry) {
      void outbox.retry(retry);
    } else if (discard) {
      void outbox.discard(discard);
    }
  });
}

/** @param {Parcel} parcel */
function parcelElement({ request_id, name, refusal, draft }) {
  const item = make("li", {}, make("strong", {}, name));
  item.append(make("span", { class: "quiet" }, refusal || "It is sent as soon as the server answers."));
  if (refusal) {
    const retry = make("button", { type: "button", class: "button", "data-retry": request_id }, "Send again");
    const discard = make(
      "button",
      { type: "button", class: "button", "data-tone": "bad", "data-discard": request_id },
      "Throw away",
    );
    const mend = make("button", { type: "button", class: "button", "data-mend": request_id }, "Mend it");
    item.append(make("span", { class: "actions" }, ...(draft ? [mend] : []), retry, discard));
  }
  return item;
}

/**
 * @param {import("../state.js").PageState} state
 * @returns {HTMLElement[]}
 */
function helpFor({ batch, project }) {
  const kind = batch?.kind ?? "full";
  const commands = COMMANDS.filter(({ keys, kinds }) => keys.length && (!kinds || kinds.includes(kind)));
  const tools = TOOL_KEYS.filter(({ kinds }) => kinds.includes(kind)).map(({ name, key }) => ({
    name,
    keys: [key],
    group: "Tools",
  }));
  const numbers = [{ name: NUMBERS[kind], keys: ["1", "9"], group: "Tools" }];
  if (kind !== "counts" && (project?.categories.length ?? 0) > KEYED) {
    numbers.push({ name: "Classes after the ninth", keys: ["Shift+1", "Shift+9"], group: "Tools" });
  }
  const moves = [
    { name: "Move the image", keys: ["Space", "drag"], group: "View" },
    { name: "Zoom", keys: ["wheel"], group: "View" },
  ];
  const all = [...tools, ...numbers, ...commands, ...(kind === "ood_check" ? [] : moves)];
  const groups = [...new Set(all.map(({ group }) => group))];
  return groups.map((group) => {
    const list = make("dl");
    for (const { name, keys } of all.filter((each) => each.group === group)) {
      const shown = keys.map((key) => make("kbd", {}, spelled(key)));
      list.append(make("div", {}, make("dt", {}, name), make("dd", {}, ...shown)));
    }
    return make("section", {}, make("h3", {}, group), list);
  });
}

/** @type {Readonly<Record<Kind, string>>} */
const NUMBERS = {
  full: "Class of the object, and of the next",
  boxes: "Class of the next box",
  points: "Class of the next point",
  scribbles: "Class of the next stroke",
  counts: "One more; with Shift one fewer",
  image_level: "The class is there, or not",
  ood_check: "It holds this class",
};

/** @type {Readonly<Record<string, string>>} */
const ARROWS = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  Delete: "Del",
  Backspace: "⌫",
};

/** @param {string} key */
function spelled(key) {
  return key
    .split(/\+(?=.)/)
    .map((part) => ARROWS[part] ?? (part.length === 1 ? part.toUpperCase() : part))
    .join(" ");
}
