// Small things that a browser remembers between visits, by name, and what one tab remembers until it is closed. Where
// storage is refused nothing is remembered.

const PREFIX = "maskloop.";

/**
 * @param {string} name
 * @returns {string} "" where nothing is remembered.
 */
export function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name) ?? "";
  } catch {
    return "";
  }
}

/**
 * @param {string} name
 * @param {string} value "" forgets it.
 */
export function remember(name, value) {
  try {
    if (value) {
      localStorage.setItem(PREFIX + name, value);
    } else {
      localStorage.removeItem(PREFIX + name);
    }
  } catch {
    // Not remembered: the page works without.
  }
}

/**
 * @param {string} name
 * @returns {string} what this tab remembers, even where another one says something else; "" for nothing.
 */
export function recallHere(name) {
  try {
    return sessionStorage.getItem(PREFIX + name) ?? "";
  } catch {
    return "";
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function rememberHere(name, value) {
  try {
    sessionStorage.setItem(PREFIX + name, value);
  } catch {
    // Not remembered: the page works without.
  }
}
