// Classes by a part of their name, for projects that have more of them than keys.

/** @typedef {import("../core/wire.js").Category} Category */

/**
 * @param {readonly Category[]} categories
 * @param {string} text that people typed; its case and accents do not matter.
 * @returns {Category[]} those whose name begins with it first, else in their order.
 */
export function classesNamed(categories, text) {
  const wanted = plain(text.trim());
  const found = categories.filter(({ name }) => plain(name).includes(wanted));
  const begins = found.filter(({ name }) => plain(name).startsWith(wanted));
  return [...begins, ...found.filter((each) => !begins.includes(each))];
}

/** @param {string} text */
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
