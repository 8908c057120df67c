// The page of leads: which project and campaign is shown, which section, and what is told of long work.

import { showMe } from "../page/account.js";
import { find, make, say } from "../page/dom.js";
import { inWords } from "../page/fetch_json.js";
import { recall, remember } from "../page/memory.js";
import { readProject, readProjects } from "./api.js";
import { News } from "./news.js";
import { showAudit } from "./audit.js";
import { showBatches } from "./batches.js";
import { showCampaign } from "./campaign.js";
import { showExport } from "./export.js";
import { showGallery } from "./gallery.js";
import { showNetworks } from "./networks.js";
import { showReview } from "./review.js";
import { changed, isBusy, showWork } from "./work.js";
/** @typedef {import("./wire.js").ProjectDocument} ProjectDocument */
/** @typedef {import("./wire.js").WorkAnswer} WorkAnswer */

/**
 * @typedef {{
 *   project: ProjectDocument, campaign: string, work: WorkAnswer | null, root: HTMLElement, again: () => void,
 *   tell: (text: string) => void,
 * }} Context What a section is given: `campaign` is "" where there is none; `again` draws it anew, `tell` says
 *   something to screen readers.
 * @typedef {{name: string, show: (context: Context) => Promise<Node[]>, follows: boolean}} Section `follows` says that
 *   it is drawn anew when long work has ended.
 */

/** @type {Record<string, Section>} */
const SECTIONS = {
  campaign: { name: "Campaign", show: showCampaign, follows: true },
  batches: { name: "Batches", show: showBatches, follows: false },
  review: { name: "Review", show: showReview, follows: false },
  networks: { name: "Networks", show: showNetworks, follows: true },
  gallery: { name: "Gallery", show: showGallery, follows: true },
  export: { name: "Export", show: showExport, follows: false },
  audit: { name: "Audit", show: showAudit, follows: false },
};

const REDRAW_AFTER_MS = 200;
const projectSelect = find("#project", HTMLSelectElement);
const campaignSelect = find("#campaign", HTMLSelectElement);
const trouble = find("#trouble", HTMLElement);
const section = find("#section", HTMLElement);
const view = find("#view", HTMLElement);

class LeadPage {
  /** @type {ProjectDocument | null} */
  #project = null;
  /** @type {WorkAnswer | null} */
  #work = null;
  #drawings = 0;
  /** @type {News | null} */
  #news = null;

  async begin() {
    await showMe();
    const { projects } = await readProjects();
    const wanted = new URLSearchParams(location.search).get("project") ?? recall("project");
    const chosen = projects.find(({ id }) => id === wanted) ?? projects[0];
    offer(
      projectSelect,
      projects.map(({ id, name }) => ({ value: id, text: name })),
      chosen?.id ?? "",
    );
    if (chosen) {
      await this.choose(chosen.id);
    } else {
      this.#showNothing();
    }
  }

  /** @param {string} id */
  async choose(id) {
    this.#news?.close();
    this.#work = null;
    this.#project = await readProject(id);
    remember("project", id);
    const { campaigns } = this.#project;
    const wanted = new URLSearchParams(location.search).get("campaign") ?? recall("campaign");
    const chosen = campaigns.find((each) => each === wanted) ?? campaigns[0] ?? "";
    offer(
      campaignSelect,
      campaigns.map((each) => ({ value: each, text: each })),
      chosen,
    );
    this.#showAddress();
    this.#news = new News(
      id,
      (work) => this.#hear(work),
      (reachable) => this.#reach(reachable),
    );
    await this.draw();
  }

  /** Draws the section that the address names. */
  async draw() {
    const project = this.#project;
    if (!project) {
      return;
    }
    const [name, { name: title, show }] = sectionOf(location.hash);
    const drawing = ++this.#drawings;
    for (const link of document.querySelectorAll("#sections a")) {
      const isCurrent = link.getAttribute("href") === `#${name}`;
      if (isCurrent) {
        link.setAttribute("aria-current", "page");
      } else {
        link.removeAttribute("aria-current");
      }
      if (isCurrent) {
        link.scrollIntoView({ block: "nearest", inline: "nearest" });
      }
    }
    say(find("#heading", HTMLElement), title);
    document.title = `${title} · ${project.name} · Maskloop`;
    if (section.dataset.name !== name) {
      view.replaceChildren(make("p", { class: "quiet loading" }, "Reading …"));
    }
    section.dataset.name = name;
    section.setAttribute("aria-busy", "true");
    const context = {
      project,
      campaign: campaignSelect.value,
      work: this.#work,
      root: view,
      tell,
      again: () => void this.draw(),
    };
    try {
      const shown = await show(context);
      if (drawing !== this.#drawings) {
        return;
      }
      keepFocus(() => view.replaceChildren(...shown));
      trouble.hidden = true;
      document.body.dataset.state = "ready";
    } catch (error) {
      if (drawing !== this.#drawings) {
        return;
      }
      complain(error);
    }
    section.setAttribute("aria-busy", "false");
  }

  /** @param {WorkAnswer} work */
  #hear(work) {
    const before = this.#work;
    this.#work = work;
    if (this.#project) {
      showWork(find("#work", HTMLElement), this.#project.id, work);
    }
    if (!before || !this.#project) {
      return;
    }
    const [name, { follows }] = sectionOf(location.hash);
    if (name === "networks" ? changed(before, work) : follows && isBusy(before) && !isBusy(work)) {
      void this.draw();
    }
  }

  /** @param {boolean} reachable */
  #reach(reachable) {
    document.body.dataset.connection = reachable ? "on" : "off";
  }

  #showAddress() {
    const query = new URLSearchParams({ project: projectSelect.value });
    if (campaignSelect.value) {
      query.set("campaign", campaignSelect.value);
    }
    history.replaceState(null, "", `?${query}${location.hash}`);
    find("#to-label", HTMLAnchorElement).href = `/?${query}`;
  }

  chooseCampaign() {
    remember("campaign", campaignSelect.value);
    this.#showAddress();
    void this.draw();
  }

  #showNothing() {
    section.setAttribute("aria-busy", "false");
    document.body.dataset.state = "empty";
    const link = make(
      "a",
      { class: "button", href: "/new", "data-weight": "first" },
      "Make one from a folder of photos",
    );
    view.replaceChildren(make("div", { class: "empty" }, make("p", {}, "This server has no project yet."), link));
  }
}

/**
 * @param {string} hash
 * @returns {[string, Section]}
 */
function sectionOf(hash) {
  const name = hash.slice(1);
  const found = SECTIONS[name];
  return found ? [name, found] : ["campaign", /** @type {Section} */ (SECTIONS.campaign)];
}

/**
 * @param {HTMLSelectElement} select
 * @param {{value: string, text: string}[]} choices
 * @param {string} chosen
 */
function offer(select, choices, chosen) {
  select.replaceChildren(...choices.map(({ value, text }) => make("option", { value }, text)));
  select.value = chosen;
  select.disabled = choices.length < 2;
}

/** @param {unknown} error */
function complain(error) {
  trouble.hidden = false;
  say(trouble, inWords(error));
  document.body.dataset.state = "error";
  section.setAttribute("aria-busy", "false");
}

/** @param {string} text */
function tell(text) {
  say(find("#live", HTMLElement), text);
}

/**
 * What was focused is focused again where a drawing has it too, by its id.
 *
 * @param {() => void} draw
 */
function keepFocus(draw) {
  const id = document.activeElement?.id;
  draw();
  if (id && document.activeElement?.id !== id) {
    document.getElementById(id)?.focus({ preventScroll: true });
  }
}

const page = new LeadPage();
projectSelect.addEventListener("change", () => void page.choose(projectSelect.value).catch(complain));
campaignSelect.addEventListener("change", () => page.chooseCampaign());
find("#choice", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", () => {
  void page.draw();
  find("#heading", HTMLElement).focus({ preventScroll: true });
});
page.begin().catch(complain);

let width = innerWidth;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let turning;
addEventListener("resize", () => {
  clearTimeout(turning);
  turning = setTimeout(() => {
    if (innerWidth !== width) {
      width = innerWidth;
      void page.draw(); // charts keep the size of their words
    }
  }, REDRAW_AFTER_MS);
});
