import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const SHEET = new URL("../../../clients/maskloop/web/static/style/tokens.css", import.meta.url);
const TEXT = readFileSync(SHEET, "utf8");

/**
 * The custom properties of the first block behind a selector.
 *
 * @param {string} selector
 * @returns {Record<string, string>}
 */
function tokens(selector) {
  const body = TEXT.slice(TEXT.indexOf(`${selector} {`)).split("}")[0] ?? "";
  return Object.fromEntries([...body.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value]));
}

const LIGHT = tokens(":root");
const DARK = tokens(':root:not([data-theme="light"])');

/**
 * Relative luminance (WCAG 2.2).
 *
 * @param {string} hex
 */
function luminance(hex) {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * @param {string} one
 * @param {string} other
 */
function contrast(one, other) {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const ON_SURFACES = ["--ink", "--ink-2", "--ink-3", "--accent-ink", "--good", "--warn", "--bad"].flatMap((ink) =>
  ["--ground", "--surface", "--surface-2"].map((ground) => [ink, ground]),
);
const ON_SOFT = [
  ["--ink", "--accent-soft"],
  ["--ink-2", "--accent-soft"],
  ["--accent-ink", "--accent-soft"],
  ["--good", "--good-soft"],
  ["--warn", "--warn-soft"],
  ["--bad", "--bad-soft"],
  ["--warn", "--accent-soft"],
  ["--ink", "--warn-soft"],
  ["--ink", "--bad-soft"],
  ["--on-accent", "--accent"],
  ["--on-accent", "--accent-hover"],
];

test("text can be read: WCAG AA in both schemes", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  for (const [name, scheme] of Object.entries({ light: LIGHT, dark: { ...LIGHT, ...DARK } })) {
    for (const [ink = "", ground = ""] of [...ON_SURFACES, ...ON_SOFT]) {
      const found = contrast(scheme[ink] ?? "", scheme[ground] ?? "");
      assert.ok(found >= 4.5, `${name}: ${ink} on ${ground} has ${found.toFixed(2)}`);
    }
  }
});

test("borders of fields can be seen: 3 to 1", () => {
  for (const scheme of [LIGHT, { ...LIGHT, ...DARK }]) {
    assert.ok(contrast(scheme["--line-strong"] ?? "", scheme["--surface"] ?? "") >= 3);
  }
});

test("dark is the same, whether the system or a person chose it", () => {
  assert.deepEqual(tokens(':root[data-theme="dark"]'), DARK);
  assert.ok(Object.keys(DARK).length > 15);
});
