// A list walked by keyboard: J, K, arrows, Home and End move without the server; Enter opens; Space ticks. See listbox.py.
//
// Texts are put on the page as text, never as HTML.

export default ({ data, parentElement, setTriggerValue }) => {
  const list = parentElement.querySelector("ul") ?? build(parentElement);
  const was = list.told?.ids ?? "";
  list.told = { data, setTriggerValue, ids: data.rows.map((row) => row.id).join(" ") };
  list.setAttribute("aria-label", data.label);
  list.setAttribute("aria-multiselectable", String(data.canTick));
  if (was !== list.told.ids) list.ticked = new Set();
  list.replaceChildren(...data.rows.map((row) => option(row, list)));
  const active = list.dataset.active;
  const kept = data.rows.some((row) => row.id === active) ? active : data.open || data.rows[0]?.id;
  place(list, data.open && list.dataset.open !== data.open ? data.open : kept, false);
  list.dataset.open = data.open;
};

function build(parent) {
  const list = document.createElement("ul");
  list.className = "rt-rows rt-listbox";
  list.setAttribute("role", "listbox");
  list.tabIndex = 0;
  list.ticked = new Set();
  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const asked = { j: "next", ArrowDown: "next", k: "previous", ArrowUp: "previous", Home: "first", End: "last",
      Enter: "open", " ": "tick" }[event.key];
    if (!asked) return;
    event.preventDefault();
    event.stopPropagation();
    if (!(event.repeat && ["open", "tick"].includes(asked))) act(list, asked);
  });
  list.addEventListener("ratchet-move", (event) => act(list, event.detail));
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[role=option]");
    if (!row) return;
    place(list, row.dataset.id);
    act(list, event.target.closest(".rt-tick") ? "tick" : "open");
  });
  parent.append(list);
  return list;
}

function act(list, asked) {
  const { data, setTriggerValue } = list.told;
  const ids = data.rows.map((row) => row.id);
  const at = ids.indexOf(list.dataset.active);
  const id = ids[at];
  if (asked === "open") {
    if (id) setTriggerValue("asked", { act: "open", ids: [id] });
  } else if (asked === "tick") {
    if (!data.canTick || !id) return;
    list.ticked.has(id) ? list.ticked.delete(id) : list.ticked.add(id);
    list.replaceChildren(...data.rows.map((row) => option(row, list)));
    place(list, id);
  } else if (asked === "together") {
    const some = ids.filter((one) => list.ticked.has(one));
    if (some.length) setTriggerValue("asked", { act: "together", ids: some });
  } else {
    const to = { next: at + 1, previous: at - 1, first: 0, last: ids.length - 1 }[asked];
    place(list, ids[Math.min(Math.max(to, 0), ids.length - 1)]);
  }
}

function place(list, id, scrolls = true) {
  list.dataset.active = id ?? "";
  for (const row of list.children) {
    const is = row.dataset.id === id;
    row.classList.toggle("is-active", is);
    if (is) {
      list.setAttribute("aria-activedescendant", row.id);
      if (scrolls) row.scrollIntoView({ block: "nearest" });
    }
  }
}

function option(row, list) {
  const { data } = list.told;
  const made = node("li", "rt-row", { role: "option", id: `rt-option-${row.id}` });
  made.dataset.id = row.id;
  made.setAttribute("aria-selected", String(data.canTick ? list.ticked.has(row.id) : row.id === data.open));
  if (row.id === data.open) {
    made.classList.add("is-this");
    made.setAttribute("aria-current", "true");
  }
  if (data.canTick) {
    const tick = node("span", "rt-tick", { "aria-hidden": "true" });
    tick.textContent = list.ticked.has(row.id) ? "☑" : "☐";
    made.append(tick);
  }
  const body = node("div", `rt-row-body ${row.css}`.trim());
  const chips = node("div", "rt-chips");
  for (const { text, tone } of row.chips) {
    const chip = node("span", tone ? `rt-chip rt-${tone}` : tone === "" ? "rt-chip" : "");
    chip.textContent = text;
    chips.append(chip);
  }
  if (row.chips.length) body.append(chips);
  for (const { text, css } of row.lines) {
    const line = node("div", `rt-text ${css}`);
    line.textContent = text;
    body.append(line);
  }
  made.append(body);
  return made;
}

function node(name, css, attributes = {}) {
  const made = document.createElement(name);
  if (css) made.className = css;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
