// Who has signed in, in the bar of a page: their name, the way out, and links that their token is for.

import { me, signOut } from "./api.js";
import { find, say } from "./dom.js";

/** @typedef {import("./api.js").MeDocument} MeDocument */

/**
 * @param {MeDocument} who
 */
export function showAccount(who) {
  const account = find("#account", HTMLElement);
  account.hidden = !(who.has_own_token && who.signed_in);
  say(find("#account-name", HTMLElement), who.annotator);
  const allowed = { lead: who.may_lead, create: who.may_create };
  for (const [need, is] of Object.entries(allowed)) {
    for (const link of document.querySelectorAll(`[data-needs="${need}"]`)) {
      if (link instanceof HTMLElement) {
        link.hidden = !is;
      }
    }
  }
}

/**
 * Show who has signed in; who has not, or any more, is led to the first page.
 */
export async function showMe() {
  const who = await me();
  if (who.needs_token && !who.signed_in) {
    location.assign("/");
  }
  showAccount(who);
}

async function leave() {
  await signOut();
  location.assign("/");
}

find('[data-action="sign-out"]', HTMLButtonElement).addEventListener("click", () => void leave());
