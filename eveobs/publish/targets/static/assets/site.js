// The index of the site: search, filters, sorting, pages. What is shown is kept in the fragment of
// the address, so that it can be linked to.
(function () {
  "use strict";
  const rows = window.EVEOBS || [];
  const COLUMNS = [
    { name: "title", at: 1, label: "Title" },
    { name: "kind", at: 0, label: "Kind" },
    { name: "about", at: 3, label: "About" },
    { name: "price", at: 7, label: "Price", number: true },
    { name: "region", at: 5, label: "Region" },
    { name: "status", at: 6, label: "Status" },
    { name: "date", at: 4, label: "Date" },
  ];
  const PAGE = 100;
  const form = document.getElementById("finder");
  const table = document.getElementById("index");
  const kinds = {};
  for (const option of form.elements.kind.options) kinds[option.value] = option.textContent;
  const texts = rows.map((row) => row.filter((_, at) => at !== 2).join("\n").toLowerCase());
  const state = { q: "", kind: "", region: "", status: "", sort: "-date", page: "1" };

  function make(name, text, attributes) {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    for (const key in attributes || {}) element.setAttribute(key, attributes[key]);
    return element;
  }

  function offer(select, at) {
    const names = Array.from(new Set(rows.map((row) => row[at]))).filter(Boolean).sort();
    for (const name of names) select.append(make("option", name, { value: name }));
    select.parentElement.hidden = names.length < 2;
  }

  function price(text) {
    const amount = Number(text);
    for (const [size, unit] of [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]]) {
      if (amount >= size) return Number((amount / size).toPrecision(3)) + unit;
    }
    return text && amount ? String(amount) : "";
  }

  function shown(row, column) {
    const value = row[column.at];
    if (column.name === "price") return price(value);
    return column.name === "kind" ? kinds[value] || value : value;
  }

  function read() {
    const given = new URLSearchParams(location.hash.slice(1));
    for (const key in state) state[key] = given.get(key) || (key === "sort" ? "-date" : key === "page" ? "1" : "");
    for (const key of ["q", "kind", "region", "status"]) form.elements[key].value = state[key];
  }

  function write(changes) {
    Object.assign(state, { page: "1" }, changes);
    const told = new URLSearchParams();
    for (const key in state) {
      const usual = key === "sort" ? "-date" : key === "page" ? "1" : "";
      if (state[key] !== usual) told.set(key, state[key]);
    }
    history.replaceState(null, "", "#" + told);
    draw();
  }

  function chosen() {
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    rows.forEach((row, number) => {
      if (state.kind && row[0] !== state.kind) return;
      if (state.region && row[5] !== state.region) return;
      if (state.status && row[6] !== state.status) return;
      if (words.every((word) => texts[number].includes(word))) found.push(row);
    });
    const down = state.sort.startsWith("-");
    const column = COLUMNS.find((one) => one.name === state.sort.replace("-", "")) || COLUMNS[6];
    const order = new Intl.Collator(undefined, { numeric: true }).compare;
    found.sort((a, b) => {
      const x = a[column.at], y = b[column.at];
      if (!x !== !y) return x ? -1 : 1; // what is not known comes last, either way round
      const least = column.number ? x - y : order(x, y);
      return down ? -least : least;
    });
    return found;
  }

  function heading(column) {
    const down = state.sort === "-" + column.name;
    const up = state.sort === column.name;
    const cell = make("th", undefined, { scope: "col", "aria-sort": up ? "ascending" : down ? "descending" : "none" });
    if (column.number) cell.className = "number";
    const button = make("button", column.label, { type: "button" });
    button.addEventListener("click", () => {
      write({ sort: up ? "-" + column.name : column.name });
      table.querySelectorAll("th button")[visible().indexOf(column)].focus();
    });
    cell.append(button);
    return cell;
  }

  function visible() {
    return COLUMNS.filter((column) => column.name !== "kind" || !state.kind);
  }

  function line(row, columns) {
    const tr = make("tr");
    for (const column of columns) {
      const text = shown(row, column);
      const cell = make("td", column.name === "title" ? undefined : text, { "data-label": column.label });
      if (column.number) cell.className = "number";
      if (column.name === "title") cell.append(make("a", text, { href: row[2] }));
      tr.append(cell);
    }
    return tr;
  }

  function draw() {
    const found = chosen();
    const columns = visible();
    const last = Math.max(1, Math.ceil(found.length / PAGE));
    const page = Math.min(Math.max(1, parseInt(state.page, 10) || 1), last);
    const some = found.slice((page - 1) * PAGE, page * PAGE);
    table.tHead.rows[0].replaceChildren(...columns.map(heading));
    table.tBodies[0].replaceChildren(...some.map((row) => line(row, columns)));
    table.hidden = false;
    document.getElementById("found").textContent =
      found.length.toLocaleString("en") + " of " + rows.length.toLocaleString("en") + " pages";
    const pager = document.getElementById("pager");
    pager.replaceChildren();
    if (last > 1) {
      for (const [text, to] of [["Previous", page - 1], ["Next", page + 1]]) {
        const button = make("button", text, { type: "button" });
        button.disabled = to < 1 || to > last;
        button.addEventListener("click", () => { write({ page: String(to) }); table.scrollIntoView(); });
        pager.append(button);
      }
      pager.append(make("span", "Page " + page + " of " + last));
    }
  }

  offer(form.elements.region, 5);
  offer(form.elements.status, 6);
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => write({ [event.target.name]: event.target.value }));
  window.addEventListener("hashchange", () => { read(); draw(); });
  read();
  draw();
})();
