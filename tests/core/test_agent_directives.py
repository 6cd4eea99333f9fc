"""Instruction lines: the documented forms are obeyed to the letter, every other line is said to be ignored."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop.agent import LocalAgent, read_instructions
from loop.agent.directives import shape
from loop.records import Answer, Bundle, Condition, Example, Question, Rule

REPLY = "We refund you within a week. We guarantee it! The colour is red."


def ask(instructions: str, *, reply: str = REPLY, text: str = "I want my money back") -> Answer:
    bundle = Bundle(
        instructions=instructions,
        examples=(
            Example(id="a", question="I want my money back", answer=reply, label="refund"),
            Example(id="b", question="where is my parcel", label="parcel"),
        ),
    )
    return LocalAgent(bundle).answer([Question(text=text)])[0]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Always include: Order numbers help.", REPLY + " Order numbers help."),
        ("Never say: guarantee", "We refund you within a week. The colour is red."),
        ('Never say: "we GUARANTEE"', "We refund you within a week. The colour is red."),
        ("Greet with: Hello!", "Hello! " + REPLY),
        ("Sign off with: Your team", REPLY + "\n\nYour team"),
        ("Replace: colour => color", REPLY.replace("colour", "color")),
        ("Replace: we guarantee it => promised", "We refund you within a week. promised! The colour is red."),
        ("Replace: within a week => \\1 \\g<0>", r"We refund you \1 \g<0>. We guarantee it! The colour is red."),
        ("Replace: The =>", "We refund you within a week. We guarantee it!  colour is red."),
        ("Keep answers under: 9 words", "We refund you within a week. We guarantee it!"),
        ("Keep answers under: 3 words", "We refund you…"),
        ("  - always INCLUDE:Order numbers help.", REPLY + " Order numbers help."),
    ],
)
def test_a_line_is_obeyed_and_named(line: str, expected: str) -> None:
    answer = ask(line)
    assert answer.text == expected
    assert answer.obeyed == (line.strip(),)
    assert (answer.method, answer.label, answer.uses) == ("case", "refund", ("a",))


@pytest.mark.parametrize(
    "line",
    [
        "Always include: the colour is RED.",
        "Never say: warranty",
        "Never say: guarant",
        "Greet with: We refund you",
        "Replace: col => gol",
        "Keep answers under: 200 words",
        "Hand over when asked about: lawyer, gdpr",
        "Hand over below confidence: 0.35",
    ],
)
def test_a_line_that_changes_nothing_is_not_named(line: str) -> None:
    answer = ask(line)
    assert (answer.text, answer.obeyed) == (REPLY, ())
    assert read_instructions(line).ignored == ()


@pytest.mark.parametrize(
    "line",
    [
        "Be kind.",
        "Always include:",
        "Always include Order numbers",
        'Never say: ""',
        "Replace: a",
        "Replace: => b",
        "Keep answers under: nine words",
        "Keep answers under: 0 words",
        "Keep answers under: 5 characters",
        "Hand over below confidence: high",
        "Hand over below confidence: 1.5",
        "Hand over below confidence: nan",
        "Hand over when asked about: , ,",
        "Say: hello",
    ],
)
def test_any_other_line_is_ignored_and_said_to_be(line: str) -> None:
    assert read_instructions(line).ignored == (line,)
    assert ask(line).text == REPLY


def test_headings_and_blank_lines_are_neither() -> None:
    read = read_instructions("# Tone\n\n   \nBe kind.\n## More\nGreet with: Hi")
    assert read.ignored == ("Be kind.",)
    assert [order.line for order in read.orders] == ["Greet with: Hi"]


def test_a_topic_for_a_person_comes_before_rules_and_cases() -> None:
    line = "Hand over when asked about: lawyer, money back"
    assert ask(line) == Answer(method="handover", confidence=1, obeyed=(line,))
    bundle = Bundle(
        instructions=line, rules=(Rule(id="r", when=(Condition(field="question", op="contains", value="lawyer"),)),)
    )
    assert LocalAgent(bundle).answer([Question(text="My LAWYER will call")])[0].obeyed == (line,)


def test_an_answer_less_sure_than_asked_for_is_handed_over() -> None:
    line = "Hand over below confidence: 0.999"
    answer = ask(line, text="where is the money of my parcel")
    assert (answer.method, answer.obeyed, answer.text, answer.label) == ("handover", (line,), "", None)
    assert 0 < answer.confidence < 0.999
    assert ask(line).method == "case"


def test_a_reply_of_which_nothing_may_be_said_is_handed_over() -> None:
    answer = ask("Never say: guarantee", reply="We guarantee it.")
    assert (answer.method, answer.obeyed, answer.uses) == ("handover", ("Never say: guarantee",), ("a",))


def test_a_bare_label_is_never_touched() -> None:
    answer = ask("Greet with: Hello!\nNever say: parcel\nReplace: parcel => x", text="where is my parcel")
    assert (answer.text, answer.label, answer.obeyed) == ("parcel", "parcel", ())


def test_the_cut_leaves_room_for_what_must_be_said() -> None:
    answer = ask("Keep answers under: 12 words\nGreet with: Hello!\nAlways include: Bye now.\nSign off with: Your team")
    assert answer.text == "Hello! We refund you within a week. Bye now.\n\nYour team"
    assert len(answer.obeyed) == 4


def test_a_forbidden_phrase_beats_a_line_that_would_add_it() -> None:
    assert ask("Never say: promise\nAlways include: We promise.\nGreet with: Promise!").text == REPLY


lines = st.lists(
    st.sampled_from(
        [
            "Always include: Order numbers help.",
            "Never say: guarantee",
            "Greet with: Hello!",
            "Sign off with: Your team",
            "Replace: colour => color",
            "Keep answers under: 9 words",
            "Be kind.",
        ]
    ),
    max_size=7,
    unique=True,
)


@given(lines=lines, reply=st.text(alphabet="ab .!?\n…", max_size=40))
@settings(deadline=None, max_examples=150)
def test_shaping_twice_changes_nothing_more(lines: list[str], reply: str) -> None:
    kept = [line for line in lines if not line.startswith("Keep")]
    instructions = read_instructions("\n".join(kept))
    once = shape(reply, instructions=instructions)
    assert shape(once.text, instructions=instructions).text == once.text
    assert set(once.obeyed) <= set(kept)
