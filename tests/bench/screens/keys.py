"""From the key to the settled page, in a real browser: what a person at the keyboard waits for."""

import asyncio
import shutil
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.async_api import Page, async_playwright

from tests.desk_process import Desk

_READY = "[data-testid=stApp][data-test-script-state=notRunning]"
_STILL_MS = 700
"""Nothing changed for this long: the page has settled. Not part of what is measured."""

_PRESSED = """() => new Promise((done) => {
  const watch = new MutationObserver((changes) => {
    // A clock that counts down is not the answer to a key.
    if (changes.some((one) => !(one.target.closest ?? (() => null)).call(one.target, '.rt-clock'))) {
      last = performance.now(); clearTimeout(timer); timer = setTimeout(end, STILL);
    }
  });
  let last = 0, timer = setTimeout(end, 5000);
  function end() { watch.disconnect(); done(last ? last - window.pressedAt : null); }
  watch.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
})""".replace("STILL", str(_STILL_MS))


@dataclass(frozen=True)
class KeyCost:
    """One key on one page, pressed again and again."""

    median_ms: float
    """From just before the key to the last change of the page."""
    presses: int


async def costs_of(desk: Desk, presses: Sequence[tuple[str, str]], *, repeats: int) -> dict[str, KeyCost]:
    """Press keys on pages: `presses` holds (path, keys in turn by comma).

    Raises SystemExit when a key changes nothing, and without chromium.
    """
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        raise SystemExit("The package chromium is needed to press keys.")
    found = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        context = await browser.new_context(viewport={"width": 1440, "height": 1000})
        name, value = desk.cookie()
        await context.add_cookies([{"name": name, "value": value, "url": desk.address}])
        page = await context.new_page()
        for path, keys in presses:
            await page.goto(desk.address + path)
            await page.wait_for_selector(_READY)
            await page.wait_for_timeout(2_000)
            times: dict[str, list[float]] = {key: [] for key in keys.split(",")}
            for _ in range(repeats):
                for key in times:
                    times[key].append(await _press(page, key, path))
            found |= {
                f"{path.split('?')[0].strip('/') or 'today'} {key}": KeyCost(statistics.median(taken), len(taken))
                for key, taken in times.items()
            }
        await browser.close()
    return found


async def _press(page: Page, key: str, path: str) -> float:
    measured = asyncio.ensure_future(page.evaluate(_PRESSED))
    await page.wait_for_timeout(50)
    await page.evaluate("() => { window.pressedAt = performance.now(); }")  # the router lets nobody else hear the key
    await page.keyboard.press(key)
    taken = await measured
    if taken is None:
        raise SystemExit(f"The key {key} changed nothing on {path}.")
    return float(taken)
