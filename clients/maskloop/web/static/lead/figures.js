// A campaign's figures as charts: what is drawn, from what the server told. Pure, apart from the drawing itself.

import { lineChart } from "./chart.js";
import { ticks, timeTicks } from "./scale.js";
import { capital, count, measureName, share, time } from "./words.js";
/** @typedef {import("./wire.js").NetworkDocument} NetworkDocument */
/** @typedef {import("./wire.js").OutlookDocument} OutlookDocument */
/** @typedef {import("./wire.js").CampaignDocument} CampaignDocument */
/** @typedef {import("./wire.js").StepDocument} StepDocument */
/** @typedef {"seconds" | "labels"} Against */

const MEASURES = ["pq", "ap50", "mean_iou"];
const WIDE = 480;

/**
 * Quality of measured networks, and where seconds are shown what the rest should bring.
 *
 * @param {readonly NetworkDocument[]} networks oldest first, one or more
 * @param {OutlookDocument} outlook
 * @param {Against} against
 * @param {number} width
 */
export function qualityChart(networks, outlook, against, width) {
  const at = (/** @type {NetworkDocument} */ each) => (against === "seconds" ? each.spent_s : each.labeled_images);
  const measures = MEASURES.filter((name) => networks.some((each) => name in each.measures));
  const lines = measures.map((name, place) => ({
    name: capital(measureName(name)).replace("Panoptic quality", "PQ"),
    style: place + 1,
    points: networks.flatMap((each) => {
      const value = each.measures[name];
      return value === undefined ? [] : [/** @type {const} */ ([at(each), value])];
    }),
  }));
  const ahead = against === "seconds" ? outlook.ahead : [];
  const values = [...lines.flatMap(({ points }) => points.map(([, value]) => value)), ...ahead.map(({ high }) => high)];
  const mostY = Math.min(1, Math.max(0.1, Math.ceil(Math.max(...values) * 10) / 10));
  const mostX = Math.max(...networks.map(at), ...ahead.map(({ at_s }) => at_s), 1);
  const style = measures.indexOf(outlook.measure) + 1;
  return lineChart(
    {
      title: `Quality over ${against === "seconds" ? "annotator time" : "labels"}`,
      description: lines
        .map(({ name, points }) => `${name} ${points.map(([, value]) => share(value)).join(", ")}`)
        .join("; "),
      xName: against === "seconds" ? "charged annotator time" : "full labels learnt from",
      yName: "quality on test images",
      x: {
        least: 0,
        most: mostX,
        ticks: against === "seconds" ? timeTicks(mostX, width < WIDE ? 4 : 6) : wholeTicks(mostX),
      },
      y: { least: 0, most: mostY, ticks: ticks(0, mostY, 5).map((value) => ({ at: value, text: share(value, 1) })) },
      lines,
      band: ahead.length && style ? bandOf(ahead, style) : null,
    },
    width,
    300,
  );
}

/**
 * @param {OutlookDocument["ahead"]} ahead
 * @param {number} style
 */
function bandOf(ahead, style) {
  return {
    name: "expected",
    style,
    mean: ahead.map(({ at_s, mean }) => /** @type {const} */ ([at_s, mean])),
    low: ahead.map(({ at_s, low }) => /** @type {const} */ ([at_s, low])),
    high: ahead.map(({ at_s, high }) => /** @type {const} */ ([at_s, high])),
  };
}

/** @param {number} most */
const wholeTicks = (most) =>
  ticks(0, most, 6)
    .filter(Number.isInteger)
    .map((value) => ({ at: value, text: String(value) }));

/**
 * What a budget counts, and how that is said.
 *
 * @param {CampaignDocument} campaign
 */
function unitOf({ budget_s, budget_images }) {
  if (budget_s === null) {
    const say = (/** @type {number} */ value) => count(value, "image");
    const used = (/** @type {StepDocument} */ step) => step.labeled_images;
    return { budget: budget_images ?? 0, name: "images left", say, used, ticks: wholeTicks };
  }
  const used = (/** @type {StepDocument} */ step) => step.spent_s;
  return {
    budget: budget_s,
    name: "time left",
    say: time,
    used,
    ticks: (/** @type {number} */ most) => timeTicks(most, 4),
  };
}

/**
 * What was left of the budget after each label.
 *
 * @param {CampaignDocument} campaign
 * @param {readonly StepDocument[]} steps oldest first, one or more
 * @param {number} width
 */
export function burnDownChart(campaign, steps, width) {
  const unit = unitOf(campaign);
  const left = (/** @type {StepDocument} */ step) => unit.budget - unit.used(step);
  const first = steps[0]?.at ?? 0;
  const last = steps.at(-1)?.at ?? first;
  const begun = Math.min(campaign.created_at ?? first, first);
  const points = [
    /** @type {const} */ ([0, unit.budget]),
    ...steps.map((step) => /** @type {const} */ ([step.at - begun, Math.max(0, left(step))])),
  ];
  const most = Math.max(last - begun, 1);
  const end = Math.max(0, points.at(-1)?.[1] ?? 0);
  return lineChart(
    {
      title: "What is left of the budget",
      description: `From ${unit.say(unit.budget)} to ${unit.say(end)} within ${time(most)}.`,
      xName: "since the campaign began",
      yName: unit.name,
      x: { least: 0, most, ticks: daysOr(most, width) },
      y: { least: 0, most: unit.budget, ticks: unit.ticks(unit.budget) },
      lines: [{ name: "", style: 4, points, steps: true }],
    },
    width,
    220,
  );
}

/**
 * @param {number} most in seconds
 * @param {number} width
 */
function daysOr(most, width) {
  const wanted = width < WIDE ? 4 : 6;
  if (most < 2 * 86_400) {
    return timeTicks(most, wanted);
  }
  return ticks(0, most / 86_400, wanted).map((value) => ({ at: value * 86_400, text: value ? `${value} d` : "0" }));
}
