// One tab labels at a time, and one sends. Browsers hand out the locks; where they have none, every tab may.

const locks = /** @type {LockManager | undefined} */ (navigator.locks);

/**
 * The right to label in this tab.
 *
 * @param {string} name of what is labeled.
 * @param {boolean} takeOver from another tab, which is told.
 * @param {() => void} lost is called when another tab took over.
 * @returns {Promise<boolean>} whether this tab has it now.
 */
export function claim(name, takeOver, lost) {
  if (!locks) {
    return Promise.resolve(true);
  }
  return new Promise((resolve) => {
    /** @type {LockOptions} */
    const options = takeOver ? { steal: true } : { ifAvailable: true };
    const held = locks.request(`maskloop.label.${name}`, options, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise(() => {}) : undefined; // until the tab is closed
    });
    held.catch(lost);
  });
}

/**
 * Run something while no other tab does.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function alone(work) {
  return locks ? locks.request("maskloop.outbox", () => work()) : work();
}

/**
 * Words between tabs: `tell` reaches all the others.
 *
 * @param {() => void} heard
 * @returns {{tell: () => void}}
 */
export function chatter(heard) {
  const channel = new BroadcastChannel("maskloop");
  channel.onmessage = heard;
  return { tell: () => channel.postMessage("changed") };
}
