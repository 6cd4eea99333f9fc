"""Shape of a helpdesk ticket: messages by a customer, by the agent and by people, with takeover and satisfaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import dropwhile
from typing import Any, Literal, TypeAlias

from loop.collect.build import RowDefaults, RowRecords, feedback_from_row
from loop.collect.files.fields import Cells, Field, Unusable, meant, text_of
from loop.collect.files.paths import find, word_of
from loop.collect.identity import question_group, stable_id
from loop.records import Feedback, FeedbackKind, Interaction, derived_id

Role: TypeAlias = Literal["customer", "agent", "person", "hidden"]

_WORDS: dict[Role, str] = {
    "customer": "customer user client requester visitor end-user end_user enduser contact lead guest asker incoming "
    "kunde kundin nutzer nutzerin anfrager utilisateur utilisatrice cliente usuario usuaria utente klant gebruiker "
    "utilizador usuário",
    "agent": "bot assistant ai chatbot virtual_agent virtual-agent virtual_assistant model automation robot copilot "
    "ki ia ki-agent answer_bot ai_agent ai-agent assistent",
    "person": "agent staff support operator employee teammate admin human human_agent human-agent rep representative "
    "outgoing mitarbeiter mitarbeiterin bearbeiter bearbeiterin agente asesor conseiller conseillère operatore "
    "operatrice medewerker atendente operador operadora",
    "hidden": "note internal private system event notiz note_interne nota systeem",
}
ROLES: dict[str, Role] = {word: role for role, words in _WORDS.items() for word in words.split()}
"""Who wrote a message, by the words exports use. Where a desk's `agent` is the machine: `--map bot:=agent`."""

_FOLLOWING = 200
"""Messages of one ticket that are read; a person has long taken over."""


@dataclass(slots=True)
class _Turn:
    """What a customer asked, what the agent answered, and what a person answered in its place."""

    asked: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    taken_over: list[str] = field(default_factory=list)
    by: str = ""
    at: datetime | None = None
    taken_over_at: datetime | None = None


class Tickets:
    """One ticket with its messages per row: an interaction for every question up to the first answer by a person.

    A person's answer is a TAKEOVER by who wrote it. Satisfaction is a CSAT of the agent's last answer where no person
    wrote; where one did, the customer rated that person's answer, and it is an OUTCOME of the ticket.
    """

    says = "helpdesk tickets with their messages, one ticket per row: takeovers and satisfaction"
    author = "staff"
    fields = (
        Field("messages", "the list of the ticket's messages", is_needed=True),
        Field("question", "what was asked first, where that is not among the messages"),
        Field("subject", "the subject line; asked where the first message is empty"),
        Field("message.text", "in a message: its text"),
        Field("message.author", "in a message: who wrote it"),
        Field("message.role", "in a message: customer, bot, agent or note, in any words a table of words explains"),
        Field("message.hidden", "in a message: true where the customer does not see it"),
        Field("message.at", "in a message: when"),
        Field("requester", "the id of who asked, as messages name it"),
        Field("bot", "which authors or roles are the agent, by comma, such as --map bot:=aria,12345"),
        Field("rating", "the customer's satisfaction"),
        Field("comment", "the words that came with it"),
        Field("customer", "who asked; without it the requester"),
        Field("id", "the id of the ticket"),
        Field("at", "when it was opened"),
        Field("topic", "slice for reports"),
        Field("version", "number of the version that answered"),
        Field("context", "facts beside the question, as an object"),
    )

    def make(self, cells: Cells, *, defaults: RowDefaults) -> RowRecords:
        """Raises Unusable."""
        turns = _turns(cells)
        external, customer = cells.name_of("id"), cells.text("customer").strip() or cells.text("requester").strip()
        at = cells.moment("at") or turns[0].at
        first = "\n".join(turns[0].asked)
        episode = (
            stable_id("e", defaults.agent, external) if external else question_group(defaults.agent, first + customer)
        )
        interactions = [
            Interaction(
                id=stable_id("i", defaults.agent, external)
                if external and position == 0
                else derived_id("i", defaults.agent, episode, position),
                agent=defaults.agent,
                episode_id=episode,
                customer=customer,
                position=position,
                at=turn.at or at or defaults.at,
                question="\n".join(turn.asked),
                context=cells.context(),
                answer="\n".join(turn.answered),
                topic=cells.text("topic").strip(),
                version=cells.whole("version"),
                source=defaults.source,
                attributes=cells.rest() if position == 0 else {},
            )
            for position, turn in enumerate(turns)
        ]
        said = [
            feedback_from_row(
                defaults,
                interaction_id=made.id,
                kind=FeedbackKind.TAKEOVER,
                author=turn.by,
                at=turn.taken_over_at or turn.at or at,
                text="\n".join(turn.taken_over),
            )
            for made, turn in zip(interactions, turns, strict=True)
            if turn.taken_over
        ]
        return RowRecords(tuple(interactions), (*said, *_rated(cells, defaults, interactions, turns=turns, at=at)))


def _rated(
    cells: Cells, defaults: RowDefaults, made: Sequence[Interaction], *, turns: Sequence[_Turn], at: datetime | None
) -> list[Feedback]:
    value, comment = cells.rating("rating"), cells.text("comment")
    if value is None and not comment.strip():
        return []
    by_agent = [one for one in made if one.answer]
    is_taken_over = any(turn.taken_over for turn in turns)
    rates = FeedbackKind.OUTCOME if is_taken_over or not by_agent else FeedbackKind.CSAT
    customer = made[0].customer
    return [
        feedback_from_row(
            defaults,
            interaction_id=(made if is_taken_over or not by_agent else by_agent)[-1].id,
            kind=FeedbackKind.COMMENT if value is None else rates,
            author=customer or "customer",
            at=at,
            value=value,
            text=comment,
            attributes={} if customer else {"author_is": "position"},
        )
    ]


def _turns(cells: Cells) -> list[_Turn]:
    """The turns of a ticket, up to the first that a person answered. Raises Unusable when nothing was asked."""
    messages = cells.items("messages")[:_FOLLOWING]
    if not all(isinstance(message, dict) for message in messages):
        raise cells.unusable("messages", "has to be a list of messages")
    reader = _Reader(cells)
    turns = [_Turn(asked=[reader.question])] if reader.question else []
    for message in messages:
        role, text = reader.role_of(message), reader.text_of(message)
        if role == "hidden" or not text:
            continue
        if role == "customer":
            if turns and turns[-1].taken_over:
                break
            reader.ask(turns, text, at=reader.moment_of(message))
        elif turns and role == "agent" and not turns[-1].taken_over:
            turns[-1].answered.append(text)
        elif turns and role == "person":
            turn = turns[-1]
            turn.by = turn.by or text_of(reader.author_of(message)) or ""
            turn.taken_over_at = turn.taken_over_at or reader.moment_of(message)
            turn.taken_over.append(text)
    asked = list(dropwhile(lambda turn: not "".join(turn.asked).strip(), turns))
    if not asked:
        raise Unusable("missing", "The ticket has no message by the customer. Say who is who: --map message.role=…")
    return asked


class _Reader:
    """Reads the messages of one ticket."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._requester = word_of(cells.raw("requester"))
        self._bots = {one.strip().casefold() for one in cells.text("bot").split(",") if one.strip()}
        self.question = cells.text("question").strip()
        if not self.question and not cells.items("messages"):
            self.question = cells.text("subject").strip()

    def ask(self, turns: list[_Turn], text: str, *, at: datetime | None) -> None:
        """The customer writes: more of the question that is open, or the next one. Said twice is said once."""
        if turns and not turns[-1].answered:
            asked = turns[-1].asked
            if _same(asked[0], text):
                asked[0] = max(asked[0], text, key=len)
            else:
                asked.append(text)
            turns[-1].at = turns[-1].at or at
        else:
            turns.append(_Turn(asked=[text], at=at))

    def text_of(self, message: dict[str, Any]) -> str:
        text = text_of(self._of(message, "message.text"))
        return (text or "").strip()

    def author_of(self, message: dict[str, Any]) -> Any:
        return self._of(message, "message.author")

    def moment_of(self, message: dict[str, Any]) -> datetime | None:
        return self._cells.moment_in(self._of(message, "message.at"), "message.at")

    def role_of(self, message: dict[str, Any]) -> Role:
        """Who wrote it: hidden, the agent by name, the requester, and then what its role says; else a person."""
        if word_of(self._of(message, "message.hidden")) in ("true", "1", "yes"):
            return "hidden"
        author, role = word_of(self.author_of(message)), word_of(self._of(message, "message.role"))
        if self._bots & {author, role}:
            return "agent"
        if author and author == self._requester:
            return "customer"
        return ROLES.get(role.replace(" ", "_"), "person")

    def _of(self, message: dict[str, Any], name: str) -> Any:
        chosen = self._cells.chosen
        if name in chosen.constants:
            return chosen.constants[name]
        value = None
        for path in chosen.columns.get(name, ()):
            value = find(message, path)
            if value is not None and value != "":
                break
        words = chosen.words.get(name)
        return meant(value, words) if words else value


def _same(one: str, other: str) -> bool:
    """Whether two texts begin alike: exports give the first message twice, once with and once without its layout."""
    short, long = sorted((" ".join(one.split()), " ".join(other.split())), key=len)
    return bool(short) and long[: len(short)][:80] == short[:80]
