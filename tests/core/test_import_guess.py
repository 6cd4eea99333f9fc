"""The import that guesses: right on what helpdesks write, and a question, never a wrong row, where nobody can know."""

import csv
import io
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop import collect
from loop.collect.files.guessing.bytes import encoding_of
from loop.collect.files.moments import moment_of
from loop.collect.files.ratings import NoRating, Scale, rating_in
from loop.errors import InvalidInput
from tests.builders import NOON
from tests.helpdesks import EXPORTS

HEADERS: dict[str, tuple[str, ...]] = {
    # question, draft, sent, rating, author, time, customer, comment
    "English": ("Customer question", "Suggested reply", "Final answer", "Rating", "Agent", "Created at", "Customer",
                "Comment"),
    "German": ("Kundenanfrage", "Antwortvorschlag", "Versendete Antwort", "Zufriedenheit", "Bearbeiter", "Erstellt am",
               "Kunden-Nr.", "Kommentar"),
    "French": ("Question du client", "Brouillon", "Réponse finale", "Étoiles", "Conseillère", "Créé le", "Client",
               "Remarque"),
    "Spanish": ("Consulta", "Borrador", "Respuesta enviada", "Valoración", "Agente", "Fecha de creación", "Cliente",
                "Comentarios"),
    "Italian": ("Domanda", "Bozza", "Risposta inviata", "Valutazione", "Operatore", "Data creazione", "Codice cliente",
                "Commento"),
    "Dutch": ("Klantvraag", "Conceptantwoord", "Verzonden antwoord", "Beoordeling", "Medewerker", "Aangemaakt op",
              "Klantnummer", "Opmerking"),
    "Portuguese": ("Pergunta do cliente", "Rascunho", "Resposta enviada", "Avaliação", "Atendente", "Data de criação",
                   "Cliente", "Observação"),
}  # fmt: skip
FIELDS = ("question", "answer", "sent", "rating", "author", "at", "customer", "comment")
ROWS = [
    (f"Where is order {n}?", "On its way to you.", "It is in the depot now.", n % 5 + 1, "Mia" if n % 2 else "Leo",
     f"{n % 28 + 1:02}.03.2026 10:00", f"K-{n}", "too slow" if n % 3 else "")
    for n in range(40)
]  # fmt: skip


def table(header: Sequence[str], rows: Sequence[Sequence[Any]], *, delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([header, *rows])
    return out.getvalue().encode()


def seen(content: bytes, name: str = "t.csv", **told: Any) -> collect.Look:
    return collect.look(
        io.BytesIO(content), name=name, importers=collect.shipped_importers(), now=NOON, hints=collect.FileHints(**told)
    )


def found(look: collect.Look) -> dict[str, str]:
    return {name: paths[0] for name, paths in look.importer.rows[0].columns.items() if paths}


def asked(look: collect.Look) -> list[str]:
    """The fields that have to be settled before anything is written."""
    return [doubt.field for doubt in look.doubts if doubt.stops]


# Columns --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", HEADERS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_columns_are_found_by_the_words_of_seven_languages_in_any_order(language: str, seed: int) -> None:
    order = list(range(len(FIELDS)))
    random.Random(seed).shuffle(order)
    header = [HEADERS[language][at] for at in order]
    look = seen(table(header, [[row[at] for at in order] for row in ROWS], delimiter=";"))
    assert {name: found(look).get(name) for name in FIELDS} == dict(zip(FIELDS, HEADERS[language], strict=True))
    assert (look.stops, look.options.low, look.options.high, look.options.order) == (False, 1, 5, "day")
    kinds = {str(one.kind) for _, records in look.arriving for one in records.feedback}
    assert kinds == {"edit", "outcome"}, "a draft beside a sent answer is an edit, and nobody rated the draft"


def test_headers_that_say_nothing_are_read_by_their_values_or_asked_for() -> None:
    rows = [(row[0], row[1], f"{row[1]} It comes on Monday.", row[5]) for row in ROWS]
    look = seen(table(("A", "B", "C", "D"), rows))
    assert found(look)["question"] == "A", "its texts ask something"
    assert asked(look) == ["answer"], "which of two versions was sent cannot be known"
    told = seen(table(("A", "B", "C", "D"), rows), mapping={"answer": "B", "sent": "C", "at": "D"})
    assert not told.stops


def test_one_flag_corrects_a_guess_and_a_constant_stands_for_a_column() -> None:
    header = ("Question", "Answer", "Note")
    content = table(header, [(row[0], row[1], row[2]) for row in ROWS])
    assert [doubt.field for doubt in seen(content).doubts] == ["answer"], "whose answer it is, is not said"
    look = seen(
        content, mapping={"sent": "Answer"}, options=collect.Options(constants={"kind": "takeover", "author": "mia"})
    )
    said = {(str(one.kind), one.author) for _, records in look.arriving for one in records.feedback}
    assert ("takeover", "mia") in said


def test_where_every_row_is_a_takeover_the_answer_is_a_persons() -> None:
    content = table(("question", "reply"), [("Where is it?", "In the depot."), ("Why is it late?", "It snowed.")])
    options = collect.Options(constants={"kind": "takeover"})
    look = seen(content, options=options)
    assert [(str(item.kind), item.text) for _, made in look.arriving for item in made.feedback] == [
        ("takeover", "In the depot."),
        ("takeover", "It snowed."),
    ]
    assert not any(one.answer for _, made in look.arriving for one in made.interactions)


def test_a_category_is_the_right_label_alone_and_the_topic_beside_answers() -> None:
    rows = [(row[0], "parcel" if n % 2 else "refund", row[1]) for n, row in enumerate(ROWS)]
    assert found(seen(table(("text", "category"), [row[:2] for row in rows])))["label"] == "category"
    both = found(seen(table(("question", "category", "answer"), rows)))
    assert (both["topic"], "label" in both) == ("category", False)


def test_a_number_that_comes_again_is_one_of_a_conversation() -> None:
    rows = [(n // 4, row[0], row[1]) for n, row in enumerate(ROWS)]
    columns = found(seen(table(("Ticket", "question", "answer"), rows)))
    assert (columns["episode_id"], "id" in columns) == ("Ticket", False)


def test_a_file_without_any_question_is_asked_for_it_with_the_columns_there_are() -> None:
    look = seen(table(("worker", "item", "gold"), [("a", 1, 0), ("b", 2, 1)]))
    assert asked(look) == ["question"]
    assert "worker, item, gold" in look.doubts[0].says


def test_who_wrote_a_message_is_asked_for_where_no_word_says_so() -> None:
    talk = [{"party": "A", "text": "Where is it now?"}, {"party": "B", "text": "There it is, look."}]
    content = "\n".join(json.dumps({"nr": n, "log": talk}) for n in range(5)).encode()
    assert asked(seen(content, "t.jsonl")) == ["messages"]


# Bytes ----------------------------------------------------------------------------------------------

TEXTS = {
    "cp1252": "Größe; „Süßes“ für 5 €, café à la carte, año, ação, così",
    "cp850": "Größe; süß für Jörg, café à la carte, año, così",
    "mac-roman": "Größe; süß für Jörg, café à la carte, año, ação",
    "utf-16-le": "Größe; 10 €",
    "utf-16-be": "Größe; 10 €",
    "utf-8": "Größe; 10 € „gut“",
}


@pytest.mark.parametrize("encoding", TEXTS)
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_the_encoding_is_found_with_and_without_a_mark(encoding: str, mark: str) -> None:
    if mark and not encoding.startswith("utf"):
        mark = ""
    text = mark + "frage,antwort\n" + f'"{TEXTS[encoding]}",ja\n' * 9
    stream = io.BytesIO(text.encode(encoding))
    assert encoding_of(stream).layout.encoding == encoding
    look = seen(stream.getvalue(), mapping={"question": "frage"})
    assert look.arriving[0][1].interactions[0].question == TEXTS[encoding]


def test_a_file_of_two_encodings_is_read_and_says_so() -> None:
    old = "Kundenanfrage;Antwort\n" + "Größe und Maße bitte?;für Größe 5\n" * 6
    content = old.encode("cp1252") + "Straße gefunden?;schöne Grüße\n".encode()
    look = seen(content)
    assert look.layout.encoding == "cp1252"
    assert ("1 lines are UTF-8" in look.doubts[0].says, look.found.refused) == (True, 0)
    mostly = ("Kundenanfrage;Antwort\n" + "Größe und Maße bitte?;für Größe 5\n" * 6).encode() + b"Stra\xdfe?;ja bitte\n"
    look = seen(mostly)
    assert (look.layout.encoding, look.found.refused, look.refused[0].line) == ("utf-8", 1, 8)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_separator_is_what_parts_rows_evenly_whatever_the_texts_hold(delimiter: str) -> None:
    rows = [("Where, when; and | why?", "Here, now; so | so.", n % 2) for n in range(20)]
    look = seen(table(("question", "answer", "rating"), rows, delimiter=delimiter))
    assert (look.layout.delimiter, look.found.rows, look.found.refused) == (delimiter, 20, 0)


@pytest.mark.parametrize("before", ["sep=;\n", "Export of 1 March\n\n", "Report;\nMade by x;\n"])
def test_lines_before_the_header_are_skipped_and_lines_keep_their_numbers(before: str) -> None:
    content = before.encode() + table(("question", "answer", "rating"), [("Q, is it?", "A b.", 1), ("R?", "B c.", 0)],
                                      delimiter=";")  # fmt: skip
    look = seen(content)
    assert [line for line, _ in look.arriving] == [before.count("\n") + 2, before.count("\n") + 3]


def test_an_old_macs_line_ends_are_read() -> None:
    content = table(("question", "answer"), [("Größe jetzt?", "Für dich, ja."), ("Wo ist es?", "Hier.")])
    look = seen(content.decode().replace("\r\n", "\r").encode("mac-roman"))
    assert (look.found.rows, look.layout.encoding, look.layout.is_cr) == (2, "mac-roman", True)


# Scale, dates, numbers ------------------------------------------------------------------------------

SCALES: list[tuple[list[Any], str, Any]] = [
    ([0, 1, 0, 1], "rating", (0, 1)),
    ([0.2, 0.9, 1], "rating", (0, 1)),
    ([1, 2, 5], "rating", (1, 5)),
    ([1, 2, 3], "stars", (1, 5)),
    ([1, 2, 3], "rating (1-5)", (1, 5)),
    (["4,5", "1,0", "5,0"], "rating", (1, 5)),
    ([1, 7, 10], "rating", (1, 10)),
    ([0, 7, 10], "NPS", (0, 10)),
    ([12, 55, 100], "score", (0, 100)),
    ([-1, 0, 1], "rating", (-1, 1)),
    ([1, 2, 3], "rating", None),
    ([1, 1, 1], "rating", None),
    ([0, 1, 5], "rating", None),
    ([0, 3, 7], "rating", None),
    ([-5, 5], "rating", None),
]


@pytest.mark.parametrize(("values", "header", "scale"), SCALES)
def test_the_scale_is_found_or_asked_for_and_one_star_is_never_the_best(
    values: list[Any], header: str, scale: Any
) -> None:
    rows = [("Where is it now?", "There it is.", value) for value in values]
    look = seen(table(("question", "answer", header), rows))
    if scale is None:
        assert asked(look) == ["rating"]
    else:
        assert (look.options.low, look.options.high, look.stops) == (*scale, False)


def test_a_german_mark_is_best_at_one() -> None:
    rows = [("Wo ist es denn?", "Hier ist es.", value) for value in (1, 2, 5, 6)]
    look = seen(table(("Frage", "Antwort", "Schulnote"), rows))
    assert (asked(look), "--low 6 --high 1" in str(look.doubts)) == (["rating"], True)
    told = seen(table(("Frage", "Antwort", "Schulnote"), rows), options=collect.Options(low=6, high=1))
    values = [one.value for _, records in told.arriving for one in records.feedback]
    assert (told.stops, values) == (False, [1.0, 0.8, 0.2, 0.0])


def test_a_scale_that_does_not_fit_stops_the_file_and_a_stray_row_only_itself() -> None:
    rows = [("Where is it now?", "There it is.", value) for value in (1, 2, 3, 4, 5) * 10]
    content = table(("question", "answer", "rating"), rows)
    assert asked(seen(content, options=collect.Options(low=0, high=1))) == ["rating"]
    stray = table(("question", "answer", "rating"), [*rows, ("Where?", "There.", 55)])
    look = seen(stray, options=collect.Options(low=1, high=5))
    assert not look.stops
    unrated = table(("question", "answer", "rating"), [*rows, *[("Where is it?", "There.", 0)] * 40])
    look = seen(unrated, options=collect.Options(low=1, high=5, unrated=frozenset({"0"})))
    assert not look.stops


@pytest.mark.parametrize(
    ("value", "rating"),
    [
        ("★★★★☆", 0.75), ("⭐⭐⭐⭐⭐", 1.0), ("4/5", 0.75), ("2 von 5", 0.25), ("80 %", 0.8), ("8/10", 0.8),
        ("4,5", 0.875), ("3 Sterne", 0.5), ("gut", 1.0), ("Non", 0.0), ("Sí", 1.0), ("soddisfatto", 1.0),
        ("ontevreden", 0.0), ("não", 0.0), ("👍", 1.0), (True, 1.0), ("", None), ("–", None), ("so-so", "none"),
        ("7", "none"), ("1e999", "none"),
    ],
)  # fmt: skip
def test_a_rating_is_read_as_people_write_it_or_refused(value: Any, rating: Any) -> None:
    scale = Scale(low=1, high=5, decimal=",", unrated=frozenset({"–"}))
    if rating == "none":
        with pytest.raises(NoRating):
            rating_in(value, scale=scale)
    else:
        assert rating_in(value, scale=scale) == rating


DATES: list[tuple[list[str], str, Any]] = [
    (["03/04/2026", "25/04/2026"], "Created at", "day"),
    (["03/04/2026", "04/25/2026"], "Created at", "month"),
    (["03.04.2026", "04.04.2026"], "Created at", "day"),
    (["03/04/2026", "04/04/2026"], "Erstellt am", "day"),
    (["03/04/2026", "04/04/2026"], "Created at", None),
    ([f"0{n}/04/2026" for n in range(1, 10)] + ["02/05/2026", "04/05/2026", "05/05/2026"], "Created at", "day"),
    ([f"04/0{n}/2026" for n in range(1, 10)] + ["05/02/2026", "05/04/2026", "05/05/2026"], "Created at", "month"),
    (["2026-04-03", "2026-04-04"], "Created at", ""),
]


@pytest.mark.parametrize(("dates", "header", "order"), DATES)
def test_day_or_month_comes_first_as_the_file_tells_and_is_asked_for_where_it_does_not(
    dates: list[str], header: str, order: Any
) -> None:
    rows = [("Where is it now?", "There it is.", date) for date in dates]
    question = "Frage" if header == "Erstellt am" else "question"
    look = seen(table((question, "answer", header), rows))
    if order is None:
        assert asked(look) == ["at"]
    else:
        assert (look.options.order, look.stops) == (order, False)


@pytest.mark.parametrize(
    "text",
    [
        "03.04.2026 14:05", "3.4.26 14:05", "03/04/2026 2:05 PM", "3 avril 2026 à 14:05", "3 avr. 2026 14h05",
        "3. April 2026, 14:05 Uhr", "3 de abril de 2026 14:05", "3 aprile 2026 14:05", "3 apr. 2026 14:05",
        "3 de abril de 2026 às 14h05", "Fri, 3 Apr 2026 14:05", "April 3, 2026 2:05 pm", "2026-04-03T14:05",
        "2026/04/03 14:05", "03.04.2026 16:05 MESZ", "03/04/2026 12:05:00 -02:00",
    ],
)  # fmt: skip
def test_a_time_is_read_in_seven_languages(text: str) -> None:
    assert moment_of(text, order="day") == datetime(2026, 4, 3, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", ["31.02.2026", "3 brumaire 2026", "03/04", "25:00", "03.04.2026 noon", "x" * 5000])
def test_what_is_no_time_is_none(text: str) -> None:
    assert moment_of(text, order="day") is None
    assert moment_of("03.04.2026") is None, "nobody said what comes first"


# Whatever is handed in ------------------------------------------------------------------------------


@pytest.mark.parametrize("which", EXPORTS)
def test_what_a_helpdesk_exports_is_read_whole_but_for_its_broken_rows(which: str) -> None:
    export = EXPORTS[which](count=60)
    look = seen(export.content, export.name)
    assert not look.stops
    batches = list(
        collect.read_batches(
            io.BytesIO(export.content),
            name=export.name,
            importer=look.importer,
            agent="desk",
            now=NOON,
            options=look.options,
            layout=look.layout,
        )
    )
    assert sum(len(batch.interactions) for batch in batches) == export.good
    assert sum(len(batch.rejected) for batch in batches) == export.bad
    kinds = {str(one.kind) for batch in batches for one in batch.feedback}
    assert {"takeover", "outcome", "csat"} <= kinds
    authors = {one.author for batch in batches for one in batch.feedback if one.kind.traits.is_worded}
    assert authors <= set(export.people)
    assert {one.at.year for batch in batches for one in batch.interactions} == {2026}


@settings(deadline=None, max_examples=60)
@given(
    st.binary(max_size=300)
    | st.binary(max_size=80).map(lambda tail: b"question,answer,rating,date\n" + tail)
    | st.lists(st.text(max_size=12), min_size=1, max_size=12).map(lambda cells: table(cells, [cells, cells[::-1]]))
    | st.text(max_size=60).map(lambda text: ("Frage;Antwort\n" + text).encode("utf-16", "surrogatepass")),
    st.sampled_from(["t.csv", "t.tsv", "t.jsonl", "t.json", "t"]),
)
def test_whatever_is_looked_at_gives_a_look_or_a_reason(content: bytes, name: str) -> None:
    try:
        look = seen(content, name)
    except InvalidInput:
        return
    assert look.found.rows
