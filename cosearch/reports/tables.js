// Sorts and filters the tables that ask for it; without it they stay as they are.
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const key = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      const rows = [...body.rows];
      const numeric = rows.every((row) => key(row, column) !== "" && !Number.isNaN(Number(key(row, column))));
      const order = (a, b) => numeric
        ? Number(key(a, column)) - Number(key(b, column))
        : key(a, column).localeCompare(key(b, column), undefined, { numeric: true });
      rows.sort((a, b) => (down ? order(b, a) : order(a, b)));
      body.append(...rows);
      for (const other of heads) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
    });
  });
  const tools = document.createElement("p");
  const label = document.createElement("label");
  const field = document.createElement("input");
  const count = document.createElement("output");
  field.type = "search";
  label.append("Only rows with ", field);
  tools.append(label, " ", count);
  tools.className = "filter";
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase();
    let shown = 0;
    for (const row of body.rows) {
      row.hidden = !row.dataset.words.includes(words);
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = words ? `${shown} of ${body.rows.length}` : "";
  });
  table.parentElement.before(tools);
}
