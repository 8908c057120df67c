// The bar at the top: where we are, how far, how long, and whether anything waits to be sent.

import { find, say } from "../../page/dom.js";
import { KINDS } from "../../page/kinds.js";

/** @typedef {import("../state.js").PageState} PageState */
/** @typedef {import("../state.js").PageStore} PageStore */

/**
 * @param {number} seconds
 * @returns {string} as 1:05 or 1:02:05.
 */
export function clockOf(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const pad = (/** @type {number} */ each) => String(each).padStart(2, "0");
  return hours ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

/** @param {PageStore} store */
export function showBar(store) {
  const progress = find("#progress", HTMLProgressElement);
  const time = find("#time", HTMLElement);
  const post = find("#post", HTMLElement);
  const parts = {
    project: find("#where-project", HTMLElement),
    campaign: find("#where-campaign", HTMLElement),
    kind: find("#kind", HTMLElement),
    words: find("#progress-words", HTMLElement),
    seconds: find("#seconds", HTMLElement),
    charged: find("#charged", HTMLElement),
    postWords: find("#post-words", HTMLElement),
  };

  store.subscribe((state) => {
    const { project, batch, todo, total, charged, seconds, active } = state;
    say(parts.project, project ? project.name || project.id : "");
    say(parts.campaign, batch ? batch.campaign : "");
    say(parts.kind, batch ? KINDS[batch.kind].name : "");
    say(parts.words, progressWords(state));
    progress.max = Math.max(1, total);
    progress.value = total - todo.length;
    const counts = active && state.phase === "ready";
    time.dataset.active = String(counts);
    time.title = counts ? "Time on this image" : "Paused: time counts while you work";
    find("use", SVGUseElement, time).setAttribute("href", `/static/style/icons.svg#${counts ? "clock" : "pause"}`);
    say(parts.seconds, clockOf(seconds));
    say(parts.charged, charged ? `${clockOf(charged)} charged` : "");
    showPost(state, post, parts.postWords);
  });
}

/** @param {PageState} state */
function progressWords({ total, todo, batch }) {
  if (!batch || !total) {
    return "";
  }
  const done = total - todo.length;
  return batch.kind === "ood_check" ? `${done} of ${total}` : `${Math.min(total, done + 1)} of ${total}`;
}

/**
 * What is kept here until the server has it.
 *
 * @param {PageState} state
 * @param {HTMLElement} post
 * @param {HTMLElement} words
 */
function showPost({ parcels, online }, post, words) {
  const refused = parcels.filter(({ refusal }) => refusal).length;
  post.hidden = !parcels.length;
  post.dataset.tone = refused ? "bad" : online ? "accent" : "warn";
  say(words, refused ? `${refused} refused` : `${parcels.length} kept here`);
}
