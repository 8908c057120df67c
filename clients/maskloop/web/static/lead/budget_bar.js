// A budget as one bar: what went into which kind of label, what is promised to leases, what is left.

import { make } from "../page/dom.js";
import { draw, figure } from "./svg.js";
import { kindName, time } from "./words.js";
/** @typedef {import("./wire.js").CampaignDocument} CampaignDocument */
/** @typedef {{name: string, css: string, amount: number, said: string}} Part */

const WIDTH = 1000;
const HEIGHT = 28;

/**
 * The parts of a budget in the order of the bar; those of nothing are left out.
 *
 * @param {CampaignDocument} campaign
 * @returns {Part[]}
 */
export function partsOf(campaign) {
  if (campaign.budget_s === null) {
    return partsOfImages(campaign);
  }
  const kinds = campaign.kinds.flatMap(({ kind, charged_s, test_s }) => [
    { name: kindName(kind), css: `kind-${kind}`, amount: charged_s - test_s, said: time(charged_s - test_s) },
    { name: `${kindName(kind)} of test images`, css: `kind-${kind} for-test`, amount: test_s, said: time(test_s) },
  ]);
  const rest = [
    { name: "promised to leases", css: "promised", amount: campaign.reserved_s, said: time(campaign.reserved_s) },
    { name: "left", css: "left", amount: campaign.left_s ?? 0, said: time(campaign.left_s ?? 0) },
  ];
  return [...kinds, ...rest].filter(({ amount }) => amount > 0);
}

/**
 * @param {CampaignDocument} campaign
 * @returns {Part[]}
 */
function partsOfImages(campaign) {
  const learnt = campaign.labeled_images - campaign.test_images;
  return [
    { name: "full masks", css: "kind-full", amount: learnt },
    { name: "full masks of test images", css: "kind-full for-test", amount: campaign.test_images },
    { name: "promised to leases", css: "promised", amount: campaign.reserved_images },
    { name: "left", css: "left", amount: campaign.left_images ?? 0 },
  ]
    .filter(({ amount }) => amount > 0)
    .map((part) => ({ ...part, said: part.amount.toLocaleString("en") }));
}

/**
 * @param {CampaignDocument} campaign
 * @returns {HTMLElement}
 */
export function budgetBar(campaign) {
  const parts = partsOf(campaign);
  const total = parts.reduce((sum, { amount }) => sum + amount, 0) || 1;
  const bars = [];
  let from = 0;
  for (const { amount, css } of parts) {
    const width = (amount / total) * WIDTH;
    bars.push(draw("rect", { x: from, y: 0, width: Math.max(width - 1.5, 1), height: HEIGHT, class: css }));
    from += width;
  }
  const description = parts.map(({ name, said }) => `${name} ${said}`).join(", ");
  const svg = figure({ title: "The budget", description, width: WIDTH, height: HEIGHT, class: "budget-bar" }, ...bars);
  svg.setAttribute("preserveAspectRatio", "none");
  const keys = parts.map(({ name, css, said }) =>
    make(
      "li",
      {},
      make("span", { class: `key ${css}`, "aria-hidden": "true" }),
      name,
      make("b", { class: "number" }, said),
    ),
  );
  return make("div", { class: "budget" }, svg, make("ul", { class: "keys" }, ...keys));
}
