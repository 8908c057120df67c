// The review's section: labels that a network disputes, each to be opened and corrected, and how far people agree.

import { make } from "../page/dom.js";
import { readReview } from "./api.js";
import { legend } from "./legend.js";
import { boxOf, picture, regionAround } from "./picture.js";
import { table } from "./table.js";
import { count, share } from "./words.js";
/** @typedef {import("./lead.js").Context} Context */
/** @typedef {import("./wire.js").ReviewAnswer} ReviewAnswer */
/** @typedef {import("./wire.js").DisputeDocument} DisputeDocument */
/** @typedef {import("./wire.js").AgreementDocument} AgreementDocument */
/** @typedef {import("./picture.js").Outlined} Outlined */

const SHAPE = { aspect: 4 / 3, room: 0.5, least: 96 };

/**
 * @param {Context} context
 * @returns {Promise<Node[]>}
 */
export async function showReview({ project, campaign }) {
  const answer = await readReview(project.id);
  const names = new Map(project.categories.map(({ id, name }) => [id, name]));
  const cards = answer.disputes.map((dispute) => card(project.id, campaign, dispute, names));
  const shown = make("ul", { class: "cards" }, ...cards);
  return [
    make(
      "section",
      { "aria-labelledby": "disputes-name", class: "part" },
      make(
        "div",
        { class: "part-head" },
        make("h2", { id: "disputes-name" }, "Labels that a network disputes"),
        cards.length ? legend("a person drew") : "",
      ),
      make("p", { class: "quiet" }, words(answer)),
      shown,
    ),
    make(
      "section",
      { class: "card", "aria-labelledby": "agreement-name" },
      make(
        "div",
        { class: "part-head" },
        make("h2", { id: "agreement-name" }, "Agreement between people"),
        answer.sample.length ? secondOpinions(project.id, campaign, answer.sample) : "",
      ),
      ...agreement(answer.agreement),
    ),
  ];
}

/** @param {ReviewAnswer} answer */
function words({ disputes, found, labels, predicted, uncalibrated }) {
  if (!labels) {
    return "There are no full labels yet.";
  }
  const all = count(labels, "full label");
  const looked = `Of ${all}, networks that did not learn from them have predicted IoUs for ${predicted}.`;
  const raw = uncalibrated ? ` For ${uncalibrated} more there was no fitted head, and nothing can be said.` : "";
  if (!predicted) {
    return `No network has looked at these images before they were labeled with a fitted head.${raw}`;
  }
  if (!found) {
    return `${looked} None is disputed.${raw}`;
  }
  const most = disputes.length < found ? ` The largest ${disputes.length} of ${found} disputes are shown.` : "";
  return `${looked} Largest disagreement first, of trusted heads before others.${most}${raw}`;
}

/**
 * @param {string} project
 * @param {string} campaign
 * @param {DisputeDocument} dispute
 * @param {Map<number, string>} names
 */
function card(project, campaign, dispute, names) {
  /** @type {Outlined[]} */
  const outlined = [{ mask: dispute.predicted, role: "network", hue: 0 }];
  if (dispute.drawn) {
    outlined.unshift({ mask: dispute.drawn, role: "person", hue: 0 });
  }
  const region = regionAround(
    outlined.map(({ mask }) => boxOf(mask)),
    dispute.image,
    SHAPE,
  );
  const said = sentence(dispute, names);
  const title = `${dispute.image.name}: ${said}`;
  const query = new URLSearchParams({ project, campaign, kind: "full", image: dispute.image.id });
  const open = make("a", { class: "button", href: `/label?${query}` }, "Open to correct");
  open.setAttribute("aria-label", `Open ${dispute.image.name} to correct it`);
  return make(
    "li",
    { class: "picture-card" },
    picture(project, dispute.image, region, outlined, { title, description: said }),
    make(
      "div",
      { class: "picture-words" },
      make("p", { class: "says" }, said),
      make("p", { class: "quiet file-name", title: dispute.image.name }, dispute.image.name),
      make(
        "p",
        { class: "quiet" },
        dispute.annotator === "import" ? "came with the image" : `by ${dispute.annotator}`,
        dispute.head_trusted ? "" : make("span", { class: "chip", "data-tone": "warn" }, "head not trusted"),
      ),
      open,
    ),
  );
}

/**
 * @param {DisputeDocument} dispute
 * @param {Map<number, string>} names
 */
function sentence({ why, category, drawn_as, predicted_iou, iou }, names) {
  const name = names.get(category) ?? `category ${category}`;
  if (why === "not_drawn") {
    return `${name}: nobody drew it, and the network is sure of it (predicted IoU ${share(predicted_iou, 2)}).`;
  }
  if (why === "other_category") {
    const other = names.get(drawn_as) ?? `category ${drawn_as}`;
    return `${name} to the network (predicted IoU ${share(predicted_iou, 2)}), drawn as ${other}.`;
  }
  return `${name}: IoU ${share(iou, 2)} with the prediction, where ${share(predicted_iou, 2)} was expected.`;
}

/**
 * The way to a sample of images that somebody else labels once more, without seeing what is on record.
 *
 * @param {string} project
 * @param {string} campaign
 * @param {string[]} images
 */
function secondOpinions(project, campaign, images) {
  const query = new URLSearchParams({ project, campaign, kind: "full", blind: "1" });
  for (const image of images) {
    query.append("image", image);
  }
  const title = `Label ${count(images.length, "image")} again, unseen`;
  return make("a", { class: "button", href: `/label?${query}` }, title);
}

/** @param {AgreementDocument[]} pairs */
function agreement(pairs) {
  if (!pairs.length) {
    return [
      make(
        "p",
        { class: "quiet" },
        "No image was labeled by two people, so nobody can say how far they agree. " +
          "Have somebody else label a few again, unseen; theirs are then the labels on record.",
      ),
    ];
  }
  const columns = [
    { name: "Who" },
    { name: "Images", number: true },
    { name: "Objects of both", number: true },
    { name: "Mean IoU", number: true },
    { name: "Only the first drew", number: true },
    { name: "Only the second drew", number: true },
  ];
  const rows = pairs.map((each) => [
    `${each.first} and ${each.second}`,
    String(each.images),
    String(each.matched),
    share(each.mean_iou),
    String(each.only_first),
    String(each.only_second),
  ]);
  const note =
    "A correction begins with the label that it corrects: what the second person left alone agrees altogether. " +
    "A label given unseen does not.";
  return [
    table("Agreement by pairs of people", columns, rows, { captionHidden: true }),
    make("p", { class: "quiet" }, note),
  ];
}
