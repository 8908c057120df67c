// Building and finding elements, so that views read as what they show.

/**
 * The one element that a selector names.
 *
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @param {ParentNode} root
 * @returns {T}
 * @throws {Error} there is none, or it is of another type: the template and the code disagree.
 */
export function find(selector, type, root = document) {
  const found = root.querySelector(selector);
  if (!(found instanceof type)) {
    throw new Error(`the page has no ${type.name} at ${selector}`);
  }
  return found;
}

/**
 * A new element.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | number | boolean | null>} attributes false and null leave one out, true is "".
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children);
  return element;
}

/**
 * An icon of the sprite.
 *
 * @param {string} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `/static/style/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/**
 * Change a text only where it differs: screen readers and layout are left in peace.
 *
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/**
 * @param {HTMLButtonElement} button
 * @param {{pressed?: boolean, disabled?: boolean}} state
 */
export function setButton(button, { pressed, disabled }) {
  if (pressed !== undefined) {
    button.setAttribute("aria-pressed", String(pressed));
  }
  if (disabled !== undefined && button.disabled !== disabled) {
    button.disabled = disabled;
  }
}
