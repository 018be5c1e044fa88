"use strict";
// Without this the page shows the same; with it the table can be sorted and filtered.
(() => {
  const table = document.getElementById("table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const order = new Intl.Collator(undefined, { numeric: true }).compare;
  const text = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const value = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const key = "hatci_report " + location.pathname;
  const form = document.getElementById("filter");
  const [words, verdict] = form.querySelectorAll("input, select");
  const shown = form.querySelector("[role=status]");
  const heads = [...table.tHead.rows[0].cells];
  let sorted = [-1, false];

  const filter = () => {
    const wanted = words.value.toLowerCase().trim();
    let count = 0;
    for (const row of rows) {
      row.hidden = !text.get(row).includes(wanted) || (verdict.value !== "" && row.dataset.verdict !== verdict.value);
      count += row.hidden ? 0 : 1;
    }
    shown.textContent = count < rows.length ? `${count} of ${rows.length} vehicles` : "";
    keep();
  };
  const sort = (column, down) => {
    sorted = [column, down];
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
    const sign = down ? -1 : 1;
    body.append(...rows.toSorted((a, b) => sign * order(value(a, column), value(b, column))));
    keep();
  };
  // A page that reloads itself keeps what its reader has chosen.
  const keep = () => {
    try { sessionStorage.setItem(key, JSON.stringify([words.value, verdict.value, ...sorted])); } catch { /* not allowed */ }
  };
  const kept = () => {
    try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; }
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(column, head.getAttribute("aria-sort") === "ascending"));
  });
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  const before = kept();
  if (Array.isArray(before)) {
    [words.value, verdict.value] = before;
    if (heads[before[2]]) sort(before[2], before[3]);
    filter();
  }
})();
