// The audit's section: who labeled, corrected, trained, withdrew what and when, newest first.

import { make, say } from "../page/dom.js";
import { inWords } from "../page/fetch_json.js";
import { readAudit } from "./api.js";
import { whileBusy } from "./busy.js";
import { table } from "./table.js";
import { ACTIONS, actionName, count, moment, whoDid } from "./words.js";
/** @typedef {import("./lead.js").Context} Context */
/** @typedef {import("./wire.js").EntryDocument} EntryDocument */

const COLUMNS = [{ name: "When" }, { name: "Who" }, { name: "What" }, { name: "Of" }, { name: "Number", number: true }];
/** Ids that say less than the others of the same change. */
const LEFT_OUT = ["label", "batch"];

/**
 * @param {Context} context
 * @returns {Promise<Node[]>}
 */
export async function showAudit({ project, tell }) {
  const list = new AuditList(project.id, tell);
  await list.begin();
  return [list.form, list.card];
}

class AuditList {
  #project;
  #tell;
  #name = make("input", { id: "audit-name", autocomplete: "off", maxlength: 128, spellcheck: "false" });
  #action = make("select", { id: "audit-action" }, make("option", { value: "" }, "Everything"));
  #more = make("button", { type: "button", class: "button", id: "audit-more" }, "Show older ones");
  #place = make("div", { id: "audit-entries" });
  #trouble = make("p", { class: "notice", role: "alert", "data-tone": "bad", hidden: true });
  /** @type {EntryDocument[]} */
  #entries = [];
  #next = "";
  #asked = 0;

  /**
   * @param {string} project
   * @param {(text: string) => void} tell
   */
  constructor(project, tell) {
    this.#project = project;
    this.#tell = tell;
    for (const [action, name] of Object.entries(ACTIONS)) {
      this.#action.append(make("option", { value: action }, name));
    }
    const show = make("button", { type: "submit", class: "button" }, "Show");
    this.form = make(
      "form",
      { class: "card audit-wish", "aria-label": "Which changes are shown" },
      make("div", { class: "field" }, make("label", { for: "audit-name" }, "By"), this.#name),
      make("div", { class: "field" }, make("label", { for: "audit-action" }, "What"), this.#action),
      show,
    );
    this.card = make("section", { class: "card", "aria-label": "Changes" }, this.#trouble, this.#place, this.#more);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void whileBusy(show, () => this.#tried(() => this.begin()));
    });
    this.#action.addEventListener("change", () => void this.#tried(() => this.begin()));
    this.#more.addEventListener("click", () => void whileBusy(this.#more, () => this.#tried(() => this.#read())));
  }

  /** Reads the newest. */
  async begin() {
    this.#entries = [];
    this.#next = "";
    await this.#read();
  }

  async #read() {
    const asked = ++this.#asked;
    const which = { annotator: this.#name.value.trim(), action: this.#action.value, page: this.#next };
    const { entries, next } = await readAudit(this.#project, which);
    if (asked !== this.#asked) {
      return; // others are wanted by now
    }
    this.#entries.push(...entries);
    this.#next = next;
    this.#draw();
    this.#tell(`${count(this.#entries.length, "change")} shown.`);
  }

  #draw() {
    this.#trouble.hidden = true;
    this.#more.hidden = !this.#next;
    const rows = this.#entries.map((entry) => [
      moment(entry.at),
      whoDid(entry),
      actionName(entry),
      subjectsOf(entry),
      entry.count.toLocaleString("en"),
    ]);
    this.#place.replaceChildren(
      rows.length
        ? table("Changes, newest first", COLUMNS, rows, { captionHidden: true })
        : make("p", { class: "quiet" }, "There is no such change."),
    );
  }

  /** @param {() => Promise<void>} work */
  async #tried(work) {
    try {
      await work();
    } catch (error) {
      this.#trouble.hidden = false;
      say(this.#trouble, inWords(error));
    }
  }
}

/** @param {EntryDocument} entry */
function subjectsOf({ subjects }) {
  const told = Object.entries(subjects).filter(([what]) => !LEFT_OUT.includes(what));
  const shown = told.length ? told : Object.entries(subjects);
  const parts = shown.map(([what, id]) =>
    make("span", { class: "audit-subject" }, `${what.replaceAll("_", " ")} `, make("code", {}, id)),
  );
  return parts.length ? make("span", { class: "audit-subjects" }, ...parts) : "–";
}
