import assert from "node:assert/strict";
import { test } from "node:test";

import { COMMANDS } from "../../../clients/maskloop/web/static/label/commands.js";
import { classOf, commandOf, keyOf } from "../../../clients/maskloop/web/static/label/keyboard.js";
import { TOOL_KEYS, classKey } from "../../../clients/maskloop/web/static/label/tools/tool_keys.js";
import { KINDS } from "../../../clients/maskloop/web/static/page/kinds.js";

/** @typedef {import("../../../clients/maskloop/web/static/core/wire.js").Kind} Kind */

const ALL = /** @type {Kind[]} */ (Object.keys(KINDS));

/**
 * @param {string} key
 * @param {Partial<KeyboardEvent>} held
 */
const pressed = (key, held = {}) =>
  keyOf(
    /** @type {KeyboardEvent} */ ({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held }),
  );

test("letters are spelled small with Shift named; signs are what they write", () => {
  assert.equal(pressed("A", { shiftKey: true }), "Shift+a");
  assert.equal(pressed("a"), "a");
  assert.equal(pressed("?", { shiftKey: true }), "?");
  assert.equal(pressed("z", { metaKey: true }), "Ctrl+z");
  assert.equal(pressed("Z", { ctrlKey: true, shiftKey: true }), "Ctrl+Shift+z");
});

test("on keyboards of other scripts the place of a letter counts, and AltGr writes signs", () => {
  assert.equal(pressed("и", { code: "KeyB" }), "b");
  assert.equal(pressed("Д", { code: "KeyL", shiftKey: true }), "Shift+l");
  assert.equal(pressed("х", { code: "BracketLeft" }), "[");
  assert.equal(pressed("z", { code: "KeyY" }), "z");
  assert.equal(pressed("ö", { code: "Semicolon" }), "ö");
  const altGr = { ctrlKey: true, altKey: true, getModifierState: (/** @type {string} */ name) => name === "AltGraph" };
  assert.equal(pressed("[", { code: "Digit8", ...altGr }), "[");
});

test("of each kind of label no key means two things", () => {
  for (const kind of ALL) {
    const commands = COMMANDS.filter(({ kinds }) => !kinds || kinds.includes(kind)).flatMap(({ keys }) => keys);
    const tools = TOOL_KEYS.filter(({ kinds }) => kinds.includes(kind)).map(({ key }) => key);
    const keys = [...commands, ...tools];
    assert.deepEqual([...new Set(keys)], keys, kind);
  }
});

test("n is the next proposal where there are some, and no where images are asked about", () => {
  assert.deepEqual([commandOf("n", "full")?.id, commandOf("n", "ood_check")?.id], ["next", "no"]);
  assert.equal(commandOf("a", "counts"), null);
});

/**
 * @param {Partial<KeyboardEvent>} held
 * @param {Kind} kind
 * @param {number} classes how many the project has.
 */
function namedBy(held, kind, classes) {
  const categories = Array.from({ length: classes }, (_, index) => ({ id: index + 1, name: `class ${index + 1}` }));
  const event = { code: "", key: "", shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held };
  return classOf(/** @type {KeyboardEvent} */ (event), kind, categories)?.id ?? null;
}

test("number keys name the first nine classes, and with Shift the nine after them", () => {
  const three = { code: "Digit3", key: "#", shiftKey: true };
  assert.equal(namedBy({ code: "Digit3", key: "3" }, "full", 18), 3);
  assert.deepEqual([18, 11].map((classes) => namedBy(three, "full", classes)), [12, null]);
  assert.equal(namedBy({ code: "Digit9", key: "(", shiftKey: true }, "image_level", 18), 18);
  assert.equal(namedBy(three, "full", 5), 3); // as before, for keyboards whose numbers need Shift
  assert.equal(namedBy(three, "counts", 18), 3); // one fewer of it
  assert.equal(namedBy({ ...three, ctrlKey: true }, "full", 18), null);
});

test("a class is shown with the key that names it", () => {
  const keys = (/** @type {Kind} */ kind) => [0, 8, 9, 17, 18].map((index) => classKey(index, kind));
  assert.deepEqual(keys("full"), ["1", "9", "Shift+1", "Shift+9", ""]);
  assert.deepEqual(keys("counts"), ["1", "9", "", "", ""]);
});
