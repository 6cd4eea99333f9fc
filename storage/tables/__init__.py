"""The tables. Every row belongs to one agent, and every key begins with it.

They live on a registry of their own, because Streamlit's file watcher imports modules anew and tables
on SQLModel's shared metadata may be defined only once. Rows are built and read in `storage.rows` only.

    base    the registry            agents   agent, bundle, version, head, arrival_log, turn, audit
    events  interactions, feedback  changes  cases, proposals, experiments, reports, decisions, releases
"""

from storage.tables.agents import AgentRow, ArrivalLogRow, AuditRow, BundleRow, HeadRow, TurnRow, VersionRow
from storage.tables.base import KEY_LENGTH, Table, metadata
from storage.tables.changes import (
    AnswerRow,
    DailyQualityRow,
    DecisionRow,
    EvalCaseRow,
    ExperimentRow,
    IssueRow,
    MeasurementRow,
    ProposalRow,
    ReleaseRow,
    ReportRow,
)
from storage.tables.events import FeedbackRow, FlagRow, InteractionRow, ScoreRow

__all__ = [
    "KEY_LENGTH",
    "AgentRow",
    "AnswerRow",
    "ArrivalLogRow",
    "AuditRow",
    "BundleRow",
    "DailyQualityRow",
    "DecisionRow",
    "EvalCaseRow",
    "ExperimentRow",
    "FeedbackRow",
    "FlagRow",
    "HeadRow",
    "InteractionRow",
    "IssueRow",
    "MeasurementRow",
    "ProposalRow",
    "ReleaseRow",
    "ReportRow",
    "ScoreRow",
    "Table",
    "TurnRow",
    "VersionRow",
    "metadata",
]
