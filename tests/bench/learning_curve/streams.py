"""What the streams are made of: real questions, who says what of them, and in which order."""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LEADS = ("lead-1", "lead-2")
RATERS = tuple(f"rater-{number:02}" for number in range(20))
BAD_RATERS = RATERS[:5]
TEACHING, TRUSTED, TARGETED, BATCHES = 2_000, 732, 60, 13
SETTINGS = ("clean", "noise20", "targeted")


@dataclass(frozen=True)
class Row:
    """One question with what its rater said."""

    text: str
    truth: str
    said: str
    author: str


@dataclass(frozen=True)
class Stream:
    """What one setting feeds to the loop, and who is to suffer."""

    name: str
    batches: tuple[tuple[Row, ...], ...]
    victim: str

    @property
    def teaching(self) -> list[Row]:
        """Rows that are not by a lead."""
        return [row for batch in self.batches for row in batch if row.author not in LEADS]


def read(path: Path) -> list[tuple[str, str]]:
    """Question and intent of each row."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]


def streams(rows: list[tuple[str, str]], *, seed: int) -> Iterator[Stream]:
    """The three settings over the same questions."""
    rng = random.Random(seed)
    shuffled = rng.sample(rows, len(rows))
    taught, trusted, spare = (
        shuffled[:TEACHING],
        shuffled[TEACHING : TEACHING + TRUSTED],
        shuffled[TEACHING + TRUSTED :],
    )
    intents = sorted({intent for _, intent in rows})
    victim, beneficiary = "card_arrival", "lost_or_stolen_card"
    honest = [Row(text, truth, truth, RATERS[place % len(RATERS)]) for place, (text, truth) in enumerate(taught)]
    led = [Row(text, truth, truth, LEADS[place % 2]) for place, (text, truth) in enumerate(trusted)]

    noisy = [
        Row(row.text, row.truth, rng.choice([one for one in intents if one != row.truth]), row.author)
        if row.author in BAD_RATERS and rng.random() < 0.8
        else row
        for row in honest
    ]
    attack = [
        Row(text, truth, beneficiary, f"visitor-{place % 3}")
        for place, (text, truth) in enumerate([row for row in spare if row[1] == victim][:TARGETED])
    ]
    for name, said in (
        ("clean", honest),
        ("noise20", noisy),
        ("targeted", rng.sample(honest + attack, len(honest + attack))),
    ):
        yield Stream(name=name, batches=tuple(_batches(said, led)), victim=victim)


def _batches(said: list[Row], led: list[Row]) -> Iterator[tuple[Row, ...]]:
    for number in range(BATCHES):
        cut = slice(len(said) * number // BATCHES, len(said) * (number + 1) // BATCHES)
        led_cut = slice(len(led) * number // BATCHES, len(led) * (number + 1) // BATCHES)
        yield (*led[led_cut], *said[cut])
