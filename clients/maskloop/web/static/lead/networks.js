// The networks' section: versions with what was measured of them, which is active, and long work.

import { make, say } from "../page/dom.js";
import { inWords } from "../page/fetch_json.js";
import { activate, readNetworks, rollBack, startRound, startWork } from "./api.js";
import { onPress, setOff } from "./busy.js";
import { confirm } from "./confirm.js";
import { table } from "./table.js";
import { capital, count, moment, share, time, workName } from "./words.js";
import { isBusy } from "./work.js";
/** @typedef {import("./lead.js").Context} Context */
/** @typedef {import("./wire.js").ModelDocument} ModelDocument */
/** @typedef {import("./wire.js").OperationDocument} OperationDocument */
/** @typedef {import("./wire.js").NetworksAnswer} NetworksAnswer */
/** @typedef {import("./wire.js").RoundDocument} RoundDocument */

/** @type {Record<string, {name: string, tone: string}>} */
const HEADS = {
  trusted: { name: "trusted", tone: "good" },
  confidence: { name: "by confidence", tone: "accent" },
  untrusted: { name: "not trusted", tone: "warn" },
  unfitted: { name: "not fitted", tone: "" },
};
/** @type {Record<string, string>} */
const TONES = { succeeded: "good", failed: "bad", cancelled: "warn", skipped: "warn", running: "accent" };
/** Of steps that ended otherwise than well: how a running one gets on stands above every section. */
const TOLD = new Set(["failed", "cancelled", "skipped"]);
/** @type {["train" | "score" | "evaluate", string][]} */
const STEPS = [
  ["train", "Train"],
  ["score", "Score the pool"],
  ["evaluate", "Measure"],
];

/**
 * @param {Context} context
 * @returns {Promise<Node[]>}
 */
export async function showNetworks(context) {
  const answer = await readNetworks(context.project.id);
  return [machine(context, answer), versions(context, answer.models), work(answer.operations)];
}

/**
 * @param {Context} context
 * @param {NetworksAnswer} answer
 */
function machine(context, { operations, round, models }) {
  const { project } = context;
  const fault = make("p", { class: "fault", role: "alert" });
  const busy = isBusy({ operations, round });
  const whole = button("start-round", "Start a round", () => act(context, fault, () => startRound(project.id)), busy);
  whole.setAttribute("data-weight", "first");
  const steps = STEPS.map(([kind, name]) =>
    button(
      `start-${kind}`,
      name,
      () => act(context, fault, () => startWork(project.id, kind, "")),
      busy || (kind !== "train" && !models.length),
    ),
  );
  const newest = models.find(({ pseudo_images }) => !pseudo_images);
  const how = newest
    ? `Training repeats the recipe of the newest network, ${newest.recipe}.`
    : "The first training uses the server's own recipe.";
  return make(
    "section",
    { class: "card", "aria-labelledby": "machine-name" },
    make("h2", { id: "machine-name" }, "Machine work"),
    make("p", { class: "quiet" }, `A round trains on all labels, scores the pool, and measures on test images. ${how}`),
    make("div", { class: "buttons" }, whole, ...steps),
    fault,
    ...(round ? [roundOf(round)] : []),
  );
}

/**
 * @param {string} id
 * @param {string} name
 * @param {() => Promise<void>} press
 * @param {boolean} off whether there is nothing to press it for
 */
function button(id, name, press, off) {
  const made = make("button", { type: "button", class: "button", id }, name);
  setOff(made, off);
  onPress(made, press);
  return made;
}

/**
 * @param {Context} context
 * @param {HTMLElement} fault
 * @param {() => Promise<unknown>} call
 */
async function act({ again }, fault, call) {
  try {
    await call();
    again();
  } catch (error) {
    say(fault, inWords(error));
  }
}

/** @param {RoundDocument} round */
function roundOf({ state, steps }) {
  const items = steps.map((step) =>
    make(
      "li",
      { "data-state": step.state },
      make("span", { class: "step-name" }, workName(step.kind)),
      chip(stateName(step.state), TONES[step.state] ?? ""),
      make("span", { class: "quiet" }, TOLD.has(step.state) ? step.words : ""),
    ),
  );
  return make(
    "div",
    { class: "round" },
    make("h3", {}, `Latest round: ${state}`),
    make("ol", { class: "round-steps" }, ...items),
  );
}

/** @param {string} state */
const stateName = (state) => (state === "pending" ? "waits" : state);

/**
 * @param {Context} context
 * @param {ModelDocument[]} models
 */
function versions(context, models) {
  const { project } = context;
  const card = make("section", { class: "card", "aria-labelledby": "versions-name" });
  const head = make("div", { class: "card-head" }, make("h2", { id: "versions-name" }, "Networks"));
  card.append(head);
  if (!models.length) {
    card.append(make("p", { class: "quiet" }, "There is no network yet."));
    return card;
  }
  const fault = make("p", { class: "fault", role: "alert" });
  const back = button(
    "rollback",
    "Roll back",
    async () => {
      const question = {
        title: "Roll back?",
        text:
          "The network that was active before becomes the active one again. " +
          "It proposes masks and chooses images from then on.",
        yes: "Roll back",
      };
      if (await confirm(question)) {
        await act(context, fault, () => rollBack(project.id));
      }
    },
    models.length < 2,
  );
  head.append(back);
  const columns = [
    { name: "Network" },
    { name: "Learnt from" },
    { name: "PQ", number: true },
    { name: "AP50", number: true },
    { name: "Mean IoU", number: true },
    { name: "Head" },
    { name: "Scored", number: true },
    { name: "Made", number: true },
    { name: "What to do", hidden: true },
  ];
  const rows = models.map((model) => [
    nameOf(model),
    learntFrom(model),
    share(model.measures.pq),
    share(model.measures.ap50),
    share(model.measures.mean_iou),
    headOf(model),
    model.scored_images ? model.scored_images.toLocaleString("en") : "–",
    moment(model.created_at),
    actionOf(context, model, fault),
  ]);
  card.append(table("Network versions, newest first", columns, rows, { captionHidden: true }), fault);
  return card;
}

/** @param {ModelDocument} model */
function nameOf({ id, recipe, active }) {
  const name = make("span", { class: "network-name" }, make("code", {}, id), make("span", { class: "quiet" }, recipe));
  if (active) {
    name.append(chip("active", "good"));
  }
  return name;
}

/** @param {ModelDocument} model */
function learntFrom({ labeled_images, boxed_images, weakly_labeled_images, pseudo_images }) {
  /** @type {[number, string][]} */
  const kinds = [
    [labeled_images, "outlined"],
    [boxed_images, "boxed"],
    [weakly_labeled_images, "marked"],
    [pseudo_images, "pseudo-labeled"],
  ];
  return (
    kinds
      .filter(([number]) => number)
      .map(([number, kind]) => `${number.toLocaleString("en")} ${kind}`)
      .join(", ") || "class labels"
  );
}

/** @param {ModelDocument} model */
function headOf({ head, head_words }) {
  const { name, tone } = HEADS[head] ?? { name: head, tone: "" };
  const why = make(
    "details",
    { class: "why" },
    make("summary", {}, chip(name, tone), make("span", { class: "hidden-text" }, "why")),
    make("p", {}, head_words),
  );
  return why;
}

/**
 * @param {Context} context
 * @param {ModelDocument} model
 * @param {HTMLElement} fault
 */
function actionOf(context, model, fault) {
  if (model.active) {
    return "";
  }
  if (model.thinned) {
    return make("span", { class: "quiet" }, "files removed");
  }
  const made = button(
    `activate-${model.id}`,
    "Activate",
    () => act(context, fault, () => activate(context.project.id, model.id)),
    false,
  );
  made.setAttribute("aria-label", `Activate ${model.id}`);
  return made;
}

/** @param {OperationDocument[]} operations */
function work(operations) {
  const columns = [
    { name: "Work" },
    { name: "State" },
    { name: "Begun", number: true },
    { name: "Took", number: true },
    { name: "Of network" },
    { name: "What it says" },
  ];
  const rows = operations.map((each) => [
    workName(each.kind),
    chip(stateName(each.state), TONES[each.state] ?? ""),
    moment(each.created_at),
    each.seconds ? time(each.seconds) : "–",
    each.result ? make("code", {}, each.result) : "–",
    capital(each.error.message || each.message) || "–",
  ]);
  const content = rows.length
    ? table(`${count(rows.length, "operation")}, newest first`, columns, rows, { captionHidden: true })
    : make("p", { class: "quiet" }, "There was no long work yet.");
  return make(
    "section",
    { class: "card", "aria-labelledby": "work-name" },
    make("h2", { id: "work-name" }, "Long work"),
    content,
  );
}

/**
 * @param {string} text
 * @param {string} tone
 */
const chip = (text, tone) => make("span", { class: "chip", "data-tone": tone || null }, text);
