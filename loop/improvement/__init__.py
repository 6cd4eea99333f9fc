"""Improvement: is the agent getting better, why, at what cost, and what next. Facts in, sentences out; pure."""

from loop.improvement.counting import WorkTotals, add_work, day_rows, hour_rows, quality_days
from loop.improvement.document import StoredBudget, budget_document, page_document, stored_budget, stored_page
from loop.improvement.export.numbers import as_csv, as_jsonl
from loop.improvement.export.report import as_html
from loop.improvement.facts import Facts
from loop.improvement.months import month_table
from loop.improvement.overview import overview
from loop.improvement.waiting import answers_a_week
from loop.improvement.wording import hours, kind_words, people_words, taken_words

__all__ = [
    "Facts",
    "StoredBudget",
    "WorkTotals",
    "add_work",
    "answers_a_week",
    "as_csv",
    "as_html",
    "as_jsonl",
    "budget_document",
    "day_rows",
    "hour_rows",
    "hours",
    "kind_words",
    "month_table",
    "overview",
    "page_document",
    "people_words",
    "quality_days",
    "stored_budget",
    "stored_page",
    "taken_words",
]
