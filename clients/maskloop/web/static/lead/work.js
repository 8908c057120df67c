// Long work that is under way, above every section: what it is, how far, and a button that stops it.

import { make, say } from "../page/dom.js";
import { inWords } from "../page/fetch_json.js";
import { onPress } from "./busy.js";
import { cancelWork, stopRound } from "./api.js";
import { time, workName } from "./words.js";
/** @typedef {import("./wire.js").WorkAnswer} WorkAnswer */
/** @typedef {import("./wire.js").OperationDocument} OperationDocument */
/** @typedef {import("./wire.js").RoundDocument} RoundDocument */

const UNFINISHED = new Set(["pending", "running"]);

/** @param {{state: string}} operation */
export const isUnfinished = (operation) => UNFINISHED.has(operation.state);

/** @param {WorkAnswer} work */
export const isBusy = ({ operations, round }) => operations.some(isUnfinished) || round?.state === "running";

/**
 * Whether anything began or ended between two looks.
 *
 * @param {WorkAnswer} before
 * @param {WorkAnswer} now
 */
export function changed(before, now) {
  const states = (/** @type {WorkAnswer} */ work) => work.operations.map(({ id, state }) => `${id} ${state}`).join();
  return states(before) !== states(now) || before.round?.state !== now.round?.state;
}

/**
 * Shows what is under way, and nothing where nothing is. Rows stay in place, so that focus and screen readers do too.
 *
 * @param {HTMLElement} root
 * @param {string} project
 * @param {WorkAnswer} work
 */
export function showWork(root, project, work) {
  const running = work.operations.filter(isUnfinished);
  const round = work.round?.state === "running" ? work.round : null;
  const wanted = new Map(running.map((operation) => [operation.id, operation]));
  for (const row of [...root.children]) {
    if (row instanceof HTMLElement && !wanted.has(row.dataset.operation ?? "")) {
      row.remove();
    }
  }
  for (const operation of wanted.values()) {
    let row = [...root.children].find((each) => each instanceof HTMLElement && each.dataset.operation === operation.id);
    if (!row) {
      row = newRow(project, operation, () => round !== null);
      root.append(row);
    }
    fillRow(row, operation, round);
  }
  root.hidden = !wanted.size;
}

/**
 * @param {string} project
 * @param {OperationDocument} operation
 * @param {() => boolean} inRound
 */
function newRow(project, operation, inRound) {
  const stop = make("button", { type: "button", class: "button", "data-tone": "bad" }, "Stop");
  stop.setAttribute("aria-label", `Stop: ${workName(operation.kind)}`);
  const fault = make("span", { class: "fault", role: "alert" });
  onPress(stop, async () => {
    try {
      await (inRound() ? stopRound(project) : cancelWork(project, operation.id));
    } catch (error) {
      say(fault, inWords(error));
    }
  });
  const bar = make("progress", { max: 1, value: 0, "aria-label": `${workName(operation.kind)}: progress` });
  const words = make("span", { class: "work-words" });
  return make("div", { class: "work-row", "data-operation": operation.id }, words, bar, stop, fault);
}

/**
 * @param {Element} row
 * @param {OperationDocument} operation
 * @param {RoundDocument | null} round
 */
function fillRow(row, operation, round) {
  const bar = row.querySelector("progress");
  if (bar) {
    if (operation.state === "pending") {
      bar.removeAttribute("value");
    } else {
      bar.value = operation.progress;
    }
  }
  const words = row.querySelector(".work-words");
  if (words) {
    say(words, sentence(operation, round));
  }
}

/**
 * @param {OperationDocument} operation
 * @param {RoundDocument | null} round
 */
export function sentence(operation, round) {
  const place = round ? round.steps.findIndex((step) => step.operation_id === operation.id) : -1;
  const step = round && place >= 0 ? `Round, step ${place + 1} of ${round.steps.length}: ` : "";
  const how = operation.state === "pending" ? "waits" : `${Math.round(100 * operation.progress)} %`;
  const left = operation.eta_s === null ? "" : `, about ${time(operation.eta_s)} left`;
  const detail = operation.message ? ` · ${operation.message}` : "";
  return `${step}${workName(operation.kind)} ${how}${left}${detail}`;
}
