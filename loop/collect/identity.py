"""Stable identity: ids and pseudonyms that the same record always gets again, by whatever door it comes."""

import re
from datetime import datetime
from typing import Literal

from loop.records import Interaction, derived_id
from loop.text.redaction import is_clean, redact_text
from loop.text.spelling import fold, normalise

_OWN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,127}")


def stable_id(prefix: str, agent: str, external: str) -> str:
    """The id somebody else gave, kept when it is short and plain, else an id derived from it.

    The same external id of the same agent always gives the same id, so a feedback file finds the
    interactions of an interaction file.
    """
    return external if _OWN_ID.fullmatch(external) else derived_id(prefix, agent, external)


def pseudonym(agent: str, person: str) -> str:
    """The name of a person, replaced when it is an e-mail address, a number or another way to reach them.

    One person keeps one pseudonym within an agent: support counts distinct people, so a placeholder
    that makes two of them equal would be wrong. It is a plain hash, which hides an address from a
    reader, not from somebody who tries addresses one by one.
    """
    if not person or is_clean(person) or redact_text(person).text == person:
        return person
    return derived_id("person", agent, person.strip().casefold())


def question_group(agent: str, question: str) -> str:
    """The episode of a question that belongs to none: the same words share one, whatever their punctuation.

    Cases are split by episode, so one question never lands on both sides of a test.
    """
    return derived_id("e", agent, normalise(question) or fold(question))


def interaction_id(made: Interaction, *, at: datetime | None, identity: str | None = None) -> str:
    """An id from what was asked, answered, by whom, where and when.

    `at`: None when the moment is only assumed; `made.at` is not looked at. `identity`: what else sets it apart.
    """
    return derived_id(
        "i",
        made.agent,
        made.episode_id,
        made.position,
        made.customer,
        made.question,
        made.context,
        made.answer,
        made.label,
        made.article_id,
        at,
        identity,
    )


def stored_names(agent: str, what: Literal["customer", "author", "episode"], name: str) -> tuple[str, ...]:
    """How a person or a conversation may be named in what is stored: as given, masked, or by a derived id."""
    own = stable_id("e", agent, name) if what == "episode" else pseudonym(agent, name)
    return tuple(dict.fromkeys((name, own)))
