"""What detectors may look at: one record, so that a new detector needs no new plumbing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loop.records import AuthorStanding
from loop.validate.fits import Crowd, Reference
from loop.validate.views import KnownAnswer


@dataclass(frozen=True)
class Scene:
    """What detectors may look at: what is known of the people, groups and models around some rows."""

    named: frozenset[str]
    standings: Mapping[str, AuthorStanding]
    summaries: Mapping[str, Mapping[str, Any]]
    """What groups of near-identical questions come to, by number."""
    paces: Mapping[str, Mapping[str, Any]]
    reference: Reference
    crowd: Crowd
    """What everybody says, where there is no model of known answers."""
    leaning: frozenset[str]
    """Choices that newcomers make for questions which, taken together, look like something else."""
    vouched: Mapping[str, KnownAnswer]
    """The known answer of an interaction."""
