"""The screens over a million feedback rows: every page, every key, twenty reviewers at once.

    world    the demo's own history, its log copied until it holds as many rows as asked for
    session  one viewer without a browser: Streamlit's websocket, spoken by a script
    pages    what a rerun of each page costs, in milliseconds and bytes
    keys     from the key to the settled page, in a real browser
    crowd    reviewers who decide at the same time, and what became of each press

Run: `uv run python -m tests.bench.screens`; `--rows 100000` measures less, `--keep FOLDER` keeps the database for the
next run.
"""
