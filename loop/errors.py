"""Every error Ratchet raises on purpose, in one small tree.

    RatchetError
    ├── InvalidInput        what was handed in cannot be used: names the field and the remedy
    │   └── OperationRefused    a change does not fit the bundle it should be applied to
    ├── NotFound            the thing named does not exist for this agent
    ├── NotAllowed          this person may not do this
    │   └── SignedOut           nobody is signed in here any more
    ├── Conflict            somebody or something was faster: nothing was changed
    │   ├── DigestMismatch      what was approved is not what is stored
    │   └── StaleBase           the live version moved under the proposal
    ├── ModelFailed         the language model did not give a usable reply
    │   ├── AnswersPending      others are asking it now; come back when the answers are kept
    │   └── BudgetSpent         the day's ceiling of questions is reached; asking goes on tomorrow
    ├── SourceFailed        another tool that interactions are read from did not give what it should
    ├── Damaged             something stored is not what was written; everything else still works
    └── StoreUnavailable    the database cannot be reached or is not ours to use

Messages are sentences for a person. They never echo stored text, keys or personal data.
"""


class RatchetError(Exception):
    """Base of the tree. `remedy` says what the reader can do next; it may be empty."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class InvalidInput(RatchetError):
    """What was handed in cannot be used. `field` names the column, option or attribute."""

    def __init__(self, message: str, *, field: str = "", remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.field = field


class OperationRefused(InvalidInput):
    """The operation does not fit the bundle: a quoted line is missing, an id is taken or unknown."""


class NotFound(RatchetError):
    """The thing named does not exist, or belongs to another agent (the two are not told apart)."""


class NotAllowed(RatchetError):
    """The actor's role does not allow the action, or the actor wrote what they want to approve."""


class SignedOut(NotAllowed):
    """The sign-in is over: it was ended, it is too old, or nothing was done for too long."""


class Conflict(RatchetError):
    """Another writer was first. Nothing was changed."""


class DigestMismatch(Conflict):
    """The digest shown to the person differs from the digest stored now."""


class StaleBase(Conflict):
    """The proposal's base is no longer the live version."""


class ModelFailed(RatchetError):
    """The model endpoint failed, or its reply did not pass the schema after one retry."""


class SourceFailed(RatchetError):
    """Another tool cannot be reached, refused, or replied with something it is not documented to."""


class Damaged(RatchetError):
    """Stored content cannot be read, or is not what its digest says: it was changed from outside."""


class BrokenChain(Damaged):
    """The live version does not follow from the record: it is not run, not answered with and not exported."""


class AnswersPending(ModelFailed):
    """Answers are missing and are being asked for by the workers; nothing is wrong."""


class BudgetSpent(ModelFailed):
    """The agent's ceiling of questions for the day is reached: nothing was asked beyond it."""


class StoreUnavailable(RatchetError):
    """The database cannot be reached, is newer than this program, or is not a Ratchet database."""
