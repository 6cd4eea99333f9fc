"""What axe-core finds on a page: WCAG 2.2 AA and the common rules, in the theme and width that stand now."""

from functools import cache
from importlib.resources import files

from playwright.sync_api import Page

THEMES = ("light", "dark")
WIDTHS = (1440, 390)
"""Pixels: a desk and a phone."""
HEIGHT = 1000
UPSTREAM = {
    # The chart inside a metric is Streamlit's own picture and gets no name.
    ("svg-img-alt", "[data-testid=stMetric]"),
    # On a phone the menu's sections are `div`s within its list.
    ("list", "[data-testid=stSidebarNavItems]"),
    ("listitem", "[data-testid=stSidebarNavItems]"),
}
"""Rules that Streamlit's own elements break: (rule, selector that the element or one around it fits)."""

_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = """async ({rules, upstream}) => {
  const found = await axe.run(document, {runOnly: {type: 'tag', values: rules}});
  return found.violations.flatMap((broken) => broken.nodes
    .filter((node) => !upstream.some(([rule, where]) =>
      rule === broken.id && document.querySelector(node.target.at(-1))?.closest(where)))
    .map((node) => `${broken.id}: ${node.html.slice(0, 200)} (${node.failureSummary.slice(0, 300)})`));
}"""


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Every rule that the page breaks, with the element and what is wrong; empty when all is well."""
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(_axe())
    found: list[str] = page.evaluate(_RUN, {"rules": _RULES, "upstream": [list(one) for one in UPSTREAM]})
    return found


def plain_offences(page: Page) -> str:
    """Of a page that is not Streamlit's: it stands as soon as it is loaded."""
    found = []
    for theme in THEMES:
        for width in WIDTHS:
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": HEIGHT})
            page.wait_for_load_state()
            found += [f"{theme} {width}: {broken}" for broken in violations(page)]
    return "\n".join(found)
