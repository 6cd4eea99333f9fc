"""Within one page run everything is read once; the next run, a fragment's own run and whatever writes read anew."""

from pathlib import Path

import pytest

from dashboard import page_run, session
from loop.errors import NotFound
from loop.ports import Parts
from storage.run_store import RunStore
from tests.screens.conftest import Opens
from tests.screens.reading import page_words
from tests.statements import counted


class Counting:
    """How often it was read, as what was read."""

    def __init__(self) -> None:
        self.times = 0
        self.read = page_run.once(self._read)

    def _read(self, *, of: str = "") -> str:
        self.times += 1
        if of == "nothing":
            raise NotFound("There is nothing.")
        return f"{of}{self.times}"


def test_a_run_reads_once_for_the_same_arguments() -> None:
    counting = Counting()
    with page_run.begin():
        assert [counting.read(), counting.read(), counting.read(of="b"), counting.read(of="b")] == [
            "1",
            "1",
            "b2",
            "b2",
        ]


def test_the_next_run_and_no_run_read_anew() -> None:
    counting = Counting()
    with page_run.begin():
        counting.read()
    with page_run.begin():
        assert counting.read() == "2"
    assert [counting.read(), counting.read()] == ["3", "4"]


def test_a_part_of_a_run_remembers_what_the_run_read() -> None:
    counting = Counting()
    with page_run.begin():
        counting.read()
        with page_run.begin():
            assert counting.read() == "1"
        assert counting.read() == "1"


def test_whatever_writes_reads_anew_and_so_does_the_run_after_it() -> None:
    counting = Counting()
    with page_run.begin():
        counting.read()
        with page_run.afresh():
            assert [counting.read(), counting.read()] == ["2", "3"]
        assert [counting.read(), counting.read()] == ["4", "4"]


def test_what_ends_a_run_ends_its_memory_and_a_failure_is_not_remembered() -> None:
    counting = Counting()
    with page_run.begin():
        for _ in range(2):
            with pytest.raises(NotFound):
                counting.read(of="nothing")
        assert counting.times == 2
    with pytest.raises(NotFound), page_run.begin():
        counting.read(of="nothing")
    assert not page_run.is_on()


def test_the_store_of_a_run_reads_what_every_part_asks_for_once(parts: Parts) -> None:
    database = session.database()
    store = database.run_store(parts.store.agent)
    with counted(database.engine) as asked:
        assert [store.agent, store.head(), store.last_turn()] == [store.agent, store.head(), store.last_turn()]
    assert len(asked) == 2
    assert not isinstance(parts.store, RunStore)


def test_a_setting_that_a_press_changed_shows_on_the_page_it_draws(parts: Parts, opens: Opens) -> None:
    app = opens("loop")
    app.text_input(key="brake-why-False").set_value("Fire drill.")
    app.button(key="brake-send-False").click().run()
    assert not app.exception
    assert "Paused" in page_words(app)
    assert parts.store.agent.limits.is_paused


def test_every_fragment_is_one_that_reads_anew() -> None:
    """`st.fragment` alone would run without a memory, and ask for everything again and again."""
    files = [path for path in Path(page_run.__file__).parent.rglob("*.py") if "st.fragment" in path.read_text()]
    assert [path.name for path in files] == ["page_run.py"]


def test_a_fragment_that_runs_by_itself_is_looked_at_first_and_not_within_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[str] = []
    monkeypatch.setattr(page_run, "_checks", [lambda: looked.append("looked")])
    monkeypatch.setattr(page_run.st, "fragment", lambda run, run_every: run)
    drawn = page_run.fragment()(lambda: looked.append("drawn"))
    with page_run.begin():
        drawn()
    assert looked == ["drawn"]
    drawn()
    assert looked == ["drawn", "looked", "drawn"]
