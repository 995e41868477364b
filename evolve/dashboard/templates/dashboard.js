"use strict";
(() => {
// Parts of the page are asked for again while a run goes on, and drawn where they differ.
const EVERY_MS = 2000;

async function draw(part) {
  try {
    const answer = await fetch(part.dataset.part);
    const text = await answer.text();
    if (!answer.ok) throw new Error(answer.status);
    part.classList.remove("stale");
    if (part.drawn === text) return false;
    part.drawn = text;
    const page = new DOMParser().parseFromString(text, "text/html");
    part.replaceChildren(...page.body.childNodes);
    links(part);
    return true;
  } catch {
    part.classList.add("stale");
    return false;
  }
}

function links(part) {
  const run = document.getElementById("box")?.dataset.run;
  for (const link of part.querySelectorAll("a[data-entry]")) {
    if (run) link.href = `${run}/entries/${link.dataset.entry}`;
  }
}

const runs = document.getElementById("runs");
const progress = document.getElementById("progress");
const laws = document.getElementById("laws");
const box = document.getElementById("box");
let version = progress?.firstElementChild?.dataset.version;

async function drawLaws() {
  const form = document.getElementById("filter");
  const kept = form && { text: form.elements.text.value, most: form.elements.most.value };
  if (await draw(laws)) {
    const fresh = document.getElementById("filter");
    if (fresh && kept) Object.assign(fresh.elements.text, { value: kept.text }) && (fresh.elements.most.value = kept.most);
    makeTables(laws);
  }
}

async function again() {
  if (!document.hidden) {
    if (runs) await draw(runs);
    if (progress && (await draw(progress))) {
      const now = progress.firstElementChild?.dataset.version;
      if (now !== version) {
        version = now;
        await drawLaws();
        if (!box.querySelector("form")) await askBox();
      }
    }
  }
  setTimeout(again, EVERY_MS);
}

// Tables sort by a click on a heading; laws can be filtered.
function makeTables(part) {
  for (const table of part.querySelectorAll("table[data-sort]")) {
    table.querySelectorAll("thead th").forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => sortBy(table, heading, column));
    });
  }
  const form = part.querySelector("#filter");
  if (!form) return;
  const rows = [...part.querySelector("#elites-table").tBodies[0].rows];
  const apply = () => {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const most = form.elements.most.value === "" ? Infinity : Number(form.elements.most.value);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = Number(row.cells[1].dataset.value) > most || !words.every((w) => text.includes(w));
    }
    part.querySelector("#shown").textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} laws`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
}

function sortBy(table, heading, column) {
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
  const order = (a, b) => {
    const [x, y] = [key(a), key(b)];
    const found = x !== "" && y !== "" && !isNaN(x) && !isNaN(y) ? x - y : String(x).localeCompare(String(y));
    return down ? -found : found;
  };
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
}

async function askBox() {
  try {
    const sliders = await (await fetch(`${box.dataset.run}/sliders`)).json();
    if (sliders.error) {
      box.replaceChildren(Object.assign(document.createElement("p"), { className: "quiet", textContent: sliders.error }));
      return;
    }
    forecastBox(box, sliders, async (asked) => {
      const query = new URLSearchParams({ group: asked.group, along: asked.along });
      asked.x.forEach((value, j) => query.set(`x${j}`, value));
      return (await fetch(`${box.dataset.run}/forecast?${query}`)).json();
    });
  } catch {
    box.classList.add("stale");
  }
}

if (progress) links(progress);
if (laws) drawLaws();
if (box) askBox();
setTimeout(again, EVERY_MS);
})();
