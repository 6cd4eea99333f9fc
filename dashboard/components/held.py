"""A held key counts once: what a keyboard repeats never reaches a button's shortcut.

Streamlit's shortcuts fire again with every repeat, and a loaded machine may draw the next item between two of them. In
text boxes letters repeat as ever.
"""

import streamlit as st

_SCRIPT = """
export default () => {
  if (window.__ratchetHeld) return;
  window.__ratchetHeld = true;
  const types = (target) => /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
  window.addEventListener("keydown", (event) => {
    const isPress = event.key.length === 1 || event.key === "Enter" || event.key === "Escape";
    const isTyped = types(event.target) && !(event.ctrlKey || event.metaKey) && event.key !== "Escape";
    if (event.repeat && isPress && !isTyped) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
};
"""


def count_once() -> None:
    """Mount the guard; it stays for as long as the page is open."""
    st.components.v2.component("held", js=_SCRIPT)(key="held", height=0)
