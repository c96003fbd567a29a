// Comfort only: every page works without this file, and the server decides everything.
"use strict";

// --- double click: the second submission of one form is dropped (and allowed again after Back)
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => delete form.dataset.sent);
}

// --- a birth date typed on a phone's number keys, or filled in by the browser, reads as the hint says
for (const field of document.querySelectorAll("input[data-date]")) {
  field.addEventListener("change", () => {
    const [, year, month, day] = field.value.trim().match(/^(\d{4})-(\d{2})-(\d{2})$/) ?? [];
    const typed = year ? day + month + year : field.value.replace(/[\s./-]/g, "");
    if (/^\d{8}$/.test(typed)) field.value = typed.replace(/(..)(..)(....)/, "$1/$2/$3");
  });
}

// --- waiting for a mail: the page asks whether the link has been opened, while somebody looks at it
for (const status of document.querySelectorAll("[data-waiting]")) {
  const EVERY = 5000;
  const PATIENCE = 5; // failures in a row before the page says that it gave up
  let failures = 0;

  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(status.dataset.waiting, { headers: { accept: "application/json" }, cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      failures = 0;
      if ((await answer.json()).waiting) return;
      stop();
      status.textContent = status.dataset.over;
      location.assign(status.dataset.next);
    } catch {
      failures += 1;
      if (failures < PATIENCE) return;
      stop();
      status.textContent = status.dataset.unknown;
    }
  };
  const timer = setInterval(look, EVERY);
  const stop = () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
  };

  status.hidden = false;
  document.addEventListener("visibilitychange", look);
}

// --- « Afficher le mot de passe »
for (const holder of document.querySelectorAll("[data-reveal-passwords]")) {
  const box = holder.querySelector("input");
  const fields = [...box.form.querySelectorAll('input[type="password"]')];
  const show = (visible) => fields.forEach((field) => { field.type = visible ? "text" : "password"; });
  holder.hidden = false;
  box.checked = false;
  box.addEventListener("change", () => show(box.checked));
  // Password managers save what is submitted as a password only.
  box.form.addEventListener("submit", () => show(false));
}

// --- password rules ticked while typing; an id missing here (history, black list) is judged by the server alone
const count = (text, pattern) => (text.match(pattern) ?? []).length;
const atLeast = (pattern) => (password, account, [wanted = 1]) => count(password, pattern) >= wanted;
const differs = (password, account) => password.toLowerCase() !== account.toLowerCase();
const beforeAt = (account) => (account.indexOf("@") > 2 ? account.split("@")[0] : account);
const has = (symbols) => (char) => symbols.includes(char);
const wholly = (expression) => new RegExp(`^(?:${expression})$`, "u");

// Counted as Keycloak does: UTF-16 units for lengths.
const RULES = {
  length: (password, account, [wanted = 8]) => password.length >= wanted,
  maxLength: (password, account, [limit = 64]) => password.length <= limit,
  between: (password, account, [least, most]) => password.length >= least && password.length <= most,
  letters: atLeast(/\p{L}/gu),
  digits: atLeast(/\p{Nd}/gu),
  upperCase: atLeast(/\p{Lu}/gu),
  lowerCase: atLeast(/\p{Ll}/gu),
  specialChars: atLeast(/[^\p{L}\p{Nd}]/gu),
  specialAmong: (password, account, [wanted, symbols]) => [...password].filter(has(symbols)).length >= wanted,
  forbidden: (password, account, [symbols]) => ![...password].some(has(symbols)),
  noSpace: (password) => !/[\s\p{Z}]/u.test(password),
  pattern: (password, account, [expression]) => wholly(expression).test(password),
  notUsername: differs,
  notEmail: differs,
  notContainsUsername: (password, account) => !password.toLowerCase().includes(beforeAt(account.toLowerCase())),
};

// A university's expression may be one that only Java understands: the server alone judges it then.
function isOurs({ dataset }) {
  try {
    if (dataset.rule === "pattern") wholly(JSON.parse(dataset.parameters)[0]);
  } catch {
    return false;
  }
  return dataset.rule in RULES;
}

for (const box of document.querySelectorAll("[data-rules-for]")) {
  const field = document.getElementById(box.dataset.rulesFor);
  const status = document.querySelector("[data-rules-status]");
  const rules = [...box.querySelectorAll("[data-rule]")].filter(isOurs);
  let announce;

  const judge = () => {
    let met = 0;
    for (const item of rules) {
      const holds = field.value !== "" &&
        RULES[item.dataset.rule](field.value, box.dataset.account, JSON.parse(item.dataset.parameters));
      item.dataset.state = holds ? "met" : "open";
      met += holds ? 1 : 0;
    }
    clearTimeout(announce);
    if (field.value === "") return;
    // After a pause: a screen reader must not speak over every key.
    announce = setTimeout(() => {
      status.textContent = box.dataset.status.replace("{met}", met).replace("{total}", rules.length);
    }, 800);
  };

  field.addEventListener("input", judge);
  judge();
}

// --- letters that can be written in two ways (é) may be missing, or come out otherwise, on another keyboard
for (const hint of document.querySelectorAll("[data-accents-in]")) {
  const field = document.getElementById(hint.dataset.accentsIn);
  field.addEventListener("input", () => {
    const text = field.value.normalize("NFC") === field.value.normalize("NFD") ? "" : hint.dataset.text;
    if (hint.textContent !== text) hint.textContent = text; // said once, not at every key
  });
}
