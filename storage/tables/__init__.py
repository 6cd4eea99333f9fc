"""The tables. Every row belongs to one agent, and every key begins with it; WORKSPACE names those few of none.

They live on a registry of their own, because Streamlit's file watcher imports modules anew and tables
on SQLModel's shared metadata may be defined only once. Rows are built and read in `storage.rows` only.

    base    the registry            agents   agent, secret, bundle, version, head, arrival_log, turn, audit, failed_job
    events  interactions, feedback  changes  cases, proposals, experiments, reports, decisions, releases
    cases   what people did about cases: acts, audits, named sets
    firewall  what the firewall derives from the log  panels  blind audits of it
    record  seals of the rows that decide  review  who reads what, comments, practice, every case a change was tried on
    counts  daily aggregates of signals, answers and work
    telemetry  parts of traces that wait for the rest
    connectors how far other tools were read
    lineage  imports, what proposals rest on, what was unlearned
    serve   what programs send: keys, idempotency, orphans, capture health
    erasing  what was erased, and tombstones  apart  raw text, and what imports overwrote
    people  who may sign in, roles at each agent, sign-ins
    probes  what a page asks a worker to do
    outgoing  versions that went live, what people are told, and who was; questions asked by day
"""

from storage.tables.agents import (
    AgentRow,
    ArrivalLogRow,
    AuditRow,
    BundleRow,
    FailedJobRow,
    HeadRow,
    SecretRow,
    TurnRow,
    VersionRow,
)
from storage.tables.apart import OverwrittenRow, RawTextRow
from storage.tables.base import KEY_LENGTH, Table, metadata
from storage.tables.cases import AuditAnswerRow, CaseActRow, CaseAuditRow, CaseSetRow
from storage.tables.changes import (
    AnswerRow,
    ComparisonRow,
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
from storage.tables.connectors import CursorRow
from storage.tables.counts import DailyAnswersRow, DailySignalRow, DailyWorkRow, HourlySignalRow
from storage.tables.erasing import ErasureRow, TombstoneRow
from storage.tables.events import FeedbackRow, FlagRow, InteractionRow, ScoreRow
from storage.tables.firewall import BucketRow, ClaimRow, DueRow, JudgedRow, KeptRow, QuestionRow, StandingRow
from storage.tables.lineage import ImportRow, ProposalSourceRow, UnlearningRow
from storage.tables.outgoing import AsksRow, NoticeRow, OutboxRow
from storage.tables.panels import FirewallAuditRow, FirewallVerdictRow
from storage.tables.people import WORKSPACE, GrantRow, PersonRow, SignInFailureRow, SignInLinkRow, SignInRow
from storage.tables.probes import ProbeRow, RecordCheckRow
from storage.tables.record import SealRow
from storage.tables.review import OutcomeRow, PracticeAnswerRow, RemarkRow, ViewingRow
from storage.tables.serve import ApiKeyRow, CaptureRow, KeyUseRow, OrphanRow, TicketRow
from storage.tables.telemetry import TelemetryRow

__all__ = [
    "KEY_LENGTH",
    "WORKSPACE",
    "AgentRow",
    "AnswerRow",
    "ApiKeyRow",
    "ArrivalLogRow",
    "AsksRow",
    "AuditAnswerRow",
    "AuditRow",
    "BucketRow",
    "BundleRow",
    "CaptureRow",
    "CaseActRow",
    "CaseAuditRow",
    "CaseSetRow",
    "ClaimRow",
    "ComparisonRow",
    "CursorRow",
    "DailyAnswersRow",
    "DailyQualityRow",
    "DailySignalRow",
    "DailyWorkRow",
    "DecisionRow",
    "DueRow",
    "ErasureRow",
    "EvalCaseRow",
    "ExperimentRow",
    "FailedJobRow",
    "FeedbackRow",
    "FirewallAuditRow",
    "FirewallVerdictRow",
    "FlagRow",
    "GrantRow",
    "HeadRow",
    "HourlySignalRow",
    "ImportRow",
    "InteractionRow",
    "IssueRow",
    "JudgedRow",
    "KeptRow",
    "KeyUseRow",
    "MeasurementRow",
    "NoticeRow",
    "OrphanRow",
    "OutboxRow",
    "OutcomeRow",
    "OverwrittenRow",
    "PersonRow",
    "PracticeAnswerRow",
    "ProbeRow",
    "ProposalRow",
    "ProposalSourceRow",
    "QuestionRow",
    "RawTextRow",
    "RecordCheckRow",
    "ReleaseRow",
    "RemarkRow",
    "ReportRow",
    "ScoreRow",
    "SealRow",
    "SecretRow",
    "SignInFailureRow",
    "SignInLinkRow",
    "SignInRow",
    "StandingRow",
    "Table",
    "TelemetryRow",
    "TicketRow",
    "TombstoneRow",
    "TurnRow",
    "UnlearningRow",
    "VersionRow",
    "ViewingRow",
    "metadata",
]
