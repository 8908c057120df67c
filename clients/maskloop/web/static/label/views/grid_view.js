// Many images at once, by groups, to say of each whether it holds anything.

import { lastLevel } from "../../core/viewport.js";
import { tileUrl } from "../../page/api.js";
import { find, icon, make, say } from "../../page/dom.js";
import { groupsOf } from "../grid.js";
import { hueOf } from "../stage/colours.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../state.js").PageState} PageState */
/** @typedef {import("../state.js").PickDocument} PickDocument */

/** @param {App} app */
export function showGrid(app) {
  const { store } = app.bench;
  const place = find("#grid", HTMLElement);
  /** @type {Map<string, HTMLButtonElement>} by image. */
  let cards = new Map();

  for (const sign of ["click", "focusin"]) {
    place.addEventListener(sign, ({ target }) => {
      const card = target instanceof Element ? target.closest("[data-image]") : null;
      const { grid } = store.state;
      if (card instanceof HTMLElement && grid && grid.present.focus !== card.dataset.image) {
        store.dispatch({ type: "grid-look", grid: { ...grid.present, focus: card.dataset.image ?? "" } });
      }
    });
  }
  store.subscribe((state, before) => {
    place.hidden = !state.grid;
    find("#zoom", HTMLElement).hidden = Boolean(state.grid);
    if (!state.grid) {
      cards = new Map();
      return;
    }
    if (state.todo !== before.todo || !cards.size) {
      cards = layOut(place, state);
    }
    for (const [image, card] of cards) {
      fill(card, state, image);
    }
    if (state.grid.present.focus !== before.grid?.present.focus) {
      const card = cards.get(state.grid.present.focus);
      card?.scrollIntoView({ block: "nearest" });
      if (card && before.grid) {
        followFocus(card, place);
      }
    }
  });
}

/**
 * Screen readers follow the image that is asked about, unless people are elsewhere: in a dialog, or on a button.
 *
 * @param {HTMLElement} card
 * @param {HTMLElement} place of all cards.
 */
export function followFocus(card, place) {
  const { activeElement, body } = document;
  if (!activeElement || activeElement === body || place.contains(activeElement)) {
    card.focus({ preventScroll: true });
  }
}

/**
 * @param {HTMLElement} place
 * @param {PageState} state
 * @returns {Map<string, HTMLButtonElement>}
 */
function layOut(place, state) {
  /** @type {Map<string, HTMLButtonElement>} */
  const cards = new Map();
  const groups = groupsOf(state.todo).map(({ title, picks }) => {
    const list = make("ul");
    for (const pick of picks) {
      const card = makeCard(state.project?.id ?? "", pick);
      cards.set(pick.image.id, card);
      list.append(make("li", {}, card));
    }
    const heading = make(
      "h2",
      {},
      title || "Does it hold any of the classes?",
      make("span", { class: "chip number" }, String(picks.length)),
    );
    return make("section", { class: "grid-group" }, heading, list);
  });
  place.replaceChildren(...groups);
  return cards;
}

/**
 * @param {string} project
 * @param {PickDocument} pick
 */
function makeCard(project, { image, reason }) {
  const { id, name, width, height } = image;
  const picture = make("img", {
    src: tileUrl(project, id, lastLevel(width, height), 0, 0),
    alt: name,
    loading: "lazy",
    decoding: "async",
  });
  return make(
    "button",
    { type: "button", class: "grid-card", "data-image": id, title: reason },
    picture,
    make("span", { class: "answer" }),
  );
}

/**
 * @param {HTMLButtonElement} card
 * @param {PageState} state
 * @param {string} image
 */
function fill(card, { grid, project }, image) {
  const given = grid?.present.answers[image];
  card.setAttribute("aria-current", String(grid?.present.focus === image));
  if (card.dataset.answer === String(given)) {
    return;
  }
  card.dataset.answer = String(given);
  const place = find(".answer", HTMLElement, card);
  if (given === undefined) {
    place.replaceChildren(make("span", { class: "quiet" }, "Y or N?"));
  } else if (given === 0) {
    place.replaceChildren(icon("close"), make("span", {}, "Nothing"));
  } else {
    const categories = project?.categories ?? [];
    const name = categories.find(({ id }) => id === given)?.name ?? "";
    place.replaceChildren(
      make("span", { class: "swatch", "data-hue": hueOf(categories, given) }),
      make("span", {}, name),
    );
  }
}

/** @param {App} app */
export function showImageName(app) {
  const place = find("#image-name", HTMLElement);
  const zoom = find("#zoom-value", HTMLElement);
  app.bench.store.subscribe(({ sheet }) =>
    say(place, sheet ? `${sheet.image.name}  ${sheet.image.width} × ${sheet.image.height}` : ""),
  );
  app.bench.stage.watch(({ scale }) =>
    say(zoom, scale < 0.1 ? `${(100 * scale).toFixed(1)}%` : `${Math.round(100 * scale)}%`),
  );
}
