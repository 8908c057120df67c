import assert from "node:assert/strict";
import { test } from "node:test";

import { COMMANDS } from "../../../clients/maskloop/web/static/label/commands.js";
import { commandOf, keyOf } from "../../../clients/maskloop/web/static/label/keyboard.js";
import { TOOL_KEYS } from "../../../clients/maskloop/web/static/label/tools/tool_keys.js";
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
