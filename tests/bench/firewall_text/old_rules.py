"""The rules that the detector replaced, kept as they were: the naive figures of the benchmark."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FLAGS = re.IGNORECASE | re.DOTALL


@dataclass(frozen=True)
class InstructionRule:
    """One pattern with what it means, in words a reviewer reads after “The text …”."""

    name: str
    hints: tuple[str, ...]
    """Lower-case pieces of which every match holds one: a plain search that spares most texts the pattern."""
    pattern: re.Pattern[str]
    reason: str


def _rule(name: str, hints: str, pattern: str, reason: str) -> InstructionRule:
    return InstructionRule(name, tuple(hints.split("|")), re.compile(pattern, _FLAGS), reason)


_BEFORE = r"(?:previous|prior|preceding|above|earlier|former|existing|original|current|initial|given|provided)"
_ORDERS = (
    r"(?:instructions?|prompts?|rules?|orders?|directions?|guidelines?|polic(?:y|ies)|commands?|assignments?|"
    r"programming|constraints?|context|messages?|articles?|documents?|tasks?)"
)
_DROP = r"(?:ignor(?:e|ing)|disregard(?:ing)?|forget|abandon|overrid(?:e|ing)|bypass|skip|neglect|drop|discard)"

RULES: tuple[InstructionRule, ...] = (
    # take the orders away --------------------------------------------------------------------
    _rule(
        "override",
        "ignor|disregard|forget|abandon|overrid|bypass|skip|neglect|drop|discard",
        rf"\b{_DROP}\b\W+(?:\w+\W+){{0,4}}?{_BEFORE}\W+(?:\w+\W+)?{_ORDERS}",
        "tells the system to drop its earlier instructions",
    ),
    _rule(
        "override_yours",
        "ignor|disregard|forget|abandon|overrid|bypass|skip|neglect|drop|discard",
        rf"\b{_DROP}\b\W+(?:all\W+)?(?:of\W+)?(?:your|the|these|those)\W+(?:\w+\W+)?{_ORDERS}",
        "tells the system to drop its instructions",
    ),
    _rule(
        "override_everything",
        "ignore|forget|disregard",
        r"\b(?:ignore|forget|disregard)\b\W+(?:everything|anything|all|whatever)\b.{0,30}"
        r"\b(?:above|before|previously|prior|said|told|discussed|and|that|beforehand)\b",
        "tells the system to forget everything before",
    ),
    _rule(
        "override_above",
        "above",
        r"\b(?:ignore|disregard|forget)\W+(?:the\W+)?above\b",
        "tells the system to drop what stands above",
    ),
    _rule(
        "override_german",
        "ignorier|vergiss|vergessen|missacht",
        r"\b(?:ignorier\w*|vergiss|vergessen\s+sie|missachte\w*)\b.{0,40}"
        r"\b(?:alle\w*|anweisung\w*|aufträge\w*|vorher\w*|davor|obige\w*|bisherige\w*|gesagte\w*|instruktion\w*)\b",
        "tells the system, in German, to drop its earlier instructions",
    ),
    _rule(
        "override_french",
        "oubli|ignor",
        r"\b(?:oublie[zr]?|ignore[zr]?)\b.{0,20}\b(?:toutes?|les)\b.{0,15}\b(?:instructions?|consignes?|règles?)\b",
        "tells the system, in French, to drop its instructions",
    ),
    _rule(
        "override_spanish",
        "olvid|ignor",
        r"\b(?:olvid[ae]\w*|ignor[ae]\w*)\b.{0,20}\b(?:todas?|todo|las)\b.{0,20}\b(?:instruccion\w*|reglas|digo|anterior\w*)\b",
        "tells the system, in Spanish, to drop its instructions",
    ),
    _rule(
        "irrelevant_before",
        "information|instruction",
        r"\b(?:previous|earlier|all)\W+(?:information|instructions?)\b.{0,40}\b(?:irrelevant|invalid|void|obsolete|outdated)\b"
        r"|\b(?:bisherigen|vorherigen)\W+informationen\b",
        "declares what the system was told before to be void",
    ),
    # give new ones ---------------------------------------------------------------------------
    _rule(
        "new_orders",
        "instruction|prompt|directive|orders",
        r"\b(?:new|updated|real|actual|following|changed?\s+your)\W+(?:system\W+)?(?:instructions?|prompt|directive|orders)\s*(?:are|is|to|:)",
        "announces new instructions",
    ),
    _rule(
        "your_instructions_are",
        "your",
        r"\byour\W+(?:new\W+)?(?:instructions?|task|job|purpose|goal|orders)\W+(?:is|are)\W+(?:now|to)\b",
        "gives the system a new task",
    ),
    _rule(
        "new_task",
        "new task|aufgabe",
        r"\b(?:concentrate|focus)\b.{0,15}\bnew\W+task\b|\bkonzentrier\w*\b.{0,30}\bneue\w*\W+aufgabe\b",
        "gives the system a new task",
    ),
    _rule(
        "from_now_on",
        "from now on",
        r"\bfrom\W+now\W+on\b.{0,20}\b(?:you|always|only|never|answer|reply|respond)\b",
        "sets a standing order for the system",
    ),
    _rule(
        "standing_order",
        "every time|everytime|each time|any time|anytime",
        r"\b(?:every|each|any)\s?time\W+(?:you|a\W+user|someone|anyone|a\W+customer)\b.{0,60}\b(?:answer|reply|respond|say|tell)\b",
        "sets a standing order for the system",
    ),
    _rule(
        "always_say",
        "always",
        r"(?:^|[.!?:;\n]\s*)(?:you\s+must\s+)?always\W+(?:say|answer|reply|respond|recommend|tell\W+(?:users|customers|everyone))\b",
        "orders the system what to say always",
    ),
    _rule(
        "to_the_model",
        "dear|note to|attention|hey|message",
        r"\b(?:dear|note\W+to|attention|hey|message\W+(?:to|for))\W+(?:the\W+)?(?:ai|assistant|model|llm|chat\s?bot|bot|gpt|system|language\W+model)\b\s*[,:!]",
        "addresses the model itself",
    ),
    _rule(
        "learn_this",
        "prompt|instruction|rules|memory|guidelines|knowledge",
        r"\b(?:update|change|rewrite|modify|overwrite|edit|add\W+to)\W+(?:the|your|its)\W+(?:system\W+)?(?:prompt|instructions?|rules?|memory|guidelines|knowledge\W+base)\b",
        "asks for a change of the instructions themselves",
    ),
    # change who it is ------------------------------------------------------------------------
    _rule(
        "now_you_are",
        "now|jetzt|nun",
        r"\b(?:you\W+are|you're|act|du\W+bist)\W+(?:now|jetzt|nun)\b|\b(?:now|jetzt)\W+(?:you\W+are|bist\W+du|act)\b",
        "gives the system another role",
    ),
    _rule(
        "pretend",
        "pretend|imagine|stell dir",
        r"\b(?:pretend|imagine)\W+(?:that\W+)?(?:you|to\W+be)\b|\bstell\W+dir\W+vor\W+,?\s*du\W+(?:bist|wärst)\b",
        "asks the system to pretend",
    ),
    _rule(
        "act_as",
        "act |behave|respond|function|fungier",
        r"\b(?:act|behave|respond|function)\W+(?:as|like)\W+(?:an?|the|my|if)\b|\bals\b.{0,50}\bfungier\w+",
        "gives the system another role",
    ),
    _rule(
        "role_play",
        "role|i want you",
        r"\brole\W?play(?:ing)?\W+as\b|\bi\W+want\W+you\W+to\W+(?:act|be|play|pretend|behave)\b",
        "gives the system another role",
    ),
    _rule(
        "unlocked",
        "dan mode|anything now|jail|developer|god mode|sudo|unrestricted|admin",
        r"\bDAN\W+mode\b|\bdo\W+anything\W+now\b|\bjail\W?br(?:eak|oken)\b|\b(?:developer|god|sudo|unrestricted|admin)\W+mode\b",
        "asks for a mode without rules",
    ),
    _rule(
        "no_rules",
        "restrict|filter|limit|censor|guardrail|safety|rules",
        r"\b(?:without|no|any)\W+(?:restrictions|filters?|limitations|censorship|guardrails|safety)\b.{0,40}\b(?:answer|respond|you|mode)\b"
        r"|\byou\W+(?:have|are\W+bound\W+by|follow)\W+no\W+(?:rules|restrictions|limits)\b",
        "claims that no rules hold",
    ),
    # get something out -----------------------------------------------------------------------
    _rule(
        "reveal_prompt",
        "prompt|instructions|guidelines",
        r"\b(?:reveal|show|print|repeat|display|output|tell\W+me|what\W+(?:are|is|was|were)|give\W+me|leak)\b.{0,30}"
        r"(?:\b(?:your|system|initial|hidden|original)\W+(?:\w+\W+)?(?:prompts?|instructions|guidelines)\b|\bthe\W+system\W+prompt\b)",
        "asks for the hidden instructions",
    ),
    _rule(
        "exfiltrate",
        "http|webhook|@",
        r"\b(?:send|post|forward|upload|e-?mail|transmit|exfiltrate|append|submit)\b.{0,60}(?:https?://|\bwebhook\b|\bto\W+[\w.+-]+@[\w-]+\.)",
        "asks to send something to an outside address",
    ),
    _rule(
        "secrets",
        "key|password|credential|secret|token|variable",
        r"\b(?:print|show|reveal|send|include|output|list|dump|leak)\b.{0,40}\b(?:api[\W_]?keys?|passwords?|credentials|secrets?|access\W+tokens?|env(?:ironment)?\W+variables?)\b",
        "asks for secrets",
    ),
    _rule("image_beacon", "![", r"!\[[^\]]*\]\(\s*https?://", "carries an image that loads from elsewhere"),
    _rule(
        "script",
        "<|=|javascript",
        r"<\s*(?:script|iframe|object|embed|svg|img|meta|link)\b|\bon(?:error|load|click)\s*=|\bjavascript:",
        "carries active page content",
    ),
    # force the output ------------------------------------------------------------------------
    _rule(
        "repeat_after_me",
        "repeat|say|output|print|respond|reply|answer|write",
        r"\brepeat\W+after\W+me\b|(?:^|[.!?:;,\n]\s*|\band\W+)(?:only|just|simply)\W+(?:say|output|print|(?:respond|reply|answer)\W+with)\b"
        r"|\b(?:and|then)\W+(?:say|print|write|output)\W+[\"“‘'I]",
        "dictates the output",
    ),
    _rule(
        "execute",
        "execut|run |eval|terminal|interpreter|shell",
        r"\b(?:execute|run|eval)\W+(?:the\W+)?(?:following|this|these)\W+(?:command|code|script|query|instructions?)\b|\bact\W+as\W+an?\W+(?:\w+\W+)?(?:terminal|interpreter|shell)\b",
        "asks to run something",
    ),
    _rule(
        "call_tool",
        "tool|function|plugin|api",
        r"\b(?:call|invoke|trigger)\W+(?:the\W+)?(?:tool|function|plugin|api)\b.{0,40}\b(?:with|to|and)\b|\"?(?:tool_calls?|function_call)\"?\s*[:=]",
        "asks to use a tool",
    ),
    _rule(
        "approve_this",
        "approv|accept|promot|merge|releas|ship|deploy|skip",
        r"\b(?:approve|accept|promote|merge|release|ship|deploy)\W+(?:this|the|my|all)\W+(?:\w+\W+)?(?:proposal|change|update|correction|feedback|version)s?\b"
        r"|\bskip\W+(?:the\W+)?(?:review|approval|validation|test)\b",
        "asks for its own approval",
    ),
    # marks of a conversation format ----------------------------------------------------------
    _rule(
        "role_tag",
        "<|[",
        r"<\|?\s*/?\s*(?:system|assistant|user|im_start|im_end|endoftext|instructions?|prompt|s)\s*\|?>|\[/?(?:INST|SYS|SYSTEM)\]|<</?SYS>>",
        "carries the role marks of a model conversation",
    ),
    _rule(
        "role_line",
        ":",
        r"(?:^|\n|\\n)\s*#{0,4}\s*(?:system|assistant|human|instructions?|developer)\s*(?:message|prompt)?\s*:",
        "carries a line that opens a system or assistant turn",
    ),
    _rule(
        "end_of_data",
        '---|===|###|"""|```',
        r"(?:-{3,}|={3,}|#{3,}|\"{3}|`{3})\s*(?:end|begin|start)\W+(?:of\W+)?(?:\w+\W+)?(?:data|feedback|input|context|document|user|prompt|instructions?)",
        "pretends that the data ends here",
    ),
    # encoded ---------------------------------------------------------------------------------
    _rule(
        "decode_this",
        "decode|decrypt|deobf|base64|rot13|unhex",
        r"\b(?:decode|decrypt|deobfuscate|base64|rot13|unhex)\b.{0,40}\b(?:and|then|this|following|:)",
        "asks to decode something",
    ),
    _rule(
        "blob",
        "",
        r"(?<![\w/+.=-])(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*\d)[A-Za-z0-9+/]{48,}={0,2}(?![\w/+=-])",
        "carries a long encoded string",
    ),
    _rule(
        "escapes",
        "\\x|\\u|%|&#",
        r"(?:\\x[0-9a-f]{2}){6,}|(?:\\u[0-9a-f]{4}){4,}|(?:%[0-9a-f]{2}){8,}|(?:&#x?[0-9a-f]{2,6};){4,}",
        "carries text hidden in escape codes",
    ),
)
"""First match is reported; order is severity."""

_RULES_OF: dict[str, tuple[int, ...]] = {
    hint: tuple(number for number, rule in enumerate(RULES) if hint in rule.hints)
    for hint in sorted({hint for rule in RULES for hint in rule.hints})
}


def breaks_a_rule(text: str) -> bool:
    """Whether the first detector would have flagged a text."""
    return any(True for _ in matches(text[:20_000]))


def matches(text: str) -> Iterator[InstructionRule]:
    """The rules a text breaks, most severe first."""
    lowered = text.lower()
    worth_trying = {number for hint, numbers in _RULES_OF.items() if hint in lowered for number in numbers}
    for number in sorted(worth_trying):
        if RULES[number].pattern.search(text):
            yield RULES[number]
