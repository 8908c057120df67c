// The one state of the page: read by all, changed by `dispatch` alone.

/**
 * @template S, A
 * @typedef {object} Store
 * @property {S} state the present one; frozen.
 * @property {(action: A) => void} dispatch
 * @property {(listener: (state: S, before: S) => void) => void} subscribe is called after each change.
 */

/**
 * @template {object} S
 * @template A
 * @param {(state: S, action: A) => S} reduce pure; returns the same state where nothing changes.
 * @param {S} initial
 * @returns {Store<S, A>}
 */
export function createStore(reduce, initial) {
  let state = initial;
  /** @type {((state: S, before: S) => void)[]} */
  const listeners = [];
  return {
    get state() {
      return state;
    },
    dispatch(action) {
      const before = state;
      state = reduce(before, action);
      if (state === before) {
        return;
      }
      const after = state;
      for (const listener of listeners) {
        listener(after, before);
      }
    },
    subscribe(listener) {
      listeners.push(listener);
    },
  };
}
