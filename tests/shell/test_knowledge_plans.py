"""No question of the firewall reads all history: every one of a turn finds its rows through an index."""

from typing import Any

from loop import engine
from storage.database import Database
from tests.shell import desk_world, real_desk

WITHIN_REACH = {
    "due",
    "kept",
    "standing",
    "question",
    "bucket",
    "judged",
    "claim",
    "feedback",
    "interaction",
    "eval_case",
}
"""Tables that grow with history or with what is known."""

SMALL = {"ix_standing_telling", "ix_judged_nth", "ix_judged_confirms"}
"""Indexes of a few rows, of which all are wanted."""


COUNTED = (
    "SELECT count(*) AS count_1 \nFROM standing",
    'SELECT count(*) AS count_1 \nFROM (SELECT DISTINCT eval_case."group" AS "group" \nFROM eval_case',
)


def test_every_read_of_a_settled_agents_next_turn_finds_its_rows_through_an_index(
    sqlite_database: Database, selects: dict[str, Any]
) -> None:
    parts = real_desk.create(sqlite_database)
    desk_world.arrive(parts, rows=160)
    for _ in range(4):
        engine.turn(parts)
    selects.clear()
    desk_world.arrive(parts, rows=40, prefix="late", seed=3)
    engine.turn(parts)
    used: set[str] = set()
    with sqlite_database.engine.connect() as connection:
        for statement, parameters in list(selects.items()):
            if statement.startswith(("SELECT max(", *COUNTED)):
                continue  # the end of an index, one step; how many people and groups there are, from an index
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            scans = [step for step in plan if step.startswith("SCAN") and step.split()[1] in WITHIN_REACH]
            whole = [step.split() for step in plan if step.startswith("SEARCH") and step.endswith("(agent=?)")]
            scans += [words for words in whole if words[1] in WITHIN_REACH and words[-2] not in SMALL]
            assert scans == [], (scans, statement[:300])
            used |= {word for step in plan for word in step.split() if word.startswith("ix_judged")}
    assert {"ix_judged_near", "ix_judged_theme_voice", "ix_judged_chooser", "ix_judged_question"} <= used, used
