// What is typed on the page that makes a campaign, read and checked. Pure: tested without a browser.

export const MOST_TEST_IMAGES = 30;

/**
 * An id of a name: what a resource id may hold, 1 to 63 characters, beginning and ending with a letter or digit.
 *
 * @param {string} name
 * @returns {string} "" where nothing of the name can be kept
 */
export function idOf(name) {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 63)
    .replace(/[^a-z0-9]+$/, "");
}

/**
 * Classes, one a line or between commas; empty ones are left out.
 *
 * @param {string} text
 * @returns {string[]}
 */
export const classesOf = (text) =>
  text
    .split(/[\n,]/)
    .map((name) => name.trim())
    .filter(Boolean);

/**
 * How many test images a share of the photographs is; as many as a run has by itself at most.
 *
 * @param {number} percent
 * @param {number} photos
 */
export const testImages = (percent, photos) => Math.min(MOST_TEST_IMAGES, Math.round((percent / 100) * photos));

/**
 * @typedef {{name: string, classes: string, budget: string, test: string, seed: string, photos: number}} Fields
 * @typedef {"photos" | "name" | "classes" | "budget" | "test" | "seed"} FieldName
 */

/**
 * @param {Fields} fields
 * @returns {Partial<Record<FieldName, string>>} a sentence for each field that is wrong, in the page's order
 */
export function problemsOf({ name, classes, budget, test, seed, photos }) {
  /** @type {Partial<Record<FieldName, string>>} */
  const problems = {};
  if (!photos) {
    problems.photos = "Choose a folder with pictures in it.";
  }
  if (!name.trim()) {
    problems.name = "Give the project a name.";
  } else if (!idOf(name)) {
    problems.name = "The name needs a letter from a to z, or a digit.";
  }
  const named = classesOf(classes);
  const twice = named.find((each, place) => named.indexOf(each) !== place);
  if (!named.length) {
    problems.classes = "Name what is to be outlined.";
  } else if (twice) {
    problems.classes = `${twice} is there twice.`;
  }
  if (!/^\d+(\.\d+)?\s*(s|m|h|d|images?)$/.test(budget.trim()) || !(parseFloat(budget) > 0)) {
    problems.budget = "A time such as 90m, 8h or 2.5d, or a number of images such as 200images.";
  }
  if (!isWhole(test, 0, 50)) {
    problems.test = "A whole number from 0 to 50.";
  }
  if (!isWhole(seed, 0, 2 ** 31 - 1)) {
    problems.seed = "A whole number, 0 or more.";
  }
  return problems;
}

/**
 * @param {string} text
 * @param {number} least
 * @param {number} most
 */
const isWhole = (text, least, most) => /^\d{1,10}$/.test(text.trim()) && Number(text) >= least && Number(text) <= most;
