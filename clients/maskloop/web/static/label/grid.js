// Looking at many images at once: does each hold something of the project after all, and what?

/** @typedef {import("../core/wire.js").BatchDocument} BatchDocument */
/** @typedef {import("../core/wire.js").Category} Category */
/** @typedef {import("../core/wire.js").DraftDocument} DraftDocument */
/** @typedef {import("../core/wire.js").PickDocument} PickDocument */

/**
 * @typedef {{answers: Readonly<Record<string, number>>, seconds: Readonly<Record<string, number>>, focus: string}} Grid
 *   `answers` are categories by image, 0 for an image that holds nothing; `seconds` what each answer took.
 *
 * @typedef {{title: string, picks: PickDocument[]}} Group
 */

/**
 * @param {readonly PickDocument[]} picks
 * @returns {Grid}
 */
export function beginGrid(picks) {
  return { answers: {}, seconds: {}, focus: groupsOf(picks)[0]?.picks[0]?.image.id ?? "" };
}

/**
 * Images that were taken for the same and look alike stand together, largest groups first.
 *
 * @param {readonly PickDocument[]} picks
 * @returns {Group[]}
 */
export function groupsOf(picks) {
  /** @type {Map<string, PickDocument[]>} */
  const groups = new Map();
  for (const pick of picks) {
    const title = titleOf(pick);
    groups.set(title, [...(groups.get(title) ?? []), pick]);
  }
  const all = [...groups].map(([title, members]) => ({ title, picks: members }));
  return all.sort((one, other) => other.picks.length - one.picks.length);
}

/**
 * "taken for 'cat' at 0.83, cluster 2" is of the group "Taken for 'cat', cluster 2". Other reasons name no group.
 *
 * @param {PickDocument} pick
 * @returns {string} "" for no group.
 */
function titleOf({ reason }) {
  const [, taken, cluster] = /^taken for ('.*') at .*(, cluster \d+)$/.exec(reason) ?? [];
  return taken ? `Taken for ${taken}${cluster}` : "";
}

/**
 * The category that the classifier takes an image for; the first one where its reason names none.
 *
 * @param {PickDocument} pick
 * @param {readonly Category[]} categories
 * @returns {number}
 */
export function guessOf({ reason }, categories) {
  const named = /taken for '(.*)' at /.exec(reason)?.[1];
  return (categories.find(({ name }) => name === named) ?? categories[0])?.id ?? 0;
}

/**
 * Answer for the image in focus, and go on to the next that has no answer.
 *
 * @param {Grid} grid
 * @param {readonly PickDocument[]} picks
 * @param {number} category 0: it holds nothing.
 * @param {number} seconds that it took.
 * @returns {Grid}
 */
export function answerFocus(grid, picks, category, seconds) {
  if (!grid.focus) {
    return grid;
  }
  const answers = { ...grid.answers, [grid.focus]: category };
  const before = grid.seconds[grid.focus] ?? 0;
  const order = orderOf(picks);
  const from = order.indexOf(grid.focus);
  const open = [...order.slice(from + 1), ...order.slice(0, from)].find((id) => !(id in answers));
  return { answers, seconds: { ...grid.seconds, [grid.focus]: before + seconds }, focus: open ?? grid.focus };
}

/**
 * @param {Grid} grid
 * @param {readonly PickDocument[]} picks
 * @param {number} steps forwards, or backwards where it is below 0.
 * @returns {Grid}
 */
export function moveFocus(grid, picks, steps) {
  const order = orderOf(picks);
  const place = Math.min(order.length - 1, Math.max(0, order.indexOf(grid.focus) + steps));
  return { ...grid, focus: order[place] ?? "" };
}

/**
 * @param {readonly PickDocument[]} picks
 * @returns {string[]} ids in the order in which they are shown.
 */
function orderOf(picks) {
  return groupsOf(picks).flatMap((group) => group.picks.map(({ image }) => image.id));
}

/**
 * @param {Grid} grid
 * @param {readonly PickDocument[]} picks those that are still to be labeled.
 * @returns {DraftDocument[]} of each image that has an answer.
 */
export function draftsOfGrid(grid, picks) {
  return picks.flatMap(({ image }) => {
    const category = grid.answers[image.id];
    if (category === undefined) {
      return [];
    }
    const seconds = grid.seconds[image.id] ?? null;
    return [{ image: image.id, kind: "ood_check", content: { category }, seconds, supersedes: "" }];
  });
}
