// Buttons that something is under way for: they do nothing meanwhile, and keep the focus, which a disabled one loses.

/**
 * Does something when a button is pressed, once at a time.
 *
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} press
 */
export function onPress(button, press) {
  button.addEventListener("click", () => void whileBusy(button, press));
}

/**
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} work
 */
export async function whileBusy(button, work) {
  if (isOff(button)) {
    return;
  }
  setOff(button, true);
  try {
    await work();
  } finally {
    setOff(button, false);
  }
}

/** @param {HTMLButtonElement} button */
const isOff = (button) => button.getAttribute("aria-disabled") === "true";

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} off
 */
export function setOff(button, off) {
  if (off) {
    button.setAttribute("aria-disabled", "true");
  } else {
    button.removeAttribute("aria-disabled");
  }
}
