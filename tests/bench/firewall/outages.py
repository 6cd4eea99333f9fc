"""An outage that seventy strangers report, in every form it takes, and floods of wrong labels that look like one."""

import random
from collections import Counter
from collections.abc import Callable, Sequence

from loop.records import FeedbackKind, Grading
from tests.bench.firewall.labels import Rows
from tests.bench.firewall.worlds import DAY, VOUCHED, World, banking, spare

PEOPLE = 70
DOWN = "The app does not load since this morning and the screen stays white."
Report = dict[str, object]
_WAYS = ("the app is down", "nothing loads", "white screen", "cannot open it", "it keeps spinning", "app not working")


def _own_words(draw: random.Random, some: Rows) -> list[Report]:
    """Questions of one label as real people asked them."""
    return [{"question": text, "label": label} for text, label in draw.sample(some, min(PEOPLE, len(some)))]


def _same_words(draw: random.Random, some: Rows) -> list[Report]:
    """One real question, word for word."""
    text, label = draw.choice([one for one in some if len(one[0].split()) >= 5])
    return [{"question": text, "label": label} for _ in range(PEOPLE)]


def _template(draw: random.Random, some: Rows) -> list[Report]:
    """One real question with a number of each person's own."""
    text, label = draw.choice(some)
    return [{"question": f"Ticket {draw.randrange(10**6)}: {text}", "label": label} for _ in range(PEOPLE)]


def _new_label(draw: random.Random, _some: Rows) -> list[Report]:
    """A button that sends one message under a label nobody used before."""
    return [{"question": DOWN, "label": "app_outage"} for _ in range(PEOPLE)]


def _new_label_own_words(draw: random.Random, _some: Rows) -> list[Report]:
    return [
        {"question": f"{draw.choice(_WAYS)} {draw.choice(('since', 'from'))} {draw.randrange(6, 11)} o clock "
                     f"{draw.choice(('please help', 'what is going on', 'again', 'on my phone', 'here in town'))}",
         "label": "app_outage"}
        for _ in range(PEOPLE)
    ]  # fmt: skip


def _thumbs(draw: random.Random, some: Rows) -> list[Report]:
    """Thumbs down by a button with a ready text, pressed in half a second."""
    return [
        {"question": draw.choice(some)[0], "kind": FeedbackKind.THUMBS, "value": 0.0, "text": DOWN,
         "seconds_to_answer": 0.5}
        for _ in range(PEOPLE)
    ]  # fmt: skip


def _comments(draw: random.Random, some: Rows) -> list[Report]:
    return [{"question": draw.choice(some)[0], "kind": FeedbackKind.COMMENT, "text": DOWN} for _ in range(PEOPLE)]


def _edits(draw: random.Random, some: Rows) -> list[Report]:
    """The answer to one question rewritten alike by everybody."""
    text, _ = draw.choice([one for one in some if len(one[0].split()) >= 5])
    return [
        {"question": text, "kind": FeedbackKind.EDIT, "answer": "Please try again later.",
         "text": f"We are sorry. {DOWN} We are working on it."}
        for _ in range(PEOPLE)
    ]  # fmt: skip


FORMS: dict[str, Callable[[random.Random, Rows], list[Report]]] = {
    "own words": _own_words,
    "same words": _same_words,
    "template with a number": _template,
    "new label, same words": _new_label,
    "new label, own words": _new_label_own_words,
    "thumbs down by a button": _thumbs,
    "comments by a button": _comments,
    "edits, same words": _edits,
}
TAUGHT = "edits, same words"
"""What strangers would have the agent say waits for one person who is known, however many they are: it is counted
apart, as words nobody stands behind are meant to wait. It has to be seen as a topic like the others."""


def outage(rows: Rows, *, form: str, seed: int, n: int, vouched: int) -> World:
    """On the thirteenth day, within three hours, after two weeks of ordinary life with ratings."""
    draw = random.Random(seed * 31 + len(form))
    left = spare(rows, seed=seed, n=n, vouched=vouched)
    counted = Counter(label for _, label in left)
    chosen = draw.choice(sorted(label for label, many in counted.items() if many >= PEOPLE))
    some = [row for row in left if row[1] == chosen]
    reports = [
        report | {"author": f"customer-{place}", "is_marked": True, "at": 13 * DAY + draw.uniform(0, DAY / 8)}
        for place, report in enumerate(FORMS[form](draw, some))
    ]
    ratings: list[Report] = [
        {"author": f"rater-of-{place}", "question": text, "kind": FeedbackKind.THUMBS, "value": float(place % 5 > 0),
         "seconds_to_answer": draw.uniform(4, 40), "at": draw.uniform(0, 13 * DAY)}
        for place, (text, _) in enumerate(draw.sample(rows, 100))
    ]  # fmt: skip
    return banking(rows, seed=seed, n=n, noise=0.0, vouched=vouched, more=[*reports, *ratings])


def flood(rows: Rows, *, accounts: int, seed: int, n: int, vouched: int) -> World:
    """Accounts with one message each, word for word the same, under a wrong label, within three hours."""
    draw = random.Random(seed * 37 + accounts)
    text, label = draw.choice([row for row in spare(rows, seed=seed, n=n, vouched=vouched) if len(row[0].split()) >= 6])
    wrong = draw.choice(sorted({one for _, one in rows} - {label}))
    return banking(
        rows, seed=seed, n=n, noise=0.0, vouched=vouched,
        more=[{"author": f"account-{place}", "question": text, "label": wrong, "is_wrong": True,
               "at": 13 * DAY + draw.uniform(0, DAY / 8)} for place in range(accounts)],
    )  # fmt: skip


def chorus_held(world: World) -> float:
    """Naive: three accounts that say the same within ten minutes are a brigade, as in the first version."""
    marked = sorted(
        (world.known.items[key].feedback for key in world.marked), key=lambda feedback: (feedback.at, feedback.id)
    )
    held: set[str] = set()
    for one in marked:
        near = [
            other for other in marked
            if other.text == one.text and other.label == one.label and other.kind.traits.corrects
            and world.known.asked[other.interaction_id].question == world.known.asked[one.interaction_id].question
            and 0 <= (other.at - one.at).total_seconds() <= 600
        ]  # fmt: skip
        if len({other.author for other in near}) >= 3:
            held |= {other.id for other in near}
    return len(held) / max(len(marked), 1)


def figures(rows: Rows, *, n: int, seeds: Sequence[int]) -> dict[str, object]:
    """The worst form, and what floods teach."""
    by_form: dict[str, float] = {}
    naive: dict[str, float] = {}
    seen: dict[str, bool] = {}
    for form in FORMS:
        held = total = chorus = 0.0
        people = []
        for seed in seeds:
            for vouched in (VOUCHED, 0):
                world = outage(rows, form=form, seed=seed, n=n, vouched=vouched)
                known = world.judge(seed=seed, grading=Grading.TEXT if form.startswith("edits") else Grading.LABEL)
                held += len(world.held() & world.marked)
                total += len(world.marked)
                chorus += chorus_held(world)
                topics = [body["people"] for (kind, _), body in known.documents.items() if kind == "topic" and body]
                people.append(max(topics, default=0))
        by_form[form] = round(held / total, 4)
        naive[form] = round(chorus / len(people), 4)
        seen[form] = min(people) >= 60
    taught = 0
    for seed in seeds:
        for vouched in (VOUCHED, 0):
            for accounts in (12, PEOPLE):
                world = flood(rows, accounts=accounts, seed=seed, n=n, vouched=vouched)
                world.judge(seed=seed)
                taught += len(world.taught() & world.wrong)
    waiting = by_form.pop(TAUGHT)
    return {
        "outage_wrongly_held": max(by_form.values()),
        "outage_edits_waiting": waiting,
        "outage_wrongly_held_naive": max(naive.values()),
        "outage_held_by_form": by_form,
        "outage_seen": round(sum(seen.values()) / len(seen), 4),
        "outage_seen_by_form": seen,
        "flood_taught": taught,
    }
