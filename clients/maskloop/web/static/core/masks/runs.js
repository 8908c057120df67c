// Runs of set pixels, row by row: what components, holes and morphology work on, as they are few beside the pixels.

/**
 * @typedef {{row: Int32Array, from: Int32Array, to: Int32Array, first: Int32Array, count: number}} Runs
 *   Of each run its row, first column and the column behind it; `first[r]` is the first run of row r or below, and
 *   `first[height]` is `count`.
 */

/**
 * The runs of one value in a window.
 *
 * @param {Uint8Array} bits row by row
 * @param {number} width
 * @param {number} height
 * @param {0 | 1} value
 * @returns {Runs}
 */
export function runsOf(bits, width, height, value) {
  const ends = turnsOf(bits, width, value);
  const count = ends.length / 3;
  const row = new Int32Array(count);
  const from = new Int32Array(count);
  const to = new Int32Array(count);
  const first = new Int32Array(height + 1);
  for (let run = 0; run < count; run++) {
    row[run] = ends[3 * run];
    from[run] = ends[3 * run + 1];
    to[run] = ends[3 * run + 2];
    first[row[run] + 1]++;
  }
  for (let line = 0; line < height; line++) {
    first[line + 1] += first[line];
  }
  return { row, from, to, first, count };
}

/**
 * @param {Uint8Array} bits
 * @param {number} width
 * @param {0 | 1} value
 * @returns {number[]} row, first column and the one behind, of each run
 */
function turnsOf(bits, width, value) {
  /** @type {number[]} */
  const ends = [];
  eachStretch(bits, value, (start, behind) => {
    for (let place = start; place < behind; ) {
      const row = Math.floor(place / width);
      const end = Math.min(behind, (row + 1) * width);
      ends.push(row, place - row * width, end - row * width);
      place = end;
    }
  });
  return ends;
}

/**
 * Calls back with each longest stretch of one value, by its first place and the one behind.
 *
 * @param {Uint8Array} bits
 * @param {0 | 1} value
 * @param {(start: number, behind: number) => void} visit
 */
export function eachStretch(bits, value, visit) {
  const other = 1 - value;
  for (let start = bits.indexOf(value); start >= 0; ) {
    const found = bits.indexOf(other, start);
    const behind = found < 0 ? bits.length : found;
    visit(start, behind);
    start = found < 0 ? -1 : bits.indexOf(value, behind);
  }
}

/**
 * Which runs hang together: of each run, the number of its group, from 0 in the order of first runs.
 *
 * @param {Runs} runs
 * @param {number} height
 * @param {boolean} byCorners whether pixels that touch by a corner hang together
 * @returns {{group: Int32Array, groups: number}}
 */
export function groupsOf(runs, height, byCorners) {
  const parent = Int32Array.from({ length: runs.count }, (_, run) => run);
  const slack = byCorners ? 1 : 0;
  for (let row = 1; row < height; row++) {
    joinRows(runs, parent, row, slack);
  }
  const group = new Int32Array(runs.count);
  let groups = 0;
  for (let run = 0; run < runs.count; run++) {
    const root = rootOf(parent, run);
    group[run] = root === run ? groups++ : group[root];
  }
  return { group, groups };
}

/**
 * Joins the runs of a row with those above that they touch.
 *
 * @param {Runs} runs
 * @param {Int32Array} parent
 * @param {number} row
 * @param {number} slack
 */
function joinRows(runs, parent, row, slack) {
  let above = runs.first[row - 1];
  let here = runs.first[row];
  const lastAbove = here;
  const last = runs.first[row + 1];
  while (above < lastAbove && here < last) {
    if (runs.from[above] < runs.to[here] + slack && runs.from[here] < runs.to[above] + slack) {
      const [a, b] = [rootOf(parent, above), rootOf(parent, here)];
      parent[Math.max(a, b)] = Math.min(a, b); // the first run of a group is its root
    }
    if (runs.to[above] < runs.to[here]) {
      above++;
    } else {
      here++;
    }
  }
}

/**
 * @param {Int32Array} parent
 * @param {number} run
 * @returns {number}
 */
function rootOf(parent, run) {
  let root = run;
  while (parent[root] !== root) {
    parent[root] = parent[parent[root]];
    root = parent[root];
  }
  return root;
}
