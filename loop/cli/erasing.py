"""`ratchet erase`: everything that is a subject's goes, and what it reached is said."""

from collections.abc import Iterable

import click

from loop import desk, engine, wiring
from loop.cli.opening import opened
from loop.errors import InvalidInput
from loop.records.erasure import SubjectKind
from loop.text.invisible import reveal


@click.command("erase")
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
@click.option("--customer", default="", metavar="ID", help="Everything of the person who asked.")
@click.option("--author", default="", metavar="NAME", help="Everything of the person who gave feedback.")
@click.option("--episode", default="", metavar="ID", help="Everything of one conversation.")
@click.option("--reason", default="", help="Why; it goes into the record. Without it nothing is erased: a dry run.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask after the list.")
@click.option("--later", "is_later", is_flag=True, help="Leave the next turn to the worker.")
def erase_command(
    slug: str, customer: str, author: str, episode: str, reason: str, is_sure: bool, is_later: bool
) -> None:
    """Take a person's or a conversation's words and names out of everything stored, for good.

    Lists what it would reach first, and stops there without --reason. What is live changes through the gate only.
    """
    given: dict[SubjectKind, str] = {"customer": customer, "author": author, "episode": episode}
    named = [(what, name) for what, name in given.items() if name]
    if len(named) != 1:
        raise InvalidInput("Name one subject.", field="subject", remedy="Give --customer, --author or --episode.")
    what, name = named[0]
    with opened() as session:
        parts, actor = session.parts(slug), wiring.operator(session.settings)
        found = desk.preview_erasure(parts, what, name, actor=actor)
        click.echo("It would reach:")
        _tell(desk.erased_words(found.erasure, is_dry=True))
        if found.taint is not None:
            for head, more in desk.taint_paragraphs(found.taint):
                _tell([head, *(f"  {line}" for line in more)])
        if not reason:
            click.echo("Nothing was erased. To erase it: the same command with --reason WHY.")
            return
        if not is_sure:
            click.confirm("Erase all of this for good?", abort=True)
        made = desk.erase(parts, what, name, actor=actor, reason=reason)
        if not is_later:
            engine.turn(parts)
            made = next(one for one in parts.store.erasures() if one.id == made.id)
    click.echo(f"{made.id}: erased.")
    _tell(desk.erased_words(made))


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(f"  {reveal(line)}")
