// A part of a photograph with outlines on it, as SVG over the page's own tiles: as sharp as is needed, and no more.

import { outline } from "../core/mask.js";
import { decodeRle } from "../core/rle.js";
import { projectPath } from "./api.js";
import { draw, figure } from "./svg.js";
/** @typedef {import("./wire.js").ImageFacts} ImageFacts */
/** @typedef {import("./wire.js").MaskDocument} MaskDocument */
/** @typedef {{x: number, y: number, width: number, height: number}} Region In pixels of the image */
/** @typedef {{mask: MaskDocument, role: "person" | "network", hue: number}} Outlined */

const TILE = 512;

/**
 * The smallest region of a shape that holds boxes with some room around them, inside the image.
 *
 * @param {readonly Region[]} boxes one or more
 * @param {{width: number, height: number}} image
 * @param {{aspect: number, room: number, least: number}} wish width over height; the room as a share of the boxes'
 *   size; the least width in pixels
 * @returns {Region}
 */
export function regionAround(boxes, image, { aspect, room, least }) {
  const left = Math.min(...boxes.map(({ x }) => x));
  const top = Math.min(...boxes.map(({ y }) => y));
  const right = Math.max(...boxes.map(({ x, width }) => x + width));
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
  const wanted = Math.max((right - left) * (1 + 2 * room), (bottom - top) * (1 + 2 * room) * aspect, least);
  const shaped = Math.min(wanted, image.width, image.height * aspect);
  const width = Math.min(image.width, Math.max(shaped, right - left));
  const height = Math.min(image.height, Math.max(shaped / aspect, bottom - top));
  return {
    x: within((left + right - width) / 2, image.width - width),
    y: within((top + bottom - height) / 2, image.height - height),
    width,
    height,
  };
}

/**
 * @param {number} value
 * @param {number} most
 */
const within = (value, most) => Math.max(0, Math.min(value, most));

/**
 * The tiles of a region at the coarsest level that still gives `wanted` pixels across it.
 *
 * @param {Region} region
 * @param {{width: number, height: number}} image
 * @param {number} wanted pixels of the screen across the region
 * @returns {{level: number, x: number, y: number, left: number, top: number, width: number, height: number}[]}
 */
export function tilesOf(region, image, wanted) {
  const last = Math.max(0, Math.ceil(Math.log2(Math.max(image.width, image.height) / TILE)));
  const level = Math.min(last, Math.max(0, Math.floor(Math.log2(region.width / wanted))));
  const side = TILE * 2 ** level;
  const tiles = [];
  for (let y = Math.floor(region.y / side); y * side < region.y + region.height; y++) {
    for (let x = Math.floor(region.x / side); x * side < region.x + region.width; x++) {
      const [left, top] = [x * side, y * side];
      const width = Math.min(side, image.width - left);
      const height = Math.min(side, image.height - top);
      if (width > 0 && height > 0) {
        tiles.push({ level, x, y, left, top, width, height });
      }
    }
  }
  return tiles;
}

/**
 * @param {string} project
 * @param {ImageFacts} image
 * @param {Region} region
 * @param {readonly Outlined[]} outlined
 * @param {{title: string, description: string}} words
 * @returns {SVGElement}
 */
export function picture(project, image, region, outlined, { title, description }) {
  const tiles = tilesOf(region, image, 360 * Math.min(2, devicePixelRatio || 1));
  const path = `${projectPath(project)}/images/${encodeURIComponent(image.id)}/tiles`;
  const photo = tiles.map(({ level, x, y, left, top, width, height }) =>
    draw("image", { href: `${path}/${level}/${x}/${y}`, x: left, y: top, width, height, preserveAspectRatio: "none" }),
  );
  const lines = outlined.flatMap(({ mask, role, hue }) => {
    const d = pathOf(mask);
    return [draw("path", { d, class: "halo" }), draw("path", { d, class: `outline ${role}`, "data-hue": hue })];
  });
  const svg = figure(
    { title, description, width: region.width, height: region.height, class: "picture" },
    ...photo,
    ...lines,
  );
  svg.setAttribute("viewBox", `${region.x} ${region.y} ${region.width} ${region.height}`);
  return svg;
}

/** @param {MaskDocument} mask */
function pathOf(mask) {
  return outline(decodeRle(mask))
    .map((ring) => `M${ring.map(([x, y]) => `${x} ${y}`).join("L")}Z`)
    .join("");
}

/**
 * The box of a mask, without its pixels being kept.
 *
 * @param {MaskDocument} mask
 * @returns {Region}
 */
export function boxOf(mask) {
  const { x, y, width, height } = decodeRle(mask);
  return { x, y, width, height };
}
