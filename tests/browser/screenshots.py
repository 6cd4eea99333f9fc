"""Pictures of every page in both themes, on a desk and on a phone.

Run: `uv run python -m tests.browser.screenshots FOLDER`; it makes the demo first (about a minute) in a scratch folder.
`--seeded` takes the pages of the tests instead, with every state and hostile words.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import sync_playwright

from dashboard.menu import SCREENS
from loop import wiring
from loop.demo import story
from loop.settings import Settings
from tests.browser.accessibility import THEMES, WIDTHS
from tests.browser.conftest import settled
from tests.desk_process import running_desk
from tests.screens import seed

HEIGHT = 1000


def main(arguments: Sequence[str] | None = None) -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="Where the pictures go: PAGE-THEME-WIDTH.png.")
    parser.add_argument("--seeded", action="store_true", help="The pages of the tests, not of the demo.")
    parser.add_argument("--pages", default="", help="Only these, by comma, by the last part of their address.")
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    wanted = {one for one in chosen.pages.split(",") if one}
    paths = [screen.path for screen in SCREENS if not wanted or (screen.path or "today") in wanted]
    with tempfile.TemporaryDirectory() as scratch:
        url = f"sqlite:///{Path(scratch) / 'ratchet.db'}"
        settings = Settings(database_url=url)
        database = wiring.open_database(settings)
        if chosen.seeded:
            seed.fill(database)
        else:
            story.build(settings, database, seed=0, fresh=True, now=wiring.utc_now())
        with running_desk(url, Path(scratch), has_worker=True) as desk:
            _take(desk.address, desk.cookie(), paths, chosen.folder)
        database.close()


def _take(address: str, cookie: tuple[str, str], paths: Sequence[str], folder: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("The package chromium is needed for pictures.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        for theme in THEMES:
            for width in WIDTHS:
                context = browser.new_context(
                    viewport={"width": width, "height": HEIGHT}, color_scheme=theme, timezone_id="Europe/Berlin"
                )
                context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": address}])
                page = context.new_page()
                for path in paths:
                    page.goto(f"{address}/{path}")
                    settled(page)
                    page.screenshot(path=folder / f"{path or 'today'}-{theme}-{width}.png", full_page=True)
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
