// Keys: which command each means. Where people type, or a dialog is open, keys are left to it.

import { COMMANDS } from "./commands.js";
import { KEYED, TOOL_KEYS } from "./tools/tool_keys.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./commands.js").Command} Command */
/** @typedef {import("./stage/pointers.js").Pointers} Pointers */
/** @typedef {import("../core/wire.js").Category} Category */
/** @typedef {import("../core/wire.js").Kind} Kind */

/** What places write on a keyboard of Latin letters, where this one writes letters of another script. */
const LATIN = { BracketLeft: "[", BracketRight: "]", Period: "." };
const OF_SLIDERS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]);

/**
 * How a key is spelled in the table: letters small and with Shift named, all others by what they write. On keyboards of
 * other scripts the place of a letter counts.
 *
 * @param {KeyboardEvent} event
 * @returns {string}
 */
export function keyOf(event) {
  const { shiftKey, ctrlKey, metaKey, altKey } = event;
  const key = latinOf(event);
  const isLetter = /^\p{L}$/u.test(key);
  const name = isLetter ? key.toLowerCase() : key;
  const shift = shiftKey && (isLetter || key.length > 1) ? "Shift+" : "";
  if (isThirdLevel(event)) {
    return name; // Windows tells AltGr as Ctrl with Alt
  }
  return `${ctrlKey || metaKey ? "Ctrl+" : ""}${altKey ? "Alt+" : ""}${shift}${name}`;
}

/** @param {KeyboardEvent} event */
function latinOf({ key, code = "" }) {
  if (!/^\p{L}$/u.test(key) || /^\p{Script=Latin}$/u.test(key)) {
    return key;
  }
  return /^Key([A-Z])$/.exec(code)?.[1] ?? Reflect.get(LATIN, code) ?? key;
}

/**
 * Whether AltGr is held, by which keyboards write signs such as [.
 *
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
function isThirdLevel(event) {
  return event.getModifierState?.("AltGraph") ?? false;
}

/**
 * @param {string} key
 * @param {Kind} kind
 * @returns {Command | null}
 */
export function commandOf(key, kind) {
  const fits = (/** @type {Command} */ { keys, kinds }) => keys.includes(key) && (!kinds || kinds.includes(kind));
  return COMMANDS.find(fits) ?? null;
}

/**
 * @param {App} app
 * @param {Pointers} pointers
 */
export function listenToKeys(app, pointers) {
  const { store } = app.bench;
  document.addEventListener("keydown", (event) => {
    if (isTakenElsewhere(event) || store.state.dialog || store.state.otherTab) {
      return;
    }
    if (store.state.phase !== "ready") {
      onVeil(app, event);
      return;
    }
    if (event.key === " ") {
      event.preventDefault();
      pointers.holdSpace(true);
      return;
    }
    const isFree = !pointers.busy || event.key === "Escape";
    if (isFree && (choosesClass(app, event) || runCommand(app, event) || chooseClass(app, event))) {
      event.preventDefault();
    }
  });
  document.addEventListener("keyup", (event) => {
    if (event.key === " ") {
      pointers.holdSpace(false);
    }
  });
  addEventListener("blur", () => pointers.holdSpace(false));
}

/**
 * Whether the element in focus takes the key itself. On an image of the grid Enter still hands in: the focus follows
 * the answers, and would keep it from people.
 *
 * @param {KeyboardEvent} event
 */
export function isTakenElsewhere({ target, key, isComposing }) {
  if (isComposing || !(target instanceof Element)) {
    return isComposing;
  }
  const types = target.closest("input:not([type=range]), select, textarea, [contenteditable]");
  const slides = target.closest("input[type=range]") !== null && OF_SLIDERS.has(key);
  const presses = key === " " ? "button, a" : key === "Enter" ? "button:not(.grid-card), a" : null;
  return slides || types !== null || (presses !== null && target.closest(presses) !== null);
}

/**
 * @param {App} app
 * @param {KeyboardEvent} event
 */
function onVeil(app, event) {
  const [first] = app.bench.store.state.words.offers;
  if (event.key === "Enter" && first && !event.repeat) {
    event.preventDefault();
    app.accept(first);
  }
}

/**
 * @param {App} app
 * @param {KeyboardEvent} event
 * @returns {boolean} whether the key means a command or a tool.
 */
function runCommand(app, event) {
  const kind = app.bench.store.state.batch?.kind ?? "full";
  const key = keyOf(event);
  const command = commandOf(key, kind);
  if (command) {
    if (!(event.repeat && command.id === "submit")) {
      command.run(app);
    }
    return true;
  }
  const tool = TOOL_KEYS.find((each) => each.key === key && each.kinds.includes(kind));
  if (tool) {
    app.takeTool(tool.tool);
  }
  return tool !== undefined;
}

/**
 * Where numbers need Shift, what their keys write without may be a command's, such as the minus of French keyboards.
 * The place of a number counts first.
 *
 * @param {App} app
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
function choosesClass(app, event) {
  return !event.shiftKey && chooseClass(app, event);
}

/**
 * @param {App} app
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
function chooseClass(app, event) {
  const { batch, project } = app.bench.store.state;
  const category = classOf(event, batch?.kind ?? "full", project?.categories ?? []);
  if (category) {
    app.chooseCategory(category.id, event.shiftKey);
  }
  return category !== null;
}

/**
 * Number keys name the classes. With Shift a keyboard writes other signs, so the place of the key counts. Shift means
 * one fewer where people count, and else the classes after the ninth; where there are none, it changes nothing.
 *
 * @param {KeyboardEvent} event
 * @param {Kind} kind
 * @param {readonly Category[]} categories
 * @returns {Category | null}
 */
export function classOf(event, kind, categories) {
  const digit = digitOf(event);
  if (!digit || event.ctrlKey || event.metaKey || event.altKey || isThirdLevel(event)) {
    return null;
  }
  const isFurther = event.shiftKey && kind !== "counts" && categories.length > KEYED;
  return categories[digit - 1 + (isFurther ? KEYED : 0)] ?? null;
}

/**
 * @param {KeyboardEvent} event
 * @returns {number} 1 to 9; 0 for another key.
 */
function digitOf({ code, key }) {
  return Number(/^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1] ?? /^[1-9]$/.exec(key)?.[0] ?? 0);
}
