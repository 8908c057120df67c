// The campaign's section: the budget and what became of it, quality so far, what the rest should bring.

import { make, say } from "../page/dom.js";
import { inWords } from "../page/fetch_json.js";
import { changeBudget, readCampaign } from "./api.js";
import { whileBusy } from "./busy.js";
import { budgetBar } from "./budget_bar.js";
import { burnDownChart, qualityChart } from "./figures.js";
import { table } from "./table.js";
import { capital, count, kindName, measureName, moment, share, strategyName, time } from "./words.js";
/** @typedef {import("./lead.js").Context} Context */
/** @typedef {import("./wire.js").CampaignAnswer} CampaignAnswer */
/** @typedef {import("./wire.js").CampaignDocument} CampaignDocument */
/** @typedef {import("./figures.js").Against} Against */

/** @type {Against} */
let against = "seconds";
const PADDING = 48; // of a card, both sides

/**
 * @param {Context} context
 * @returns {Promise<Node[]>}
 */
export async function showCampaign(context) {
  if (!context.campaign) {
    const link = make("a", { class: "button", href: "/new", "data-weight": "first" }, "Make a campaign");
    return [make("div", { class: "empty" }, make("p", {}, "This project has no campaign yet."), link)];
  }
  const answer = await readCampaign(context.project.id, context.campaign);
  return [numbers(answer), budget(context, answer), quality(context, answer), burnDown(context, answer)];
}

/** @param {CampaignAnswer} answer */
function numbers({ campaign, networks, decided_by }) {
  const best = networks.reduce((most, { measures }) => Math.max(most, measures[decided_by] ?? -1), -1);
  const ofImages = campaign.budget_s === null;
  const facts = [
    ["Charged", time(campaign.spent_s), ofImages ? "of people's time" : `of ${time(campaign.budget_s ?? 0)}`],
    [
      "Promised to leases",
      ofImages ? count(campaign.reserved_images, "image") : time(campaign.reserved_s),
      "as planned",
    ],
    [
      "Left",
      ofImages ? count(campaign.left_images ?? 0, "image") : time(campaign.left_s ?? 0),
      "neither charged nor promised",
    ],
    [
      "Fully labeled",
      count(campaign.labeled_images, "image"),
      campaign.test_images ? `${count(campaign.test_images, "image")} of them for testing` : "none of them for testing",
    ],
    [
      `Best ${measureName(decided_by)}`,
      best < 0 ? "–" : share(best),
      best < 0 ? "no network was measured yet" : `of ${count(networks.length, "measured network")}`,
    ],
  ];
  const items = facts.map(([name = "", value = "", more = ""]) =>
    make("div", {}, make("dt", {}, name), make("dd", { class: "number" }, value), make("dd", { class: "quiet" }, more)),
  );
  return make("dl", { class: "numbers" }, ...items);
}

/**
 * @param {Context} context
 * @param {CampaignAnswer} answer
 */
function budget(context, { campaign }) {
  const columns = [
    { name: "Kind of work" },
    { name: "Labels", number: true },
    { name: "Planned", number: true },
    { name: "Measured", number: true },
    { name: "Charged", number: true },
    { name: "For testing", number: true },
  ];
  const rows = campaign.kinds.map((each) => [
    capital(kindName(each.kind)),
    each.labels.toLocaleString("en"),
    time(each.planned_s),
    each.measured_s ? time(each.measured_s) : "–",
    time(each.charged_s),
    each.test_s ? time(each.test_s) : "–",
  ]);
  const sum = (/** @type {"labels" | "planned_s" | "measured_s" | "charged_s" | "test_s"} */ name) =>
    campaign.kinds.reduce((total, each) => total + each[name], 0);
  const total = [
    "In all",
    sum("labels").toLocaleString("en"),
    time(sum("planned_s")),
    time(sum("measured_s")),
    time(sum("charged_s")),
    time(sum("test_s")),
  ];
  const spent = campaign.kinds.length
    ? table("Annotator time by kind of work", columns, rows, { captionHidden: true, total })
    : beginning(context, campaign);
  const words =
    `${capital(strategyName(campaign.strategy))}, seed ${campaign.seed}, begun ${moment(campaign.created_at)}. ` +
    "Charged is what was measured, and what was planned where nobody measured.";
  return make(
    "section",
    { class: "card", "aria-labelledby": "budget-name" },
    make("div", { class: "card-head" }, make("h2", { id: "budget-name" }, "Budget"), budgetForm(context, campaign)),
    budgetBar(campaign),
    spent,
    make("p", { class: "quiet" }, words),
  );
}

/**
 * @param {Context} context
 * @param {CampaignDocument} campaign
 */
function beginning({ project }, campaign) {
  const query = new URLSearchParams({ project: project.id, campaign: campaign.id, kind: "full" });
  return make(
    "div",
    { class: "buttons" },
    make("span", { class: "quiet" }, "Nothing is labeled yet."),
    make("a", { class: "button", href: `/label?${query}&test=1` }, "Label test images"),
    make("a", { class: "button", href: `/label?${query}` }, "Start labeling"),
  );
}

/**
 * @param {Context} context
 * @param {CampaignDocument} campaign
 */
function budgetForm({ project, again, tell }, campaign) {
  const asked = campaign.budget_s === null ? `${campaign.budget_images}images` : spelt(campaign.budget_s);
  const input = make("input", {
    id: "new-budget",
    name: "budget",
    value: asked,
    size: 9,
    autocomplete: "off",
    "aria-describedby": "budget-fault",
    required: true,
  });
  const button = make("button", { type: "submit", class: "button" }, "Change");
  const fault = make("p", { id: "budget-fault", class: "fault", role: "alert" });
  const form = make(
    "form",
    { class: "inline-form", novalidate: true },
    make("label", { for: "new-budget" }, "Budget"),
    input,
    button,
    fault,
  );
  const change = async () => {
    try {
      await changeBudget(project.id, campaign.id, input.value.trim());
      tell("The budget is changed.");
      again();
    } catch (error) {
      say(fault, inWords(error));
      input.setAttribute("aria-invalid", "true");
      input.focus();
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(button, change);
  });
  return form;
}

/**
 * A budget as `al-loop` takes it: in whole hours, minutes, or seconds.
 *
 * @param {number} seconds
 */
export function spelt(seconds) {
  if (seconds % 3600 === 0) {
    return `${seconds / 3600}h`;
  }
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/**
 * @param {Context} context
 * @param {CampaignAnswer} answer
 */
function quality(context, { networks, outlook }) {
  const head = make("div", { class: "card-head" }, make("h2", { id: "quality-name" }, "Quality and outlook"));
  const card = make("section", { class: "card", "aria-labelledby": "quality-name" }, head);
  if (!networks.length) {
    card.append(
      make("p", { class: "quiet" }, "No network was measured on test images yet. Start a round once there are labels."),
    );
    return card;
  }
  const frame = make("figure", { class: "chart-frame" });
  const drawIt = () => frame.replaceChildren(qualityChart(networks, outlook, against, widthFor(context.root, 0.58)));
  head.append(choice(drawIt));
  drawIt();
  const columns = [
    { name: "Labels", number: true },
    { name: "Charged", number: true },
    { name: "PQ", number: true },
    { name: "AP50", number: true },
    { name: "Mean IoU", number: true },
  ];
  const rows = networks.map(({ labeled_images, spent_s, measures }) => [
    labeled_images.toLocaleString("en"),
    time(spent_s),
    share(measures.pq),
    share(measures.ap50),
    share(measures.mean_iou),
  ]);
  const words = [outlook.words, outlook.checks].filter(Boolean).map((text) => make("p", {}, text));
  const told = make(
    "div",
    { class: "beside" },
    table("Measured networks, oldest first", columns, rows),
    make("div", { class: "outlook" }, ...words),
  );
  card.append(make("div", { class: "chart-row" }, frame, told));
  return card;
}

/** @param {() => void} drawIt */
function choice(drawIt) {
  const radios = /** @type {[Against, string][]} */ ([
    ["seconds", "Time"],
    ["labels", "Labels"],
  ]).map(([value, name]) => {
    const radio = make("input", { type: "radio", name: "against", value });
    radio.checked = against === value;
    radio.addEventListener("change", () => {
      against = value;
      drawIt();
    });
    return make("label", {}, radio, make("span", {}, name));
  });
  return make(
    "fieldset",
    { class: "segments" },
    make("legend", { class: "hidden-text" }, "Quality against"),
    ...radios,
  );
}

/**
 * @param {Context} context
 * @param {CampaignAnswer} answer
 */
function burnDown(context, { campaign, steps }) {
  const card = make(
    "section",
    { class: "card", "aria-labelledby": "burn-name" },
    make("h2", { id: "burn-name" }, "Burn-down"),
  );
  if (!steps.length) {
    card.append(make("p", { class: "quiet" }, "Nothing is labeled yet."));
    return card;
  }
  const every = Math.ceil(steps.length / 12);
  const rows = steps
    .filter((_, place) => place % every === every - 1 || place === steps.length - 1)
    .map(({ at, spent_s, labeled_images }) => [moment(at), time(spent_s), labeled_images.toLocaleString("en")]);
  const columns = [{ name: "Until" }, { name: "Charged", number: true }, { name: "Fully labeled", number: true }];
  const numbersOf = make(
    "details",
    {},
    make("summary", {}, "As a table"),
    table("Charged seconds over time", columns, rows, { captionHidden: true }),
  );
  card.append(
    make("figure", { class: "chart-frame" }, burnDownChart(campaign, steps, widthFor(context.root, 1))),
    numbersOf,
  );
  return card;
}

/**
 * How wide a chart is drawn, so that its words keep their size.
 *
 * @param {HTMLElement} root
 * @param {number} part of a wide page
 */
function widthFor(root, part) {
  const whole = root.clientWidth - PADDING;
  return Math.max(280, Math.min(whole, root.clientWidth > 860 ? whole * part : whole));
}
