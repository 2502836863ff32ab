// Keys, unfolding, and setting mathematics. What a page does stands in its HTML:
//   data-key="n"    pressing n clicks it        data-row      j and k go from one to the next
//   data-act="raw"  what a button does          data-unfold   a button that loads and folds
//   data-search     / goes there                .tex          mathematics to be set
//   data-arrows     arrows go from row to row, too
//   data-go="id"    a click leads to that node of the tree
"use strict";

const root = document.documentElement;

// What KaTeX does not know of what models and MATH write.
const macros = { "\\mbox": "\\text{#1}", "\\cancelto": "\\cancel{#2}^{#1}" };
const array = { begin: "\\begin{array}{rcl}", end: "\\end{array}" };

function setMaths(within) {
  if (typeof katex === "undefined") return;
  for (const one of within.querySelectorAll(".tex:not(.set)")) {
    const host = document.createElement("span");
    host.className = "katex-host";
    const options = {
      displayMode: one.classList.contains("display"),
      throwOnError: true, strict: "ignore", trust: false, maxSize: 5, maxExpand: 200,
      macros: { ...macros }, // a formula may define its own, for itself alone
    };
    const tex = one.dataset.tex.replace(/\\(begin|end)\{eqnarray\*?\}/g, (_, which) => array[which]);
    try {
      katex.render(tex, host, options);
    } catch {
      continue; // no mathematics after all: the text stays
    }
    one.append(host);
    one.classList.add("set");
  }
}

const acts = {
  theme() {
    const dark = getComputedStyle(root).colorScheme === "dark"
      || (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* for this page alone */ }
  },
  help() { document.getElementById("help").showModal(); },
  raw(button) {
    const raw = root.classList.toggle("raw-text");
    button.setAttribute("aria-pressed", String(raw));
  },
};

function rows() {
  return [...document.querySelectorAll("[data-row]")].filter((one) => one.offsetParent !== null);
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const held = document.activeElement.closest("[data-row]");
  const at = all.indexOf(held);
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

// To a node of the outline, whatever it is folded into.
function go(node) {
  for (let at = node.parentElement; at; at = at.parentElement) if (at.matches("details")) at.open = true;
  document.querySelector(".node.here")?.classList.remove("here");
  node.classList.add("here");
  history.replaceState(null, "", `#${node.id}`); // the address leads there again
  const row = node.closest("[data-row]");
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "center" });
}

function typing(target) {
  return target.closest("input, select, textarea, [contenteditable]") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  if (typing(target) && (event.key === "Escape" || (event.key === "Enter" && !target.form))) return target.blur();
  if (typing(target) || document.querySelector("dialog[open]")) return;
  const by = { j: 1, k: -1 }[event.key]
    ?? (document.querySelector("[data-arrows]") && { ArrowDown: 1, ArrowUp: -1 }[event.key]);
  if (by) {
    step(by);
  } else if (event.key === "/") {
    document.querySelector("[data-search]")?.focus();
  } else if (event.key === "Enter" && target.matches("[data-row]:not(summary)")) {
    target.querySelector("a, button")?.click();
  } else {
    const key = `[data-key="${CSS.escape(event.key)}"]`;
    const keyed = document.querySelector(`main ${key}`) ?? document.querySelector(key);
    if (!keyed) return;
    if (!event.repeat) keyed.click(); // a key that is held presses once
  }
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) acts[button.dataset.act]?.(button);
  const tile = event.target.closest("[data-go]");
  if (tile) {
    event.preventDefault();
    go(document.getElementById(tile.dataset.go));
  }
});

let writing = false; // from what is written until the page behind it is shown: a doubled key writes once
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.verb !== "post") return;
  if (writing) event.preventDefault();
  writing = true;
});
window.addEventListener("pageshow", () => { writing = false; });

// What failed is said until the same is answered.
const asked = ({ verb, path }) => `${verb} ${path.split("?")[0]}`;
function said() { return document.getElementById("failed"); }

function failed({ detail: { requestConfig, xhr }, target }) {
  const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
  const why = xhr.status
    ? (answer.querySelector("main .lead") ?? answer.body).textContent.trim() || xhr.statusText
    : "the server does not answer. Start stepmint view again, or load the page anew";
  const post = requestConfig.verb === "post";
  said()?.remove();
  document.body.append(Object.assign(document.createElement("p"), {
    id: "failed", role: "alert", textContent: `${post ? "Not saved" : "Not loaded"}: ${why}`,
  }));
  said().dataset.asked = asked(requestConfig);
  if (post) writing = false;
  if (target.matches?.("[data-unfold]")) target.setAttribute("aria-expanded", "false");
}
document.addEventListener("htmx:responseError", failed);
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful && said()?.dataset.asked === asked(detail.requestConfig)) said().remove();
});

// A second press of an unfolding button folds: what was loaded goes.
document.addEventListener("htmx:beforeRequest", (event) => {
  const button = event.target;
  if (!button.matches?.("[data-unfold]")) return;
  const place = document.getElementById(button.getAttribute("aria-controls"));
  if (button.getAttribute("aria-expanded") === "true") {
    event.preventDefault();
    place.replaceChildren();
  }
  button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
});
document.addEventListener("htmx:afterSettle", (event) => setMaths(event.detail.elt));
document.addEventListener("DOMContentLoaded", () => {
  setMaths(document);
  const named = document.getElementById(location.hash.slice(1));
  if (named?.matches(".node")) go(named);
});
