// Building SVG, and what every figure of the lead's page has: a title and a description for those who do not see it.

const SPACE = "http://www.w3.org/2000/svg";
let figures = 0;

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 * @returns {SVGElement}
 */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/**
 * A figure that says what it shows.
 *
 * @param {{title: string, description: string, width: number, height: number, class: string}} facts
 * @param {...SVGElement} children
 * @returns {SVGElement}
 */
export function figure({ title, description, width, height, class: name }, ...children) {
  const id = `figure-${++figures}`;
  return draw(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, class: name, role: "img", "aria-labelledby": `${id}-title ${id}-words` },
    draw("title", { id: `${id}-title` }, title),
    draw("desc", { id: `${id}-words` }, description),
    ...children,
  );
}
