// The key router: one listener for every key of the screens. See router.py for what it is told.
//
// It presses the buttons Streamlit drew, so their callbacks and arguments stay what they are. After a press that may
// happen once it is locked until the page has been drawn again: what a keyboard repeats, what a second finger presses
// and what is typed in between reaches nothing.

const BOXES = "textarea, select, [contenteditable=true], input:not([type=checkbox]):not([type=radio])" +
  ":not([type=button]):not([type=submit]):not([type=reset]):not([type=range]):not([type=color]):not([type=file])";
const FORM = "[data-testid=stForm]";
const SUBMIT = "[data-testid=stFormSubmitButton] button";
const NATIVE = "button, a, summary, [role=option], [role=listbox], [role=tab]";  // what answers Enter by itself
const LONGEST = 30000;  // milliseconds a lock may last, whatever the server does
const STEP = 100;
const PAUSE = 400;  // milliseconds without a letter after which a word typed past the end of a form is over
const STEADY = 6;  // steps a page must have stood still before a lock opens without news from the server
const SETTLED = 4;  // pictures a box must have stood before it takes the focus
const PATIENCE = 180;  // pictures to wait for it

export default ({ data }) => {
  window.__ratchetRouter ??= install();
  window.__ratchetRouter.draw(data);
};

function install() {
  const state = {
    keys: [], token: null, focused: null, lockedAt: 0, opens: false, typed: "", timer: 0, steady: 0,
    isSent: false,  // what locked it sent a form
    typedOnAt: 0,  // when a letter last came after that, before a pause
  };

  // what is where ---------------------------------------------------------------------------------
  const isBox = (one) => one instanceof Element && one.matches(BOXES);
  const isShown = (one) => one.getClientRects().length > 0;
  const within = (key) => [...document.querySelectorAll(`.st-key-${key}`)];
  const targetOf = (one) => {  // what it acts on, null while it is not on the screen
    for (const place of within(one.key)) {
      const found = one.act === "focus"
        ? [...place.querySelectorAll("textarea, input, button")].find((some) => isBox(some) && isShown(some)) ??
          place.querySelector("button, input")
        : one.act === "move"
          ? place.querySelector("[role=listbox]")
          : place.querySelectorAll("button, input")[one.nth - 1];
      if (found && !found.disabled && isShown(found)) return found;
    }
    return null;
  };
  const isRunning = () => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState !== "notRunning";
  const hasDialog = () => [...document.querySelectorAll("[role=dialog]:not(.rt-help)")].some(isShown);
  const stop = (event) => { event.preventDefault(); event.stopImmediatePropagation(); };

  // the lock --------------------------------------------------------------------------------------
  const isLocked = () => state.lockedAt > 0;
  const unlock = () => {
    clearInterval(state.timer);
    Object.assign(state, { lockedAt: 0, opens: false, typed: "", steady: 0 });
    delete document.documentElement.dataset.ratchetLocked;
  };
  const lock = (opens, isSent = false) => {
    unlock();
    Object.assign(state, { lockedAt: Date.now(), opens, isSent });
    document.documentElement.dataset.ratchetLocked = "yes";
    state.timer = setInterval(() => {
      state.steady = isRunning() ? 0 : state.steady + 1;
      if (state.steady >= STEADY || Date.now() - state.lockedAt > LONGEST) unlock();
    }, STEP);
  };

  // the box a mode opens with ----------------------------------------------------------------------
  const focusLater = (key, tries = PATIENCE, stood = 0) => {
    const box = targetOf({ key, act: "focus" });
    if (isBox(document.activeElement) && document.activeElement !== box) return unlock();
    if (tries === 0) return unlock();
    if (!box || stood < SETTLED) return requestAnimationFrame(() => focusLater(key, tries - 1, box ? stood + 1 : 0));
    focusOn(box);
    const typed = state.typed;
    unlock();
    for (const letter of typed) type(letter, box);
  };
  const focusOn = (box) => {
    box.focus();
    if (box.value && box.setSelectionRange && box.type !== "number") {
      box.setSelectionRange(box.value.length, box.value.length);
    }
  };
  const type = (letter, box) => {
    const hit = isBox(box) && box.value === "" && hits(letter).find((one) => one.inEmpty && targetOf(one));
    if (hit) targetOf(hit).click();
    else if (isBox(box)) document.execCommand("insertText", false, letter);
  };

  // keys --------------------------------------------------------------------------------------------
  const hits = (combo) => state.keys.filter((one) => one.combo === combo);
  const comboOf = (event) => {
    if (event.altKey) return "";
    const isMod = event.ctrlKey || event.metaKey;
    if (event.key === "Enter") return isMod ? "Mod+Enter" : event.shiftKey ? "" : "Enter";
    if (isMod) return "";
    if (event.key === " ") return "Space";
    if (event.key.length !== 1) return event.key;
    const letter = event.key.toLowerCase();
    return event.shiftKey && letter !== event.key.toUpperCase() ? "" : letter;
  };
  const chosen = (combo) => {  // from outside, Ctrl+Enter sends the only form there is; of several none is meant
    const some = hits(combo).filter(targetOf);
    const form = document.activeElement?.closest?.(FORM);
    if (form && ["Mod+Enter", "Escape"].includes(combo)) return some.find((one) => form.contains(targetOf(one)));
    return combo === "Mod+Enter" && some.length > 1 ? undefined : some[0];
  };

  const onKey = (event) => {
    if (event.isComposing || event.keyCode === 229 || !event.isTrusted) return;
    const combo = comboOf(event);
    const inBox = isBox(event.target);
    const isLetter = event.key.length === 1 &&
      (!(event.ctrlKey || event.metaKey) || Boolean(event.getModifierState?.("AltGraph")));
    const isPress = isLetter || ["Enter", "Mod+Enter", "Escape"].includes(combo);
    if (isLocked()) {
      if (!isPress && !(inBox && ["Backspace", "Delete"].includes(event.key))) return;
      stop(event);
      if (state.opens && isLetter && !event.repeat) state.typed += event.key;
      else if (isLetter && state.isSent) state.typedOnAt = Date.now();
      return;
    }
    if (isLetter && Date.now() - state.typedOnAt < PAUSE) {  // the rest of a word whose form is gone
      stop(event);
      state.typedOnAt = Date.now();
      return;
    }
    if (help.isOpen() && combo === "Escape") { stop(event); help.close(); return; }
    if (!combo || hasDialog()) return;
    const isEmpty = inBox && event.target.value === "";
    if (inBox && combo !== "Mod+Enter" && combo !== "Escape" &&
        !(isEmpty && hits(combo).some((one) => one.inEmpty && targetOf(one)))) return;
    if (combo === "Escape" && event.target.getAttribute?.("aria-expanded") === "true") return;
    if (combo === "Enter" && event.target.closest?.(NATIVE)) {
      if (event.repeat) stop(event);
      return;
    }
    if (combo === "Space" && event.target.closest?.(`${NATIVE}, input`)) return;
    if ((combo === "h" || combo === "?") && !inBox) { stop(event); if (!event.repeat) help.toggle(); return; }
    const hit = chosen(combo);
    if (hit) {
      stop(event);
      if (event.repeat && !["next", "previous"].includes(hit.value)) return;
      act(hit);
      return;
    }
    if (combo === "Escape" && inBox) { stop(event); event.target.blur(); return; }
    // A key that sends elsewhere must not send this form, and what a keyboard repeats presses nothing.
    if (combo === "Mod+Enter" || (event.repeat && isPress && !inBox)) stop(event);
  };
  const act = (one) => {
    const target = targetOf(one);
    if (one.act === "focus") return focusOn(target);
    if (one.act === "move") return target.dispatchEvent(new CustomEvent("ratchet-move", { detail: one.value }));
    if (one.once) lock(one.opens, one.combo === "Mod+Enter");
    target.click();
  };

  // the mouse: a second click on what may happen once counts as little as a second key ------------------
  const onClick = (event) => {
    const button = event.isTrusted && event.target.closest?.("button");
    if (!button) return;
    if (button.closest(".st-key-keys")) { stop(event); help.toggle(); return; }
    const hit = state.keys.find((one) => one.act === "press" && one.once && targetOf(one) === button);
    if (!hit && !button.matches(SUBMIT)) return;
    if (isLocked()) stop(event);
    else lock(Boolean(hit?.opens));
  };

  // the list of keys ------------------------------------------------------------------------------------
  const help = {
    panel: null,
    before: null,
    isOpen: () => Boolean(help.panel),
    toggle: () => (help.isOpen() ? help.close() : help.open()),
    close: () => {
      help.panel.remove();
      help.panel = null;
      if (help.before?.isConnected) help.before.focus({ preventScroll: true });
    },
    open: () => {
      help.before = document.activeElement;
      const panel = element("section", "rt-help", { role: "dialog", "aria-label": "Keys", tabindex: "-1" });
      panel.append(element("h2", "rt-h2", {}, "Keys of this page"));
      const list = element("ul");
      const rows = state.keys.filter((one) => one.says && targetOf(one)).map((one) => [one.shown, one.says]);
      rows.push(["H ?", "Show or hide these keys"], ["Esc", "Leave the box or the form; close this list"]);
      const seen = new Set();
      for (const [key, says] of rows) {
        if (seen.has(`${key} ${says}`)) continue;
        seen.add(`${key} ${says}`);
        const row = element("li");
        const keys = element("span");
        for (const one of key.split(" ")) keys.append(element("kbd", "rt-key", {}, one), " ");
        row.append(keys, element("span", "", {}, says));
        list.append(row);
      }
      panel.append(list);
      const close = element("button", "rt-plain-button", { type: "button" }, "Close");
      close.addEventListener("click", help.close);
      panel.append(close);
      (document.querySelector("[data-testid=stApp]") ?? document.body).append(panel);
      help.panel = panel;
      panel.focus({ preventScroll: true });
    },
  };
  const element = (name, css = "", attributes = {}, text = "") => {
    const made = document.createElement(name);
    if (css) made.className = css;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    return made;
  };

  window.addEventListener("keydown", onKey, true);
  window.addEventListener("click", onClick, true);
  return {
    pressable: () => {  // for tests: each key with what it would press now
      const found = {};
      for (const one of state.keys) if (targetOf(one)) (found[one.combo] ??= []).push(one.key);
      return found;
    },
    draw(data) {
      state.keys = data.keys;
      if (state.token === data.token) return;
      state.token = data.token;
      if (help.isOpen()) help.close();
      const isNew = data.focus && data.focus !== state.focused;
      state.focused = data.focus;
      if (isNew) focusLater(data.focus);
      else unlock();
      document.documentElement.dataset.ratchetDrawn = data.token;
    },
  };
}
