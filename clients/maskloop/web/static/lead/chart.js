// Lines over time or labels, as SVG that we draw ourselves. Each line has a colour, a marker and a dash of its own, and
// its name at its end.

import { placeOf, spread } from "./scale.js";
import { draw, figure } from "./svg.js";
/** @typedef {import("./scale.js").Scale} Scale */

/**
 * @typedef {readonly [number, number]} Place x and y as values
 * @typedef {{name: string, style: number, points: readonly Place[], steps?: boolean}} Line `style` is 1 to 4; `steps`
 *   stays at a value until the next.
 * @typedef {{style: number, mean: readonly Place[], low: readonly Place[], high: readonly Place[], name: string}} Band
 *   What is expected: a mean, and what lies around it.
 * @typedef {{at: number, text: string}} Tick
 * @typedef {{
 *   title: string, description: string, xName: string, yName: string, x: {least: number, most: number, ticks: Tick[]},
 *   y: {least: number, most: number, ticks: Tick[]}, lines: Line[], band?: Band | null,
 * }} Chart
 */

const MARGIN = { left: 46, right: 88, alone: 16, top: 26, bottom: 38 };
/** `alone` is what lines without names leave on the right. */
const NAME_HEIGHT = 15;
const RADIUS = 3.5;

/**
 * @param {Chart} chart
 * @param {number} width of the drawing in CSS pixels
 * @param {number} height
 * @returns {SVGElement}
 */
export function lineChart(chart, width = 560, height = 280) {
  const right = chart.lines.some(({ name }) => name) ? MARGIN.right : MARGIN.alone;
  /** @type {Scale} */
  const x = { least: chart.x.least, most: chart.x.most, from: MARGIN.left, to: width - right };
  /** @type {Scale} */
  const y = { least: chart.y.least, most: chart.y.most, from: height - MARGIN.bottom, to: MARGIN.top };
  const shown = chart.lines.filter((line) => line.points.length);
  return figure(
    { title: chart.title, description: chart.description, width, height, class: "chart" },
    axes(chart, x, y),
    ...(chart.band ? bandOf(chart.band, x, y) : []),
    ...shown.map((line) => lineOf(line, x, y)),
    ...endNames(chart, shown, x, y),
  );
}

/**
 * @param {Chart} chart
 * @param {Scale} x
 * @param {Scale} y
 */
function axes(chart, x, y) {
  const group = draw("g", { class: "axes", "aria-hidden": "true" });
  for (const tick of chart.y.ticks) {
    const at = placeOf(y, tick.at);
    group.append(draw("line", { x1: x.from, x2: x.to, y1: at, y2: at, class: "grid" }));
    group.append(draw("text", { x: x.from - 8, y: at + 4, "text-anchor": "end" }, tick.text));
  }
  for (const tick of chart.x.ticks) {
    const at = placeOf(x, tick.at);
    group.append(draw("line", { x1: at, x2: at, y1: y.from, y2: y.from + 4, class: "tick" }));
    group.append(draw("text", { x: at, y: y.from + 18, "text-anchor": "middle" }, tick.text));
  }
  group.append(draw("line", { x1: x.from, x2: x.to, y1: y.from, y2: y.from, class: "ground-line" }));
  group.append(draw("text", { x: x.from - 38, y: y.to - 12, class: "axis-name" }, chart.yName));
  group.append(draw("text", { x: x.to, y: y.from + 34, class: "axis-name", "text-anchor": "end" }, chart.xName));
  return group;
}

/**
 * @param {readonly Place[]} points
 * @param {Scale} x
 * @param {Scale} y
 * @param {boolean} steps
 */
function pathOf(points, x, y, steps = false) {
  return points
    .map(([at, value], index) => {
      const [left, top] = [placeOf(x, at).toFixed(1), placeOf(y, value).toFixed(1)];
      if (!index) {
        return `M${left} ${top}`;
      }
      return steps ? `H${left}V${top}` : `L${left} ${top}`;
    })
    .join("");
}

/**
 * @param {Line} line
 * @param {Scale} x
 * @param {Scale} y
 */
function lineOf(line, x, y) {
  const group = draw("g", { class: `line line-${line.style}`, "aria-hidden": "true" });
  group.append(draw("path", { d: pathOf(line.points, x, y, line.steps), class: "stroke" }));
  if (!line.steps) {
    group.append(...line.points.map(([at, value]) => marker(line.style, placeOf(x, at), placeOf(y, value))));
  }
  return group;
}

/**
 * A shape of its own for each style: colours alone are not seen by everybody.
 *
 * @param {number} style
 * @param {number} x
 * @param {number} y
 */
export function marker(style, x, y) {
  const r = RADIUS;
  if (style === 2) {
    return draw("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r, class: "marker" });
  }
  if (style === 3) {
    return draw("path", { d: `M${x} ${y - r - 1}L${x + r + 1} ${y + r}H${x - r - 1}Z`, class: "marker" });
  }
  return draw("circle", { cx: x, cy: y, r, class: "marker" });
}

/**
 * @param {Band} band
 * @param {Scale} x
 * @param {Scale} y
 */
function bandOf(band, x, y) {
  const around = [...band.high, ...[...band.low].reverse()];
  return [
    draw("path", { d: `${pathOf(around, x, y)}Z`, class: `band line-${band.style}`, "aria-hidden": "true" }),
    draw("path", { d: pathOf(band.mean, x, y), class: `expected line-${band.style}`, "aria-hidden": "true" }),
  ];
}

/**
 * @param {Chart} chart
 * @param {readonly Line[]} lines
 * @param {Scale} x
 * @param {Scale} y
 */
function endNames(chart, lines, x, y) {
  /** @type {{text: string, style: number, at: number, isMeasured: boolean}[]} */
  const names = [];
  for (const line of lines) {
    const last = line.points.at(-1);
    if (last) {
      names.push({ text: line.name, style: line.style, at: placeOf(y, last[1]), isMeasured: true });
    }
  }
  const ahead = chart.band?.mean.at(-1);
  if (chart.band && ahead) {
    names.push({ text: chart.band.name, style: chart.band.style, at: placeOf(y, ahead[1]), isMeasured: false });
  }
  const places = spread(
    names.map(({ at }) => at),
    NAME_HEIGHT,
    y.to,
    y.from,
  );
  return names.map(({ text, style, isMeasured }, index) => {
    const at = places[index] ?? 0;
    const group = draw("g", { class: `end-name line-${style}`, "aria-hidden": "true" });
    if (isMeasured && text) {
      group.append(marker(style, x.to + 12, at));
    }
    group.append(draw("text", { x: x.to + 20, y: at + 4 }, text));
    return group;
  });
}
