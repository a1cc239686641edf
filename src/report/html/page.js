
"use strict";
// Search and sorting for the tables of events. Everything else is there without it.
(() => {
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  function enhance(table) {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    const texts = rows.map((row) => row.textContent.toLowerCase());
    addSearch(table, rows, texts);
    addSorting(table, body, rows);
  }

  function addSearch(table, rows, texts) {
    const form = document.createElement("div");
    const label = document.createElement("label");
    const input = document.createElement("input");
    const told = document.createElement("output");
    form.className = "search";
    input.type = "search";
    input.id = table.id + "-search";
    input.autocomplete = "off";
    label.htmlFor = input.id;
    label.textContent = "Search";
    told.htmlFor = input.id;
    const tell = (shown) => {
      told.textContent = shown === rows.length ? rows.length.toLocaleString("en") + " shown"
        : shown.toLocaleString("en") + " of " + rows.length.toLocaleString("en") + " shown";
    };
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase().split(" ").filter(Boolean);
      let shown = 0;
      rows.forEach((row, place) => {
        const matches = wanted.every((word) => texts[place].includes(word));
        row.hidden = !matches;
        shown += matches ? 1 : 0;
      });
      tell(shown);
    });
    tell(rows.length);
    form.append(label, input, told);
    table.before(form);
  }

  function addSorting(table, body, rows) {
    const heads = Array.from(table.tHead.rows[0].cells);
    table.tHead.classList.add("sorts");
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const next = before === null ? "ascending" : before === "ascending" ? "descending" : null;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        if (next !== null) head.setAttribute("aria-sort", next);
        body.append(...sorted(rows, column, next));
      });
    });
  }

  // The third click brings back the order of the report.
  function sorted(rows, column, direction) {
    if (direction === null) return rows;
    const sign = direction === "ascending" ? 1 : -1;
    const keys = new Map(rows.map((row) => [row, row.cells[column].textContent]));
    return rows.slice().sort((left, right) => sign * collator.compare(keys.get(left), keys.get(right)));
  }

  document.querySelectorAll("table.events").forEach(enhance);

  // What is folded away belongs on paper too.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    opened.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((details) => { details.open = false; }));
})();
