// What lies over the stage when there is nothing to label, and the strips that say what is the matter.

import { find, icon, make, say } from "../../page/dom.js";

/** @typedef {import("../state.js").Offer} Offer */
/** @typedef {import("../state.js").PageState} PageState */
/** @typedef {import("../state.js").PageStore} PageStore */
/** @typedef {{id: string, tone: string, text: string, offers: Offer[]}} Banner */

const SAID_AFTER_MS = 100; // screen readers tell what changes while it is there, and not what comes with its place

/** @type {Readonly<Record<Offer, string>>} */
const NAMES = {
  again: "Try again",
  "next-batch": "Next batch",
  start: "Choose something else",
  "take-over": "Label here instead",
  "take-up": "Take it up again",
};

/** @param {PageStore} store */
export function showVeil(store) {
  const veil = find("#veil", HTMLElement);
  const title = find("#veil-title", HTMLElement);
  const text = find("#veil-text", HTMLElement);
  const actions = find("#veil-actions", HTMLElement);
  let shown = "";
  store.subscribe((state) => {
    const words = state.otherTab ? ELSEWHERE : state.words;
    document.body.dataset.state = state.phase;
    veil.dataset.shown = String(state.otherTab);
    if (state.phase === "ready" && !state.otherTab) {
      shown = "";
      return;
    }
    const all = JSON.stringify(words);
    if (all !== shown) {
      shown = all;
      say(title, words.title);
      say(text, words.text);
      actions.replaceChildren(...offerButtons(words.offers, true));
    }
  });
}

/** @type {import("../state.js").Words} */
const ELSEWHERE = {
  title: "You label in another tab",
  text: "Only one tab changes labels at a time. Your work there is kept.",
  offers: ["take-over"],
};

/** @param {PageStore} store */
export function showBanners(store) {
  const place = find("#banners", HTMLElement);
  const live = find("#live", HTMLElement);
  let shown = "";
  store.subscribe((state) => {
    const banners = bannersOf(state);
    const all = JSON.stringify(banners);
    if (all === shown) {
      return;
    }
    shown = all;
    place.replaceChildren(...banners.map(bannerElement));
    say(live, banners.map(({ text }) => text).join(" "));
  });
}

/**
 * @param {PageState} state
 * @returns {Banner[]}
 */
function bannersOf({ online, signedIn, durable, lease, phase, otherTab, parcels }) {
  /** @type {Banner[]} */
  const banners = [];
  if (!signedIn) {
    banners.push({
      id: "sign-in",
      tone: "warn",
      text: "You are signed out. Your work is kept here.",
      offers: ["start"],
    });
  } else if (!online) {
    banners.push({
      id: "offline",
      tone: "warn",
      text: "Not connected. Your work is kept here and sent later.",
      offers: [],
    });
  }
  if (parcels.some(({ refusal }) => refusal)) {
    banners.push({
      id: "refused",
      tone: "bad",
      text: "The server refused a label. It is kept here: see above.",
      offers: [],
    });
  }
  if (!durable) {
    banners.push({
      id: "storage",
      tone: "warn",
      text: "This browser keeps nothing. Do not close the page before all is sent.",
      offers: [],
    });
  }
  if (phase === "ready" && !otherTab && lease !== "held") {
    const text = lease === "over" ? "Your time on these images ended." : "These images could not be kept for you.";
    banners.push({ id: "lease", tone: "warn", text, offers: ["take-up", "next-batch"] });
  }
  return banners;
}

/** @param {Banner} banner */
function bannerElement({ id, tone, text, offers }) {
  const notice = make("div", { class: "notice", "data-tone": tone, "data-banner": id }, icon("warn"));
  notice.append(make("span", {}, text), ...offerButtons(offers, false));
  return notice;
}

/**
 * @param {readonly Offer[]} offers
 * @param {boolean} marksFirst
 */
function offerButtons(offers, marksFirst) {
  return offers.map((offer, index) =>
    make(
      "button",
      { type: "button", class: "button", "data-offer": offer, "data-weight": marksFirst && !index ? "first" : null },
      NAMES[offer],
    ),
  );
}

/** @param {PageStore} store */
export function showMessage(store) {
  const message = find("#message", HTMLElement);
  const words = find("#message-words", HTMLElement);
  const said = find("#said", HTMLElement);
  /** @type {ReturnType<typeof setTimeout>[]} */
  let timers = [];
  store.subscribe((state, before) => {
    if (state.message === before.message) {
      return;
    }
    timers.forEach((timer) => clearTimeout(timer));
    message.hidden = !state.message;
    say(said, ""); // so that the same words are told again
    if (state.message) {
      const { text, tone } = state.message;
      message.dataset.tone = tone;
      say(words, text);
      const readMs = 2500 + 60 * text.length;
      timers = [
        setTimeout(() => say(said, text), SAID_AFTER_MS),
        setTimeout(() => store.dispatch({ type: "set", values: { message: null } }), readMs),
      ];
    }
  });
}
