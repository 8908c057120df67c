// The export's section: labels as files, and the budget-cost report.

import { make, say } from "../page/dom.js";
import { inWords } from "../page/fetch_json.js";
import { onPress } from "./busy.js";
import { labelsAddress, reportAddress, writeReport } from "./api.js";
/** @typedef {import("./lead.js").Context} Context */

const FILES = [
  ["full", "Full masks", "COCO, as run-length masks; crowds are marked"],
  ["boxes", "Boxes", "COCO"],
  ["points", "Points", "LabelMe shapes by file name"],
  ["scribbles", "Scribbles", "LabelMe shapes by file name"],
];

/**
 * @param {Context} context
 * @returns {Promise<Node[]>}
 */
export async function showExport(context) {
  return [labels(context), report(context)];
}

/** @param {Context} context */
function labels({ project }) {
  const items = FILES.map(([kind = "", name = "", form = ""]) =>
    make(
      "li",
      {},
      make("div", {}, make("b", {}, name), make("span", { class: "quiet" }, form)),
      make(
        "a",
        { class: "button", href: labelsAddress(project.id, kind), download: "", "aria-label": `Download ${name}` },
        "Download",
      ),
    ),
  );
  return make(
    "section",
    { class: "card", "aria-labelledby": "labels-name" },
    make("h2", { id: "labels-name" }, "Labels"),
    make("p", { class: "quiet" }, "What is current now, of the whole project."),
    make("ul", { class: "downloads" }, ...items),
  );
}

/** @param {Context} context */
function report({ project, campaign, tell }) {
  const fault = make("p", { class: "fault", role: "alert" });
  const made = make("ul", { class: "downloads" });
  const write = make(
    "button",
    { type: "button", class: "button", id: "write-report", "data-weight": "first", disabled: !campaign },
    "Write the report",
  );
  const busy = make("span", { class: "quiet", role: "status" });
  onPress(write, async () => {
    say(busy, "Writing; this takes some seconds …");
    say(fault, "");
    try {
      const { files } = await writeReport(project.id, campaign);
      made.replaceChildren(...files.map((name) => file(project.id, campaign, name)));
      tell("The report is written.");
    } catch (error) {
      say(fault, inWords(error));
    }
    say(busy, "");
  });
  return make(
    "section",
    { class: "card", "aria-labelledby": "report-name" },
    make("h2", { id: "report-name" }, "Finish: the budget-cost report"),
    make(
      "p",
      { class: "quiet" },
      "What the budget was spent on and what it bought, in one page, as ",
      make("code", {}, "maskloop report"),
      " writes it. The campaign goes on as it was.",
    ),
    make("div", { class: "buttons" }, write, busy),
    fault,
    made,
  );
}

/**
 * @param {string} project
 * @param {string} campaign
 * @param {string} name
 */
function file(project, campaign, name) {
  const address = reportAddress(project, campaign, name);
  const links = make("span", { class: "buttons" });
  if (name.endsWith(".html")) {
    links.append(make("a", { class: "button", href: `${address}?view`, target: "_blank", rel: "noopener" }, "Open"));
  }
  links.append(
    make("a", { class: "button", href: address, download: "", "aria-label": `Download ${name}` }, "Download"),
  );
  return make("li", {}, make("div", {}, make("b", {}, name)), links);
}
