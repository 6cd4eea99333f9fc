"""`ratchet cases …`: what examines an agent, who made it, what it leaves out; hand cases in, audit them blind."""

import json
from pathlib import Path

import click

from loop import collect, desk, wiring
from loop.cli.import_options import mapping_of
from loop.cli.opening import Opened, opened
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.records import Actor, Agreement, CaseDraft, EvalCase, Split, case_set_digest
from loop.text.invisible import reveal
from storage.queries import Scope
from storage.queries import cases as queries
from storage.queries.cases import CaseFilter

_SHOWN = 20
"""Lines of a kind printed before the rest is only counted."""
_AGENT = click.option("--agent", "slug", required=True, help="Slug of the agent.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
_OPEN_SPLITS = click.Choice([Split.LOG.value, Split.DEV.value])


@click.group("cases")
def cases_group() -> None:
    """Look at what examines an agent, hand cases in, and audit them blind."""


@cases_group.command("who")
@_AGENT
@_JSON
def who_command(slug: str, as_json: bool) -> None:
    """Say who made the cases, when, per topic and person; of sealed ones totals only."""
    with opened() as session:
        parts = session.parts(slug)
        found, made = desk.examination(parts), queries.composition(_scope(session, slug))
    if as_json:
        told = made.model_dump(mode="json") | {"examination": found.model_dump(mode="json")}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    log = f"{made.log:,}{' or more' if made.is_log_cut else ''}"
    click.echo(f"{made.sealed:,} sealed, {made.dev:,} dev, {log} log; {made.protected:,} protected.")
    click.echo(f"Sealed cases that somebody has read: {made.sealed_shown:,}.")
    for words in desk.examiner_words(found, slug=slug):
        click.echo(words)
    _table("person", [(one.name, one.sealed, one.dev, one.log) for one in made.makers])
    _table("topic", [(one.name, one.sealed, one.dev, one.log) for one in made.topics])


@cases_group.command("list")
@_AGENT
@click.option("--split", type=_OPEN_SPLITS, default=Split.DEV.value, show_default=True, help="Which part.")
@click.option("--topic", default="", help="Of this topic only.")
@click.option("--by", "author", default="", help="Made by this person only.")
@click.option("--protected", "is_protected", is_flag=True, default=None, help="Protected ones only.")
@click.option("--limit", type=click.IntRange(1, 500), default=queries.PAGE, show_default=True)
def list_command(slug: str, split: str, topic: str, author: str, is_protected: bool | None, limit: int) -> None:
    """List dev or log cases, newest first. Sealed ones are never listed."""
    wanted = CaseFilter(split=Split(split), topic=topic, author=author, is_protected=is_protected, limit=limit)
    with opened() as session:
        session.parts(slug)
        lines = queries.list_cases(_scope(session, slug), wanted)
    for line in lines:
        mark = "  (protected)" if line.is_protected else ""
        click.echo(f"{line.id}  {line.at:%Y-%m-%d}  {line.author}{mark}")
        click.echo(f"    {reveal(line.question)}\n    → {reveal(line.expected)}")
    if not lines:
        click.echo("No such case.")


@cases_group.command("coverage")
@_AGENT
@click.option(
    "--enough", type=click.IntRange(min=1), default=queries.ENOUGH, show_default=True, help="Cases a topic needs."
)
@_JSON
def coverage_command(slug: str, enough: int, as_json: bool) -> None:
    """Say how much of what is asked the cases cover, and which topics have none."""
    with opened() as session:
        session.parts(slug)
        found = queries.coverage(_scope(session, slug), enough=enough)
    if as_json:
        told = found.model_dump(mode="json") | {"covered": found.covered}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    if found.covered is None:
        click.echo(f"Unknown: none of the newest {found.looked_at:,} answers has a topic.")
        return
    share = f"{found.covered:.0%} of the newest {found.looked_at - found.without_topic:,} answers with a topic"
    click.echo(f"{share} are about one of {enough} dev and sealed cases or more.")
    if found.without_topic:
        click.echo(f"{found.without_topic:,} more have no topic.")
    for one in found.bare[:_SHOWN]:
        click.echo(f"  no case: {reveal(one.name)}  ({one.answers:,} answers)")
    if len(found.bare) > _SHOWN:
        click.echo(f"  … and {len(found.bare) - _SHOWN} more topics without a case")


@cases_group.command("protect")
@_AGENT
@click.argument("case_ids", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; it goes into the record.")
@click.option("--off", is_flag=True, help="Take the protection back.")
def protect_command(slug: str, case_ids: tuple[str, ...], reason: str, off: bool) -> None:
    """Say that no change may break the cases CASE_IDS: one regression on them blocks it."""
    with opened() as session:
        parts, actor = session.parts(slug), wiring.operator(session.settings)
        n = desk.protect(parts, case_ids, actor=actor, reason=reason, is_protected=not off)
    click.echo(f"{n} of {len(case_ids)} are {'no longer protected' if off else 'protected'} from now on.")


@cases_group.command("keep")
@_AGENT
@click.argument("name")
def keep_command(slug: str, name: str) -> None:
    """Keep which cases examine now as the set NAME."""
    with opened() as session:
        kept = desk.keep_set(session.parts(slug), name, actor=wiring.operator(session.settings))
    n = sum(map(len, kept.case_ids.values()))
    click.echo(f"Kept {kept.name}: {n:,} cases, digest {kept.digest[:12]}.")


@cases_group.command("sets")
@_AGENT
def sets_command(slug: str) -> None:
    """List the kept sets, each against the cases that examine now."""
    with opened() as session:
        store = session.parts(slug).store
        now, sets = store.cases([Split.DEV, Split.SEALED]), store.case_sets()
    ids, digest = {case.id for case in now}, case_set_digest(now)
    click.echo(f"now: {len(ids):,} cases, digest {digest[:12]}")
    for one in sets:
        held = {case_id for some in one.case_ids.values() for case_id in some}
        same = (
            "the same as now" if one.digest == digest else f"{len(ids - held):,} came, {len(held - ids):,} went since"
        )
        click.echo(
            f"{one.name}: {len(held):,} cases, digest {one.digest[:12]}, {one.at:%Y-%m-%d} by {one.actor}; {same}"
        )


@cases_group.command("export")
@_AGENT
@click.option("--split", "splits", type=_OPEN_SPLITS, multiple=True, help="Which part; dev when left out. Repeatable.")
@click.option("--burn-sealed", is_flag=True, help="Sealed ones too: their secrecy is gone, and the journal says so.")
@click.option("--reason", default="", help="Why sealed cases leave; it goes into the record.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; the terminal when left out."
)
def export_command(slug: str, splits: tuple[str, ...], burn_sealed: bool, reason: str, out: Path | None) -> None:
    """Write cases as JSON Lines."""
    wanted = [Split(one) for one in splits or ((Split.DEV.value,) if not burn_sealed else ())]
    wanted += [Split.SEALED] if burn_sealed else []
    if out is not None and out.exists():
        raise InvalidInput(f"There is a file {out.name} already.", field="--out", remedy="Name another one.")
    with opened() as session:
        actor = wiring.operator(session.settings)
        cases = desk.case_rows(session.parts(slug), wanted, actor=actor, is_burning=burn_sealed, reason=reason)
    lines = "".join(f"{_line(case)}\n" for case in cases)
    if out is None:
        click.echo(lines, nl=False)
    else:
        out.write_text(lines, encoding="utf-8")
        click.echo(f"Wrote {len(cases):,} cases to {out.name}.")


@cases_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_AGENT
@click.option("--map", "mappings", multiple=True, metavar="OURS=THEIRS", help="Our field = their column. Repeatable.")
@click.option("--keep-personal-data", is_flag=True, help="Do not mask secrets and personal data: a verbatim copy.")
@_JSON
def import_command(file: Path, slug: str, mappings: tuple[str, ...], keep_personal_data: bool, as_json: bool) -> None:
    """Take the cases of FILE (CSV, JSON Lines, JSON or Parquet). You answer for them; the split is drawn.

    Needs a column question and a column expected; topic, group, context, must_include and must_exclude are read too.
    Importing it again changes nothing.
    """
    redaction = collect.Redaction.OFF if keep_personal_data else collect.Redaction.ALL
    with opened() as session:
        parts, actor = session.parts(slug), wiring.operator(session.settings)
        drafts: list[CaseDraft] = []
        refused: list[dict[str, object]] = []
        try:
            with file.open("rb") as stream:
                rows = collect.read_cases(
                    stream, name=file.name, agent=slug, mapping=mapping_of(mappings), redaction=redaction
                )
                for row in rows:
                    if isinstance(row, CaseDraft):
                        drafts.append(row)
                    else:
                        refused.append({"line": row.line, "reason": row.reason})
        except OSError as error:
            raise InvalidInput(
                f"{file.name} cannot be read ({error.strerror}).", field="FILE", remedy="Check the path."
            ) from None
        done = desk.hand_in(parts, drafts, actor=actor, source=file.name)
    refused += [{"line": kept.line, "reason": f"{kept.field}: {kept.reason}"} for kept in done.refused]
    counts = {"new": done.new, "confirmed": done.confirmed, "replaced": done.replaced, "known": done.known}
    if as_json:
        splits = {split.value: n for split, n in done.by_split.items()}
        click.echo(json.dumps(counts | {"splits": splits, "rejected": len(refused), "rows_rejected": refused}))
        return
    drawn = ", ".join(f"{n} {split.value}" for split, n in done.by_split.items())
    click.echo(
        "Cases: {new} new ({drawn}), {confirmed} confirmed, {replaced} replaced, {known} known before.".format(
            drawn=drawn, **counts
        )
    )
    click.echo(f"Rows rejected: {len(refused)}.")
    for one in sorted(refused, key=lambda one: str(one["line"]).zfill(9))[:_SHOWN]:
        click.echo(f"  line {one['line']}: {one['reason']}")


@cases_group.command("audit")
@_AGENT
@click.option("--due", is_flag=True, help="The sealed sample that is due instead of a first audit.")
@click.option("--questions", type=click.IntRange(min=1, max=500), default=desk.QUESTIONS, show_default=True)
def audit_command(slug: str, due: bool, questions: int) -> None:
    """Answer questions drawn from the cases without seeing what is on file, then settle where you disagree."""
    with opened() as session:
        parts, actor = session.parts(slug), wiring.operator(session.settings)
        audit = desk.begin_audit(parts, actor=actor, kind="sample" if due else "first", n=questions)
        click.echo("Give your own answer to each. Enter alone leaves the audit open; it goes on where you left.")
        if not _ask(parts, audit.id, actor=actor):
            return
        for one in desk.disagreements(parts, audit.id, actor=actor):
            _settle(parts, audit.id, one, actor=actor)
        done = next(one for one in parts.store.case_audits() if one.id == audit.id)
        answers = {one.case_id: one for one in parts.store.audit_answers(audit.id)}
    click.echo(_result(desk.agreement_of(done, answers)))


@cases_group.command("audits")
@_AGENT
def audits_command(slug: str) -> None:
    """List the blind audits, newest first, each with what it found."""
    with opened() as session:
        found = desk.agreements(session.parts(slug))
    for one in found:
        state = "ended" if one.ended_at else f"{one.answered} of {one.asked} answered"
        click.echo(f"{one.started_at:%Y-%m-%d}  {one.lead}  {one.kind}, {state}. {_result(one)}")
    if not found:
        click.echo(f"No audit was made. Make one: ratchet cases audit --agent {slug}")


def _ask(parts: Parts, audit_id: str, *, actor: Actor) -> bool:
    """Ask until all is answered; False when the person left."""
    while (one := desk.next_question(parts, audit_id, actor=actor)) is not None:
        click.echo(f"\n{one.place} of {one.of}   {reveal(one.question)}")
        for name, value in one.context.items():
            click.echo(f"    {reveal(name)}: {reveal(str(value))}")
        if one.choices and one.place == 1:
            click.echo(
                f"    one of: {', '.join(map(reveal, one.choices[:_SHOWN]))}{' …' if len(one.choices) > _SHOWN else ''}"
            )
        said = click.prompt("Right is", default="", show_default=False)
        if not said.strip():
            click.echo("Left open.")
            return False
        try:
            desk.answer_question(
                parts,
                audit_id,
                one.case_id,
                actor=actor,
                answer=said.removeprefix("="),
                is_new_label=said.startswith("="),
            )
        except InvalidInput as error:
            click.echo(f"{error} A new one is written with = before it.")
    return True


def _settle(parts: Parts, audit_id: str, one: desk.Disagreement, *, actor: Actor) -> None:
    click.echo(
        f"\n{reveal(one.question)}\n    you:     {reveal(one.answer)}\n"
        f"    on file: {reveal(one.expected)}  ({one.author})"
    )
    choices = {"f": "file", "m": "lead"} | ({"s": "same"} if one.agrees is None else {})
    asked = "[m]ine is right, the one on [f]ile is" + (", both say the [s]ame" if one.agrees is None else "")
    chosen = click.prompt(asked, type=click.Choice(list(choices)), show_choices=False)
    match choices[chosen]:
        case "same":
            desk.settle_answer(parts, audit_id, one.case_id, actor=actor, keep="same")
        case "file":
            desk.settle_answer(parts, audit_id, one.case_id, actor=actor, keep="file")
        case _:
            desk.settle_answer(parts, audit_id, one.case_id, actor=actor, keep="lead")


def _result(found: Agreement) -> str:
    if found.share is None or found.low is None or found.high is None:
        return "Nothing was compared."
    return (
        f"{found.lead} agrees with {found.agreed} of {found.compared} answers on file: {found.share:.0%}, "
        f"between {found.low:.0%} and {found.high:.0%} of the {found.drawn_from:,} they were drawn from (95 %, Wilson)."
    )


def _line(case: EvalCase) -> str:
    return json.dumps(case.model_dump(mode="json", exclude={"agent"}), ensure_ascii=False)


def _table(noun: str, rows: list[tuple[str, int, int, int]]) -> None:
    if not rows:
        return
    click.echo(f"\n{noun:<32} sealed    dev    log")
    for name, sealed, dev, log in rows[:_SHOWN]:
        click.echo(f"{reveal(name)[:32] or '–':<32} {sealed:>6} {dev:>6} {log:>6}")
    if len(rows) > _SHOWN:
        click.echo(f"… and {len(rows) - _SHOWN} more")


def _scope(session: Opened, slug: str) -> Scope:
    return Scope(engine=session.database.engine, agent=slug)
