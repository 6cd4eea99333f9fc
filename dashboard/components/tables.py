"""Data frames for large lists: which columns, in which order, how wide."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components import words
from loop.records import DOUBTED_STATES, FeedbackState
from storage.queries.feedback import FeedbackLine

_COLUMNS = ("When", "State", "Kind", "Value", "Said", "Question", "Why it is held", "Topic", "Author")
_DOUBTED_COLUMNS = ("When", "State", "Kind", "Why it is held", "Said", "Value", "Question", "Topic", "Author")


def column_order(states: Iterable[FeedbackState]) -> tuple[str, ...]:
    """The reason comes early where it is what one came for."""
    return _DOUBTED_COLUMNS if DOUBTED_STATES & set(states) else _COLUMNS


def column_config() -> dict[str, Any]:
    """How the columns are shown."""
    return {
        "When": st.column_config.DatetimeColumn(format="D MMM, HH:mm", width=118),
        "State": st.column_config.TextColumn(width=96),
        "Value": st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.2f", width="small"),
        "Why it is held": st.column_config.TextColumn(width="large"),
    }


def feedback_frame(lines: Sequence[FeedbackLine], *, zone: tzinfo) -> pd.DataFrame:
    """One row for each line, times on the viewer's clock. Cells are plain text; a data frame runs no markup."""
    return pd.DataFrame(
        {
            "When": [line.received_at.astimezone(zone).replace(tzinfo=None) for line in lines],
            "State": [words.FEEDBACK_STATES[line.state].name for line in lines],
            "Kind": [words.FEEDBACK_KINDS[line.kind] for line in lines],
            "Value": [line.value for line in lines],
            "Said": [line.said for line in lines],
            "Question": [line.question for line in lines],
            "Why it is held": ["; ".join(line.reasons) for line in lines],
            "Topic": [line.topic for line in lines],
            "Author": [line.author for line in lines],
        }
    )
