// What is said where a batch has no image left to show.

/** @typedef {import("./state.js").PageState} PageState */
/** @typedef {import("./state.js").Phase} Phase */
/** @typedef {import("./state.js").Words} Words */

const ALL_TAKEN = "All images of this campaign are labeled, or somebody else has them.";

/**
 * @param {Pick<PageState, "batch" | "total" | "parcels">} state
 * @returns {{phase: Phase, words: Words}}
 */
export function endingOf({ batch, total, parcels }) {
  const ours = parcels.filter((each) => each.batch === batch?.id);
  if (!total && !batch?.picks.length && !ours.length) {
    const text = batch?.fallback || ALL_TAKEN;
    return { phase: "empty", words: { title: "Nothing to label now", text, offers: ["again", "start"] } };
  }
  const text = refusedWords(ours.filter(({ refusal }) => refusal).length) || arrivedWords(ours.length, total, batch);
  return { phase: "done", words: { title: "Batch done", text, offers: ["next-batch", "start"] } };
}

/** @param {number} refused */
function refusedWords(refused) {
  if (!refused) {
    return "";
  }
  return refused === 1
    ? "One of its labels was refused. It is kept here: see above."
    : `${refused} of its labels were refused. They are kept here: see above.`;
}

/**
 * @param {number} waiting
 * @param {number} total
 * @param {PageState["batch"]} batch
 */
function arrivedWords(waiting, total, batch) {
  if (waiting) {
    return "Its last labels are on their way.";
  }
  if (batch?.exhausted) {
    return "It held all images that were open.";
  }
  return total === 1 ? "1 image." : `${total} images.`;
}
