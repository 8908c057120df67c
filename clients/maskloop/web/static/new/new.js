// The page that makes a project and a campaign from a folder of photographs.

import { readChoices } from "../lead/api.js";
import { whileBusy } from "../lead/busy.js";
import { count } from "../lead/words.js";
import { showMe } from "../page/account.js";
import { find, make, say } from "../page/dom.js";
import { fetchJson, inWords } from "../page/fetch_json.js";
import { newRequestId } from "../page/request_id.js";
import { classesOf, idOf, problemsOf, testImages } from "./fields.js";
import { chosen, dropped, isPicture } from "./folder.js";
import { Upload } from "./upload.js";
/** @typedef {import("./folder.js").Photo} Photo */
/** @typedef {import("./fields.js").FieldName} FieldName */
/** @typedef {import("./upload.js").Standing} Standing */

/** @type {readonly FieldName[]} */
const FIELDS = ["photos", "name", "classes", "budget", "test", "seed"];
const CAMPAIGN = "campaign";
const MOST_REFUSED = 200;

const form = find("#wish", HTMLFormElement);
const folder = find("#folder", HTMLInputElement);
const drop = find("#drop", HTMLElement);
const trouble = find("#trouble", HTMLElement);
const nameInput = find("#name", HTMLInputElement);
const strategySelect = find("#strategy", HTMLSelectElement);
const retry = find("#retry", HTMLButtonElement);
const go = find("#go", HTMLButtonElement);

class NewPage {
  /** @type {Photo[]} */
  #photos = [];
  #suffixes = new Set([".jpg", ".jpeg", ".png"]);
  #madeProject = "";
  /** @type {Upload | null} */
  #upload = null;
  #projectRequest = newRequestId();
  #campaignRequest = newRequestId();

  async begin() {
    await showMe();
    const { strategies, default_strategy, suffixes } = await readChoices();
    this.#suffixes = new Set(suffixes);
    strategySelect.replaceChildren(
      ...strategies.map(({ name }) => make("option", { value: name }, name.replaceAll("_", "-"))),
    );
    strategySelect.value = default_strategy;
    const explain = () =>
      say(
        find("#strategy-hint", HTMLElement),
        strategies.find(({ name }) => name === strategySelect.value)?.summary ?? "",
      );
    strategySelect.addEventListener("change", explain);
    explain();
    document.body.dataset.state = "ready";
  }

  /** @param {{folder: string, photos: Photo[]}} found */
  take({ folder: name, photos }) {
    this.#photos = photos.filter((photo) => isPicture(photo.name, this.#suffixes));
    const others = photos.length - this.#photos.length;
    const mebibytes = this.#photos.reduce((sum, { file }) => sum + file.size, 0) / 2 ** 20;
    const size = mebibytes < 10 ? mebibytes.toFixed(1) : Math.round(mebibytes).toLocaleString("en");
    const left = others ? `, ${count(others, "other file")} left out` : "";
    say(find("#photos-count", HTMLElement), `${count(this.#photos.length, "picture")}, ${size} MiB${left}.`);
    drop.dataset.filled = String(this.#photos.length > 0);
    mark("photos", this.#photos.length ? "" : "There is no picture in it.");
    if (name && !nameInput.value) {
      nameInput.value = name;
    }
  }

  async submit() {
    const fields = { ...textsOf(form), photos: this.#photos.length };
    const problems = problemsOf(fields);
    for (const name of FIELDS) {
      mark(name, problems[name] ?? "");
    }
    const first = FIELDS.find((name) => problems[name]);
    if (first) {
      find(first === "photos" ? "#folder" : `#${first}`, HTMLElement).focus();
      return;
    }
    const project = idOf(fields.name);
    trouble.hidden = true;
    try {
      if (this.#madeProject !== project) {
        await this.#makeProject(project, fields);
      }
      await this.#makeCampaign(project, fields);
    } catch (error) {
      this.#complain(error);
      return;
    }
    form.hidden = true;
    this.#upload = new Upload(project, this.#photos, showStanding);
    await this.goOn();
  }

  /**
   * @param {string} project
   * @param {{name: string, classes: string}} fields
   */
  async #makeProject(project, { name, classes }) {
    await fetchJson("POST", `/api/projects/${project}/lead/project`, {
      name: name.trim(),
      classes: classesOf(classes),
      request_id: this.#projectRequest,
    });
    this.#madeProject = project;
  }

  /**
   * @param {string} project
   * @param {{budget: string, strategy: string, seed: string}} fields
   */
  async #makeCampaign(project, { budget, strategy, seed }) {
    const wish = {
      id: CAMPAIGN,
      budget: budget.trim(),
      strategy,
      seed: Number(seed),
      request_id: this.#campaignRequest,
    };
    await fetchJson("POST", `/api/projects/${project}/lead/campaigns`, wish);
  }

  /** Sends the photographs that are still to be sent. */
  async goOn() {
    const upload = this.#upload;
    if (!upload) {
      return;
    }
    find("#progress", HTMLElement).hidden = false;
    retry.hidden = true;
    trouble.hidden = true;
    showStanding(upload.standing);
    find("#progress-name", HTMLElement).focus();
    addEventListener("beforeunload", stay);
    try {
      await upload.run();
      this.#finish(upload);
    } catch (error) {
      this.#complain(error);
      retry.hidden = false;
      retry.focus();
    }
    removeEventListener("beforeunload", stay);
  }

  /** @param {Upload} upload */
  #finish({ project, standing }) {
    find("#progress", HTMLElement).hidden = true;
    const images = testImages(Number(textsOf(form).test), standing.taken);
    const label = new URLSearchParams({ project, campaign: CAMPAIGN, kind: "full" });
    find("#to-lead", HTMLAnchorElement).href = `/lead?${new URLSearchParams({ project, campaign: CAMPAIGN })}`;
    find("#to-label", HTMLAnchorElement).href = `/label?${label}`;
    const first = images ? ` Label ${count(images, "test image")} first, so that networks can be measured.` : "";
    say(
      find("#done-words", HTMLElement),
      `${count(standing.taken, "photograph")} are in.${first}`.replace("1 photograph are", "1 photograph is"),
    );
    if (images) {
      label.set("test", "1");
      label.set("images", String(images));
      const link = make("a", { class: "button", "data-weight": "first", href: `/label?${label}` }, "Label test images");
      find("#to-label", HTMLAnchorElement).removeAttribute("data-weight");
      find("#to-label", HTMLAnchorElement).before(link);
    }
    find("#done", HTMLElement).hidden = false;
    find("#done-name", HTMLElement).focus();
    document.body.dataset.state = "done";
  }

  /** @param {unknown} error */
  #complain(error) {
    trouble.hidden = false;
    say(trouble, inWords(error));
    trouble.scrollIntoView({ block: "nearest" });
  }
}

/** @param {BeforeUnloadEvent} event */
const stay = (event) => event.preventDefault();

/**
 * @param {FieldName} name
 * @param {string} fault
 */
function mark(name, fault) {
  const field = find(name === "photos" ? "#folder" : `#${name}`, HTMLElement);
  say(find(`#${name}-fault`, HTMLElement), fault);
  if (fault) {
    field.setAttribute("aria-invalid", "true");
  } else {
    field.removeAttribute("aria-invalid");
  }
  if (fault && name === "seed") {
    find(".new-more", HTMLDetailsElement).open = true;
  }
}

/** @param {HTMLFormElement} from */
function textsOf(from) {
  const data = new FormData(from);
  const text = (/** @type {string} */ name) => String(data.get(name) ?? "");
  return {
    name: text("name"),
    classes: text("classes"),
    budget: text("budget"),
    test: text("test"),
    seed: text("seed"),
    strategy: text("strategy"),
  };
}

/** @param {Standing} standing */
function showStanding({ done, of, taken, refused }) {
  find("#bar", HTMLProgressElement).value = of ? done / of : 1;
  const bad = refused.length ? `, ${count(refused.length, "file")} refused` : "";
  say(
    find("#progress-words", HTMLElement),
    `${done.toLocaleString("en")} of ${count(of, "picture")}: ${taken.toLocaleString("en")} taken${bad}.`,
  );
  find("#refused", HTMLElement).hidden = !refused.length;
  const shown = refused
    .slice(0, MOST_REFUSED)
    .map(([name, why]) => make("li", {}, make("code", {}, name), make("span", { class: "quiet" }, why)));
  const more =
    refused.length > MOST_REFUSED ? [make("li", { class: "quiet" }, `and ${refused.length - MOST_REFUSED} more`)] : [];
  find("#refused-list", HTMLElement).replaceChildren(...shown, ...more);
}

const page = new NewPage();
folder.addEventListener("change", () => page.take(chosen(folder.files ?? [])));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void whileBusy(go, () => page.submit());
});
retry.addEventListener("click", () => void page.goOn());
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.dataset.over = "true";
  });
}
drop.addEventListener("dragleave", () => delete drop.dataset.over);
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  delete drop.dataset.over;
  if (event.dataTransfer) {
    void dropped(event.dataTransfer).then((found) => page.take(found));
  }
});
page.begin().catch((error) => {
  trouble.hidden = false;
  say(trouble, inWords(error));
});
