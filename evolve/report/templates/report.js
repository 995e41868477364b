"use strict";
(() => {
// Tables sort by a click on a heading; the elites can be filtered.
for (const table of document.querySelectorAll("table[data-sort]")) {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sortBy(table, body, heading, column));
  });
}

function sortBy(table, body, heading, column) {
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = (row) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
  };
  const missing = (value) => value === "–";
  const order = (a, b) => {
    const [x, y] = [key(a), key(b)];
    if (missing(x) || missing(y)) return Number(missing(x)) - Number(missing(y));
    const both = typeof x === "number" && typeof y === "number";
    const found = both ? x - y : String(x).localeCompare(String(y));
    return down ? -found : found;
  };
  body.append(...[...body.rows].sort(order));
}

// A long formula is cut after three lines; a click shows all of it.
for (const cell of document.querySelectorAll("td.formula")) {
  cell.addEventListener("click", () => {
    if (!getSelection().toString()) cell.classList.toggle("open");
  });
}

const form = document.getElementById("filter");
if (form) {
  const rows = [...document.getElementById("elites-table").tBodies[0].rows];
  const told = document.getElementById("shown");
  const apply = () => {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const most = form.elements.most.value === "" ? Infinity : Number(form.elements.most.value);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = Number(row.cells[1].dataset.value) <= most && words.every((w) => text.includes(w));
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    told.textContent = `${shown} of ${rows.length} laws`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
}

const boxData = document.getElementById("box-data");
if (boxData) {
  const data = JSON.parse(boxData.textContent);
  forecastBox(document.getElementById("box"), data.sliders, pageForecaster(data));
}
})();
