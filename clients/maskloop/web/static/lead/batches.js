// The batches' section: who holds what until when, and what each person has done.

import { make } from "../page/dom.js";
import { readBatches } from "./api.js";
import { table } from "./table.js";
import { capital, count, fromNow, kindName, moment, strategyName, time } from "./words.js";
/** @typedef {import("./lead.js").Context} Context */
/** @typedef {import("./wire.js").BatchSummary} BatchSummary */
/** @typedef {import("./wire.js").AnnotatorSummary} AnnotatorSummary */

const SHOWN = 40;
const STATES = { open: "leased", labeled: "labeled", skipped: "skipped", released: "given back", expired: "expired" };

/**
 * @param {Context} context
 * @returns {Promise<Node[]>}
 */
export async function showBatches({ project, campaign }) {
  const { batches, annotators, now } = await readBatches(project.id, campaign);
  const held = batches.filter(({ states }) => states.open);
  return [
    part(
      "people-name",
      "People",
      annotators.length ? people(annotators, now) : nothing("Nobody has labeled or holds anything."),
    ),
    part("held-name", "Held now", held.length ? holders(held, now) : nothing("Nobody holds images.")),
    part("batches-name", "All batches", batches.length ? every(batches) : nothing("No batch was asked for yet.")),
  ];
}

/**
 * @param {string} id
 * @param {string} name
 * @param {Node} content
 */
const part = (id, name, content) =>
  make("section", { class: "card", "aria-labelledby": id }, make("h2", { id }, name), content);

/** @param {string} text */
const nothing = (text) => make("p", { class: "quiet" }, text);

/**
 * @param {AnnotatorSummary[]} annotators
 * @param {number} now
 */
function people(annotators, now) {
  const columns = [
    { name: "Name" },
    { name: "Labels", number: true },
    { name: "Kinds" },
    { name: "Corrections", number: true },
    { name: "Charged", number: true },
    { name: "Measured a label", number: true },
    { name: "Holds", number: true },
    { name: "Last label", number: true },
  ];
  const rows = annotators.map((each) => [
    each.annotator,
    each.labels.toLocaleString("en"),
    Object.entries(each.by_kind)
      .map(([kind, number]) => `${kindName(kind)} ${number}`)
      .join(", ") || "–",
    each.corrections ? String(each.corrections) : "–",
    time(each.charged_s),
    each.timed ? time(each.timed_s / each.timed) : "–",
    each.held ? String(each.held) : "–",
    each.last_at === null ? "–" : fromNow(each.last_at, now),
  ]);
  return table("What each person has done", columns, rows, { captionHidden: true });
}

/**
 * @param {BatchSummary[]} held
 * @param {number} now
 */
function holders(held, now) {
  const columns = [
    { name: "Who" },
    { name: "Kind" },
    { name: "Images", number: true },
    { name: "Planned", number: true },
    { name: "Lease" },
  ];
  const rows = held.map((batch) => [
    batch.annotator,
    kindOf(batch),
    `${batch.states.open} of ${total(batch)}`,
    time(batch.planned_s),
    batch.overdue ? chip("lease has ended", "warn") : `ends ${fromNow(batch.expires_at, now)}`,
  ]);
  return table("Images that are leased", columns, rows, { captionHidden: true });
}

/** @param {BatchSummary[]} batches */
function every(batches) {
  const columns = [
    { name: "Who" },
    { name: "Kind" },
    { name: "Chosen by" },
    { name: "What became of its images" },
    { name: "Lease until" },
  ];
  const rows = batches
    .slice(0, SHOWN)
    .map((batch) => [batch.annotator, kindOf(batch), chosenBy(batch), statesOf(batch), moment(batch.expires_at)]);
  const shown = table("Batches, newest leases first", columns, rows, { captionHidden: true });
  if (batches.length <= SHOWN) {
    return shown;
  }
  return make(
    "div",
    {},
    shown,
    nothing(`${count(batches.length - SHOWN, "older batch").replace("batchs", "batches")} not shown.`),
  );
}

/** @param {BatchSummary} batch */
const total = ({ states }) => Object.values(states).reduce((sum, number) => sum + number, 0);

/** @param {BatchSummary} batch */
function kindOf({ kind, for_test }) {
  const name = capital(kindName(kind));
  return for_test ? make("span", {}, `${name} `, chip("for testing", "accent")) : name;
}

/** @param {BatchSummary} batch */
function chosenBy({ strategy, fallback }) {
  const name = strategyName(strategy);
  return fallback
    ? make(
        "span",
        { title: fallback },
        `${name} `,
        chip("fallback", "warn"),
        make("span", { class: "hidden-text" }, fallback),
      )
    : name;
}

/** @param {BatchSummary} batch */
function statesOf(batch) {
  const parts = Object.entries(STATES)
    .filter(([state]) => batch.states[state])
    .map(([state, name]) => `${batch.states[state]} ${name}`);
  return parts.join(", ") || "–";
}

/**
 * @param {string} text
 * @param {string} tone
 */
const chip = (text, tone) => make("span", { class: "chip", "data-tone": tone }, text);
