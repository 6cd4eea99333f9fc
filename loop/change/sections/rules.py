"""Rules: the first one that matches decides, before anything the agent has learned."""

from collections.abc import Iterable, Sequence

from loop.change import texts
from loop.change.acceptance import LINE_MAX, TEXT_MAX, check_id, check_words
from loop.change.footprint import Footprint
from loop.change.sections.row import FormField, Reason, Section, Step, shorten, summary_of_many
from loop.errors import OperationRefused
from loop.records import Condition, Rule, SetRule, StakesLevel


def rule_words(rule: Rule) -> str:
    """A rule as a sentence."""
    when = " and ".join(_condition_words(condition) for condition in rule.when)
    if rule.hand_over:
        return f"When {when}: hand over to a person."
    parts = [f"label {rule.label}"] if rule.label else []
    parts += [f"article {rule.article_id}"] if rule.article_id else []
    parts += [f'answer "{rule.answer}"'] if rule.answer else []
    return f"When {when}: {', '.join(parts)}."


def _condition_words(condition: Condition) -> str:
    field = "the question" if condition.field == "question" else condition.field.replace("_", " ")
    value = f'"{condition.value}"' if isinstance(condition.value, str) else _value(condition)
    match condition.op:
        case "contains":
            return f"{field} contains {value}"
        case "equals":
            return f"{field} is {value}"
        case "at_least":
            return f"{field} is at least {value}"
        case "at_most":
            return f"{field} is at most {value}"


def _value(condition: Condition) -> str:
    """As a person writes it: 60, not 60.0."""
    return condition.value if isinstance(condition.value, str) else f"{condition.value:.15g}"


def _title(rule: Rule) -> str:
    return shorten(rule_words(rule))


def _check(rule: Rule) -> None:
    """Refuse a rule that says nothing or limits without a number."""
    check_id(rule.id, field="rule.id")
    for condition in rule.when:
        texts.check(condition.field, field="rule.when.field", cap=LINE_MAX)
        if isinstance(condition.value, str):
            check_words(condition.value, field="rule.when.value")
            texts.check(condition.value, field="rule.when.value", cap=LINE_MAX)
            if condition.op in ("at_least", "at_most"):
                raise OperationRefused(
                    "A limit is not a number.", field="rule.when.value", remedy="Give a number, without quotes."
                )
    texts.check(rule.answer, field="rule.answer", cap=TEXT_MAX)
    texts.check(rule.label or "", field="rule.label", cap=LINE_MAX)
    texts.check(rule.article_id or "", field="rule.article_id", cap=LINE_MAX)
    if not (rule.hand_over or rule.answer.strip() or rule.label or rule.article_id):
        raise OperationRefused(
            "The rule says nothing.", field="rule.answer", remedy="Give an answer, a label, an article or hand over."
        )


def _summary(steps: Sequence[Step[Rule]]) -> str:
    if len(steps) != 1:
        return summary_of_many(steps, noun="rule")
    (step,) = steps
    if step.new is not None:
        return rule_words(step.new)
    return f"Retire the rule: {_title(step.old)}" if step.old else "Retire a rule"


def _says(step: Step[Rule]) -> Iterable[str]:
    if step.new is None:
        return []
    return [step.new.answer, *(f"{one.field} {_value(one)}" for one in step.new.when if one.field != "question")]


def _stakes(steps: Sequence[Step[Rule]]) -> Iterable[Reason]:
    for step in steps:
        hands_over = any(rule is not None and rule.hand_over for rule in (step.old, step.new))
        if step.new is None and hands_over:
            yield Reason(StakesLevel.HIGH, "Retires a rule that hands over to a person.")
        elif step.new is None:
            yield Reason(StakesLevel.MEDIUM, "Retires a rule.")
        elif hands_over:
            yield Reason(StakesLevel.HIGH, "Changes when a person takes over.")
        else:
            yield Reason(StakesLevel.MEDIUM, "Sets a rule, which goes before everything the agent has learned.")


def _footprint(rule: Rule) -> Footprint:
    return Footprint(
        labels=frozenset({rule.label} if rule.label else ()),
        article_ids=frozenset({rule.article_id} if rule.article_id else ()),
        answers=frozenset({rule.answer} if rule.answer else ()),
        rules=(rule,),
    )


def _draft(fresh_id: str) -> SetRule:
    """A rule with one condition to fill in; not valid before that."""
    when = (Condition.model_construct(field="question", op="contains", value=""),)
    return SetRule(rule=Rule.model_construct(id=f"rule-{fresh_id}", when=when))


RULES: Section[Rule] = Section(
    name="rules",
    label="Rule",
    noun="rule",
    words=rule_words,
    title=_title,
    check=_check,
    summary=_summary,
    says=_says,
    stakes=_stakes,
    footprint=_footprint,
    fields=(
        FormField(name="when", label="When", kind="conditions"),
        FormField(name="label", label="Label it answers with", kind="name"),
        FormField(name="answer", label="Reply (empty: the label is the reply)", kind="text"),
        FormField(name="hand_over", label="Hand over to a person instead", kind="flag"),
    ),
    draft=_draft,
    tells_place=True,
)
