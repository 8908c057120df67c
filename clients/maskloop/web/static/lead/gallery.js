// The gallery: what the newest measured network makes of test images, worst first.

import { make, say } from "../page/dom.js";
import { inWords } from "../page/fetch_json.js";
import { readGallery } from "./api.js";
import { onPress } from "./busy.js";
import { legend } from "./legend.js";
import { picture } from "./picture.js";
import { count, share } from "./words.js";
/** @typedef {import("./lead.js").Context} Context */
/** @typedef {import("./wire.js").GalleryDocument} GalleryDocument */
/** @typedef {import("./picture.js").Outlined} Outlined */

/**
 * @param {Context} context
 * @returns {Promise<Node[]>}
 */
export async function showGallery({ project, tell }) {
  const answer = await readGallery(project.id, 0);
  if (!answer.images.length) {
    return [make("div", { class: "empty" }, make("p", {}, answer.words || "There are no test images."))];
  }
  const list = make("ul", { class: "cards" }, ...answer.images.map((each) => card(project.id, each)));
  const head = make(
    "p",
    { class: "quiet" },
    `${count(answer.tested, "test image")} of network ${answer.model_version}, lowest true IoU first.`,
  );
  const shown = [make("div", { class: "part-head" }, head, legend("true outline")), list];
  if (answer.next !== null) {
    shown.push(moreButton(project.id, list, answer.next, tell));
  }
  return shown;
}

/**
 * @param {string} project
 * @param {HTMLElement} list
 * @param {number} first
 * @param {(text: string) => void} tell
 */
function moreButton(project, list, first, tell) {
  let next = first;
  const button = make("button", { type: "button", class: "button", id: "more" }, "Show more");
  const fault = make("p", { class: "fault", role: "alert" });
  onPress(button, async () => {
    try {
      const answer = await readGallery(project, next);
      list.append(...answer.images.map((each) => card(project, each)));
      tell(`${count(list.children.length, "image")} shown.`);
      if (answer.next === null) {
        button.remove();
      } else {
        next = answer.next;
      }
      say(fault, "");
    } catch (error) {
      say(fault, inWords(error));
    }
  });
  return make("div", { class: "more" }, button, fault);
}

/**
 * @param {string} project
 * @param {GalleryDocument} shown
 */
function card(project, { image, true_iou, predicted_iou, truths, proposals }) {
  /** @type {Outlined[]} */
  const outlined = [
    ...truths.map(({ mask, category }) => ({ mask, hue: category, role: /** @type {const} */ ("person") })),
    ...proposals.map(({ mask, category }) => ({ mask, hue: category, role: /** @type {const} */ ("network") })),
  ];
  const objects = `${count(truths.length, "object")}, ${count(proposals.length, "prediction")}`;
  const whole = { x: 0, y: 0, width: image.width, height: image.height };
  const ious = proposals.flatMap(({ predicted_iou: iou }) => (iou === null ? [] : [iou]));
  const description = `${objects}; true IoU ${share(true_iou, 2)}, predicted ${share(predicted_iou, 2)}`;
  return make(
    "li",
    { class: "picture-card" },
    picture(project, image, whole, outlined, { title: image.name, description }),
    make(
      "div",
      { class: "picture-words" },
      make(
        "dl",
        { class: "pair" },
        make("dt", {}, "True IoU"),
        make("dd", { class: "number" }, share(true_iou, 2)),
        make("dt", {}, "Predicted"),
        make("dd", { class: "number" }, share(predicted_iou, 2)),
      ),
      make("p", { class: "quiet" }, objects, ious.length ? ` (predicted IoU ${range(ious)})` : ""),
      make("p", { class: "quiet file-name", title: image.name }, image.name),
    ),
  );
}

/**
 * `0.06 to 0.25`, or the one value that there is.
 *
 * @param {readonly number[]} values one or more
 */
function range(values) {
  const [least, most] = [share(Math.min(...values), 2), share(Math.max(...values), 2)];
  return least === most ? least : `${least} to ${most}`;
}
