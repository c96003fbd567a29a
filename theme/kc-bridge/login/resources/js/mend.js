// Slips in Keycloak's own pages that styles cannot mend; nothing here is needed to log in.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  // A label that names no field names the one beside it: the identifier above the password, the OTP set-up.
  for (const label of document.querySelectorAll("label[for]")) {
    if (label.control) continue;
    const field = label.closest(".pf-v5-c-form__group")?.querySelector("input:not([type=hidden]), select");
    if (field) label.htmlFor = field.id;
  }
  // A title said again as the text below it.
  const said = document.querySelector("#kc-info-message > .instruction");
  if (said?.textContent.trim() === document.querySelector("h1")?.textContent.trim()) said.remove();
  // The order of the page is the order of its keys.
  for (const element of document.querySelectorAll("[tabindex]")) {
    if (element.tabIndex > 0) element.removeAttribute("tabindex");
  }
});
