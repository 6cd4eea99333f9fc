"""Recipes: the few lines that connect an agent, by how it is built. Data; the page and the terminal show the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from loop.errors import InvalidInput
from loop.records import Verb

Language: TypeAlias = Literal["bash", "python"]

KEY_HERE = "YOUR_KEY"
"""Stands in the lines where the key goes, while there is none to put in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One way to connect. `lines` hold {address}, {agent} and {key}."""

    how: str
    """Names it in the address bar and in the terminal."""
    title: str
    says: str
    """For whom it is, in one sentence."""
    lines: str
    language: Language
    then: str
    """What one has to know beside the lines."""
    verbs: tuple[Verb, ...] = ()
    """What its key has to be able to do; empty: it takes no key."""
    code: str = ""
    """Lines of the agent's own program, where `lines` only set its environment."""

    @property
    def takes_key(self) -> bool:
        """Whether a program sends something here, with a key."""
        return bool(self.verbs)

    def filled(self, *, address: str, agent: str, key: str = "") -> Sequence[tuple[Language, str]]:
        """The lines for one agent, ready to copy: blocks with their language."""
        told = {"address": address.rstrip("/"), "agent": agent, "key": key or KEY_HERE}
        blocks: list[tuple[Language, str]] = [(self.language, self.lines.format(**told))]
        if self.code:
            blocks.append(("python", self.code.format(**told)))
        return blocks


_WRITES: tuple[Verb, ...] = ("interactions:write", "feedback:write", "versions:read")
_CALLS: tuple[Verb, ...] = ("models:call", "feedback:write")

RECIPES: Sequence[Recipe] = (
    Recipe(
        how="openai",
        title="OpenAI client",
        says="Your agent uses the openai client, or anything that speaks its API. Nothing in it is rewritten: its base "
        "URL leads through Ratchet, which records each call and puts the approved version into it.",
        lines="export OPENAI_BASE_URL={address}/k/{key}/v1",
        language="bash",
        verbs=_CALLS,
        then="Your provider's key stays where it is and goes on to the provider. To name a conversation or ticket, put "
        "/e/NAME before /v1.",
    ),
    Recipe(
        how="anthropic",
        title="Anthropic client",
        says="Your agent uses the anthropic client. Nothing in it is rewritten: its base URL leads through Ratchet, "
        "which records each call and puts the approved version into it.",
        lines="export ANTHROPIC_BASE_URL={address}/k/{key}",
        language="bash",
        verbs=_CALLS,
        then="Your provider's key stays where it is and goes on to the provider. To name a conversation or ticket, put "
        "/e/NAME at the end.",
    ),
    Recipe(
        how="otlp",
        title="OpenTelemetry",
        says="Your agent is traced already: by OpenTelemetry, OpenInference or OpenLLMetry. Its exporter sends the "
        "same spans here.",
        lines="export OTEL_EXPORTER_OTLP_ENDPOINT={address}\n"
        "export OTEL_EXPORTER_OTLP_HEADERS=x-ratchet-key={key}\n"
        "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        language="bash",
        verbs=("interactions:write", "feedback:write"),
        then="Let your instrumentation record the texts of messages; spans without texts teach nothing.",
    ),
    Recipe(
        how="litellm",
        title="LiteLLM",
        says="Your agent calls its models with LiteLLM, in your program or behind its proxy. A callback records each "
        "call; it never raises into your agent and never makes it wait.",
        lines="export RATCHET_URL={address}\nexport RATCHET_KEY={key}",
        code="import litellm\n"
        "from loop.sdk_litellm import callback\n"
        'litellm.callbacks.append(callback(agent="{agent}"))',
        language="bash",
        verbs=_WRITES,
        then="A callback only listens. To have approved versions put into the calls too, let them go through Ratchet, "
        "as with the OpenAI client.",
    ),
    Recipe(
        how="sdk",
        title="Three lines of Python",
        says="Your agent is a function in Python. One file of the standard library records each call of it; it never "
        "raises into your agent and never makes it wait.",
        lines="export RATCHET_URL={address}\nexport RATCHET_KEY={key}",
        code="from loop.sdk import Ratchet\n"
        'ratchet = Ratchet(agent="{agent}")\n'
        "answer = ratchet.observed(answer)  # your function: the question in, the answer out",
        language="bash",
        verbs=_WRITES,
        then='ratchet.feedback(id, "thumbs", author="anna", value=1.0) says what people thought of it.',
    ),
    Recipe(
        how="api",
        title="Plain HTTP",
        says="Your agent is written in another language. One request tells what it was asked and what it answered.",
        lines="curl {address}/api/v1/agents/{agent}/interactions \\\n"
        "  -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\\n"
        '  -d \'{{"id": "first-1", "question": "Where is my parcel?", "answer": "On its way."}}\'',
        language="bash",
        verbs=_WRITES,
        then="Everything else that can be sent is described at /api/openapi.json.",
    ),
    Recipe(
        how="file",
        title="A file",
        says="You have an export: conversations, ratings, edits. CSV, JSON Lines or Parquet.",
        lines="ratchet import chats.jsonl --agent {agent}\nratchet import ratings.csv --agent {agent}",
        language="bash",
        then="It looks first, shows five rows as they would arrive, and writes nothing before you say yes. Importing a "
        "file again changes nothing, and `ratchet import undo` takes a whole import back.",
    ),
    Recipe(
        how="pull",
        title="Phoenix, MLflow, Langfuse, LangSmith",
        says="Your agent's traces are kept by another tool. Ratchet reads what is new there, with what people said of "
        "it; your agent and that tool stay as they are.",
        lines="ratchet source add traces phoenix http://127.0.0.1:6006 --project default --key\n"
        "ratchet pull traces --agent {agent}",
        language="bash",
        then="Name the tool (phoenix, mlflow, langfuse or langsmith), its address and its project. With --agent at "
        "`ratchet source add`, the worker pulls by itself.",
    ),
    Recipe(
        how="endpoint",
        title="An endpoint of mine",
        says="Your agent answers at an address of its own. Ratchet calls it with held-out questions and the version to "
        "use, so that a change is tried on the real agent, tools and all.",
        lines="ratchet agent endpoint {agent} https://agent.example/answer",
        language="bash",
        then="This is how a version is tried. What your users ask comes in by one of the other ways, beside it.",
    ),
)


def recipe_named(how: str) -> Recipe:
    """Raises InvalidInput, naming all there are."""
    for one in RECIPES:
        if one.how == how:
            return one
    known = ", ".join(one.how for one in RECIPES)
    raise InvalidInput(f"There is no way to connect that is called {how}.", field="how", remedy=f"Known are: {known}.")
