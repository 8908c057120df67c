// The first page: who labels, for which project and campaign, and what kind of label.

import { showAccount } from "../page/account.js";
import * as api from "../page/api.js";
import { find, make, say } from "../page/dom.js";
import { ApiError, inWords } from "../page/fetch_json.js";
import { KINDS } from "../page/kinds.js";
import { recall, recallHere, remember, rememberHere } from "../page/memory.js";
import { labelAddress, problemsOf } from "./wish.js";

const AGAIN_AFTER_MS = 3_000;

const wishForm = find("#wish", HTMLFormElement);
const signInForm = find("#sign-in", HTMLFormElement);
const trouble = find("#trouble", HTMLElement);
const projectSelect = find("#project", HTMLSelectElement);
const campaignSelect = find("#campaign", HTMLSelectElement);
const lead = find("#lead-in", HTMLElement);
let isOwnToken = false;

/** @param {"loading" | "ready" | "empty" | "error"} state */
const become = (state) => (document.body.dataset.state = state);

/** @param {unknown} error */
function tell(error) {
  trouble.hidden = false;
  say(trouble, inWords(error));
}

/**
 * @param {string} name of a field.
 * @param {string} fault "" where nothing is wrong with it.
 */
function mark(name, fault) {
  const field = find(`#${name}`, HTMLElement);
  say(find(`#${name}-fault`, HTMLElement), fault);
  if (fault) {
    field.setAttribute("aria-invalid", "true");
  } else {
    field.removeAttribute("aria-invalid");
  }
}

/**
 * @param {HTMLSelectElement} select
 * @param {{value: string, text: string}[]} choices
 * @param {string} remembered
 */
function offer(select, choices, remembered) {
  select.replaceChildren(...choices.map(({ value, text }) => make("option", { value }, text)));
  if (choices.some(({ value }) => value === remembered)) {
    select.value = remembered;
  }
}

function offerKinds() {
  const whatever = { kind: "", name: "Whatever is next", todo: "The campaign decides" };
  const choices = [whatever, ...Object.entries(KINDS).map(([kind, words]) => ({ kind, ...words }))];
  const remembered = recall("kind");
  const items = choices.map(({ kind, name, todo }) => {
    const radio = make("input", { type: "radio", name: "kind", value: kind });
    radio.checked = kind === remembered;
    const label = make("label", {}, radio);
    label.append(make("span", { class: "name" }, name), make("span", { class: "hint" }, todo));
    return make("li", {}, label);
  });
  find("#kinds", HTMLElement).replaceChildren(...items);
  if (!new FormData(wishForm).has("kind")) {
    find('input[name="kind"]', HTMLInputElement).checked = true;
  }
}

async function offerCampaigns() {
  const chosen = projectSelect.value;
  campaignSelect.disabled = true;
  try {
    const { campaigns } = await api.readProject(chosen);
    if (projectSelect.value !== chosen) {
      return;
    } // another one was chosen meanwhile
    offer(
      campaignSelect,
      campaigns.map((id) => ({ value: id, text: id })),
      recall("campaign"),
    );
    mark("campaign", campaigns.length ? "" : "This project has no campaign yet.");
    campaignSelect.disabled = !campaigns.length;
  } catch (error) {
    mark("campaign", inWords(error));
  }
}

/** @param {api.MeDocument} who */
async function offerWish({ annotator, has_own_token: isOwn }) {
  const { projects } = await api.listProjects();
  const nameInput = find("#annotator", HTMLInputElement);
  nameInput.value = isOwn ? annotator : recallHere("annotator") || annotator || recall("annotator");
  nameInput.readOnly = isOwn;
  find("#annotator-hint", HTMLElement).hidden = !isOwn;
  find("#images", HTMLInputElement).value = recall("images") || "10";
  offer(
    projectSelect,
    projects.map(({ id, name }) => ({ value: id, text: name || id })),
    recall("project"),
  );
  offerKinds();
  wishForm.hidden = false;
  if (!projects.length) {
    mark("project", "There is no project yet.");
    become("empty");
    return;
  }
  await offerCampaigns();
  become("ready");
  if (!annotator) {
    nameInput.focus();
  }
}

/** @param {api.MeDocument} who */
function sayWho(who) {
  isOwnToken = who.has_own_token;
  showAccount(who);
  find("#token-hint", HTMLElement).hidden = !isOwnToken;
  say(find("#token-name", HTMLElement), isOwnToken ? "Your token" : "Access token");
  if (isOwnToken) {
    const todo = "Choose what you label. This browser remembers it.";
    say(lead, who.signed_in ? todo : "Sign in to see what there is to label.");
  }
}

async function begin() {
  try {
    const who = await api.me();
    sayWho(who);
    const mustSignIn = who.needs_token && !who.signed_in;
    signInForm.hidden = !mustSignIn;
    find('[data-for="server"]', HTMLElement).hidden = who.is_run || mustSignIn;
    if (mustSignIn) {
      become("ready");
    } else {
      await offerWish(who);
    }
    trouble.hidden = true;
  } catch (error) {
    tell(error);
    become("error");
    if (error instanceof ApiError && error.passing) {
      setTimeout(() => void begin(), AGAIN_AFTER_MS);
    }
  }
}

/** @param {SubmitEvent} event */
async function start(event) {
  event.preventDefault();
  const data = new FormData(wishForm);
  /** @param {string} name */
  const text = (name) => String(data.get(name) ?? "").trim();
  const wish = {
    annotator: text("annotator"),
    project: text("project"),
    campaign: text("campaign"),
    kind: text("kind"),
    images: text("images"),
  };
  const problems = problemsOf(wish);
  for (const name of /** @type {const} */ (["annotator", "project", "campaign", "images"])) {
    mark(name, problems[name] ?? "");
  }
  const first = Object.keys(problems)[0];
  if (first) {
    find(`#${first}`, HTMLElement).focus();
    return;
  }
  for (const [name, value] of Object.entries(wish)) {
    if (!(isOwnToken && name === "annotator")) {
      remember(name, value);
    }
  }
  try {
    if (!isOwnToken) {
      await api.saveMe(wish.annotator);
      rememberHere("annotator", wish.annotator);
    }
    location.assign(labelAddress(wish));
  } catch (error) {
    if (error instanceof ApiError && error.field === "annotator") {
      mark("annotator", inWords(error));
    } else {
      tell(error);
    }
  }
}

/** @param {SubmitEvent} event */
async function signIn(event) {
  event.preventDefault();
  const token = find("#token", HTMLInputElement);
  try {
    await api.signIn(token.value.trim());
    token.value = "";
    mark("token", "");
    await begin();
  } catch (error) {
    mark("token", inWords(error));
    token.focus();
  }
}

wishForm.addEventListener("submit", start);
signInForm.addEventListener("submit", signIn);
projectSelect.addEventListener("change", offerCampaigns);
void begin();
