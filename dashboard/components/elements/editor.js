// A text box that shows, word by word, how its text differs from another while one types. See editor.py.
//
// Nothing is asked of the server until the form is sent; what is sent names the item the text is for. Texts are put on
// the page as text, never as HTML.

const ALONE = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}";
const WORDS = new RegExp(`\\s*(?:[${ALONE}]|(?:(?![${ALONE}])[\\p{L}\\p{M}\\p{N}_])+|\\S)|\\s+$`, "gu");
const HIDDEN = /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;
const LARGEST = 4e6;  // pairs of words compared; past it the middle counts as one change

export default ({ data, parentElement, setStateValue }) => {
  const root = parentElement.querySelector(".rt-editor") ?? build(parentElement);
  const box = root.querySelector("textarea");
  root.told = { data, setStateValue };
  if (root.dataset.item !== data.item) {
    root.dataset.item = data.item;
    box.value = data.value;
  }
  root.querySelector("label").textContent = data.label;
  box.setAttribute("aria-label", data.label);
  box.placeholder = data.placeholder;
  box.rows = data.rows;
  box.lang = data.lang || "";
  box.readOnly = data.isReadOnly;
  offer(root, box, data.offers);
  draw(root, box.value);
};

function build(parent) {
  const root = node("div", "rt-editor");
  const label = node("label", "rt-editor-label");
  const box = node("textarea", "rt-editor-box");
  box.id = `rt-editor-${Math.random().toString(36).slice(2)}`;
  label.htmlFor = box.id;
  box.spellcheck = true;
  const sum = node("div", "rt-editor-sum rt-small");
  sum.setAttribute("aria-live", "polite");
  const diff = node("div", "rt-editor-diff rt-text");
  diff.setAttribute("role", "group");
  diff.setAttribute("aria-label", "Your changes, word by word");
  root.append(label, box, node("div", "rt-editor-offers"), sum, diff);
  parent.append(root);
  box.addEventListener("input", () => {
    root.told.setStateValue("text", { item: root.dataset.item, text: box.value });
    draw(root, box.value);
  });
  return root;
}

function offer(root, box, offers) {
  const place = root.querySelector(".rt-editor-offers");
  place.replaceChildren(...offers.map(({ says, text }) => {
    const button = node("button", "rt-plain-button", says);
    button.type = "button";
    button.addEventListener("click", () => {
      box.focus();
      box.select();
      document.execCommand("insertText", false, text);  // can be undone with Ctrl+Z
    });
    return button;
  }));
}

function draw(root, text) {
  const before = root.told.data.before;
  const diff = root.querySelector(".rt-editor-diff");
  const sum = root.querySelector(".rt-editor-sum");
  const isSame = text === before;
  const pieces = isSame ? [] : compare(before, text);
  const count = (kind) => pieces.filter((one) => one.kind === kind)
    .reduce((n, one) => n + words(one.text).filter((word) => /[\p{L}\p{N}]/u.test(word)).length, 0);
  const [added, removed] = [count("ins"), count("del")];
  const told = isSame ? root.told.data.unchanged
    : before === "" ? "" : `${plural(added)} added, ${plural(removed)} removed`;
  if (sum.textContent !== told) sum.textContent = told;
  diff.hidden = isSame || before === "";
  diff.replaceChildren(...pieces.map(({ kind, text: piece }) => {
    if (kind === "same") return document.createTextNode(reveal(piece));
    const made = node(kind);
    made.append(node("span", "rt-aloud", kind === "ins" ? " inserted: " : " deleted: "), reveal(piece));
    return made;
  }));
}

function compare(before, after) {
  const [a, b] = [words(before), words(after)];
  let from = 0;
  while (from < a.length && from < b.length && a[from] === b[from]) from++;
  let end = 0;
  while (end < a.length - from && end < b.length - from && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const middle = between(a.slice(from, a.length - end), b.slice(from, b.length - end));
  return joined([
    { kind: "same", text: a.slice(0, from).join("") },
    ...middle,
    { kind: "same", text: a.slice(a.length - end).join("") },
  ]);
}

function between(a, b) {
  const whole = [{ kind: "del", text: a.join("") }, { kind: "ins", text: b.join("") }];
  if (!a.length || !b.length || a.length * b.length > LARGEST) return whole;
  const wide = b.length + 1;
  const length = new Uint32Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      length[i * wide + j] = a[i] === b[j]
        ? length[(i + 1) * wide + j + 1] + 1
        : Math.max(length[(i + 1) * wide + j], length[i * wide + j + 1]);
    }
  }
  const pieces = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) { pieces.push({ kind: "same", text: a[i] }); i++; j++; }
    else if (i < a.length && (j === b.length || length[(i + 1) * wide + j] >= length[i * wide + j + 1])) {
      pieces.push({ kind: "del", text: a[i++] });
    } else pieces.push({ kind: "ins", text: b[j++] });
  }
  return pieces;
}

// Changes beside each other become one; a lone mark between two changes belongs to them.
function joined(pieces) {
  const runs = [];
  let [gone, come] = ["", ""];
  const flush = () => {
    const { lead, core } = sharedEnd(gone, come);
    const middle = (text) => text.slice(lead.length, text.length - core.length);
    for (const [kind, text] of [["same", lead], ["del", middle(gone)], ["ins", middle(come)], ["same", core]]) {
      if (text) runs.push({ kind, text });
    }
    gone = come = "";
  };
  pieces.forEach((one, place) => {
    const next = pieces[place + 1];
    if (one.kind === "del") gone += one.text;
    else if (one.kind === "ins") come += one.text;
    else if ((gone || come) && next && next.kind !== "same" && /^[^\p{L}\p{N}]*$/u.test(one.text)) {
      gone += one.text;
      come += one.text;
    } else { flush(); if (one.text) runs.push(one); }
  });
  flush();
  return runs;
}

// Where words came or went before the first word of a line, that word stays: it only has a space before it now.
function sharedEnd(gone, come) {
  const [shorter, longer] = gone.length < come.length ? [gone, come] : [come, gone];
  const core = shorter.trimStart();
  const lead = shorter.slice(0, shorter.length - core.length);
  const isKept = core && longer.startsWith(lead) && longer.endsWith(core) &&
    /\S\s$/u.test(longer.slice(lead.length, longer.length - core.length));
  return isKept ? { lead, core } : { lead: "", core: "" };
}

function words(text) { return text.match(WORDS) ?? []; }

function plural(n) { return n === 1 ? "1 word" : `${n} words`; }

function reveal(text) {
  return text.replace(HIDDEN, (one) => `⟦U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟧`);
}

function node(name, css = "", text = "") {
  const made = document.createElement(name);
  if (css) made.className = css;
  if (text) made.textContent = text;
  return made;
}
