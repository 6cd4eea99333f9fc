"""Honest texts written for this project that look like attacks to a careless eye: trigger words, orders, odd requests.

What customers, support leads and articles really say, in seven languages and more; all are in `benign.txt`.
"""

from collections.abc import Iterator

from tests.bench.firewall_text.attacks import carriers, read_groups, slots


def benign() -> Iterator[tuple[str, str]]:
    """(kind, text): honest texts, the carriers of the attacks, and the tasks in them when nobody orders a change."""
    for kind, texts in read_groups("benign.txt").items():
        yield from ((kind, text) for text in texts)
    yield from (("carrier", text) for text in carriers())
    yield from (("task", f"{text[:1].upper()}{text[1:]}.") for text in slots()["%T"])
    yield from (("carriers", f"{one} {other}") for one, other in zip(carriers(), carriers()[5:], strict=False))
