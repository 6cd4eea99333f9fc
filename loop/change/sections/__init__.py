"""The sections of a bundle, one row each: diff, checks, stakes, footprint, titles and forms are read off them."""

from collections.abc import Mapping
from typing import Any

from loop.change.sections.approaches import APPROACHES
from loop.change.sections.articles import ARTICLES
from loop.change.sections.examples import EXAMPLES
from loop.change.sections.instructions import INSTRUCTIONS
from loop.change.sections.model import MODEL
from loop.change.sections.row import FormField, Reason, Section, Step, shorten
from loop.change.sections.rules import RULES
from loop.change.sections.search import SEARCH
from loop.records import SectionName

__all__ = ["SECTIONS", "FormField", "Reason", "Section", "Step", "shorten"]

SECTIONS: Mapping[SectionName, Section[Any]] = {
    row.name: row for row in (INSTRUCTIONS, RULES, EXAMPLES, ARTICLES, SEARCH, APPROACHES, MODEL)
}
"""In the order a reviewer reads them."""
