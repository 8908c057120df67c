// What people choose on the first page: what is wrong with it, and where it leads.

/** @typedef {{annotator: string, project: string, campaign: string, kind: string, images: string}} WishFields */

export const MOST_IMAGES = 100;

/**
 * @param {WishFields} wish
 * @returns {Partial<Record<keyof WishFields, string>>} a sentence for each field that is wrong, in the page's order.
 */
export function problemsOf(wish) {
  /** @type {Partial<Record<keyof WishFields, string>>} */
  const problems = {};
  if (!wish.annotator) {
    problems.annotator = "Your name is kept with your labels. Type it here.";
  }
  if (!wish.project) {
    problems.project = "Choose a project.";
  }
  if (!wish.campaign && wish.project) {
    problems.campaign = "Choose a campaign.";
  }
  const images = Number(wish.images);
  if (!Number.isInteger(images) || images < 1 || images > MOST_IMAGES) {
    problems.images = `A whole number, 1 to ${MOST_IMAGES}.`;
  }
  return problems;
}

/**
 * @param {WishFields} wish
 * @returns {string} the page on which it is labeled.
 */
export function labelAddress(wish) {
  const { project, campaign, kind, images } = wish;
  return `/label?${new URLSearchParams({ project, campaign, kind, images })}`;
}
