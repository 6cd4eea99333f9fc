"""What a provider's word makes of somebody: who they are, what they may, and until when."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loop import desk
from loop.errors import InvalidInput, NotAllowed
from loop.records import Role
from storage.database import Database
from tests import builders
from tests.builders import NOON
from tests.shell import people_world
from tests.shell.people_world import ADMIN, AGENTS, OPERATOR, later, member, role_of

ISSUER = "https://id.example.org"
RULES = desk.ClaimRules(
    claim="groups", roles=desk.read_roles("heads=admin, deciders=reviewer,readers = viewer"), agents=AGENTS
)
GIVEN_HERE = replace(RULES, roles={})


@pytest.fixture
def signed(sqlite_database: Database) -> Database:
    return people_world.signed_database(sqlite_database)


def word(subject: str = "s1", *groups: str, **more: Any) -> dict[str, Any]:
    """Claims of a token that holds for an hour."""
    told = {"iss": ISSUER, "sub": subject, "email": f"{subject}@example.org", "email_verified": True}
    return told | {"groups": list(groups), "exp": (NOON + timedelta(hours=1)).timestamp()} | more


def enter(
    database: Database, claims: Mapping[str, object], how: desk.Opening, rules: desk.ClaimRules = RULES
) -> desk.Opened:
    return desk.sign_in_by_provider(database.people, claims, rules=rules, how=how)


def test_the_highest_of_ones_groups_gives_the_role(signed: Database, how: desk.Opening) -> None:
    assert role_of(signed, enter(signed, word("s1", "readers", "deciders", "others"), how)) is Role.REVIEWER
    assert role_of(signed, enter(signed, word("s2") | {"groups": "heads"}, how), "other") is Role.ADMIN


@pytest.mark.parametrize("groups", [(), ("Heads",), ("heads ",), ("admin",), ("",)])
def test_without_a_group_of_ours_nobody_comes_in(signed: Database, how: desk.Opening, groups: tuple[str, ...]) -> None:
    with pytest.raises(NotAllowed, match="let you in"):
        enter(signed, word("s1", *groups), how)
    assert signed.people.person_of(issuer=ISSUER, subject="s1") is None


@pytest.mark.parametrize("claim", [None, 7, {"heads": True}, [7, None, ["heads"]], "readers heads"])
def test_a_claim_of_another_shape_gives_no_role(signed: Database, how: desk.Opening, claim: object) -> None:
    with pytest.raises(NotAllowed):
        enter(signed, word() | {"groups": claim}, how)


@pytest.mark.parametrize(
    "wrong",
    [{"iss": ""}, {"sub": ""}, {"sub": None}, {"sub": 7}, {"sub": "x" * 256}, {"sub": "a\u202eb"}, {"exp": None},
     {"exp": True}, {"exp": "99999999999"}, {"exp": 0}, {"exp": NOON.timestamp()}, {"exp": -1e300}],
)  # fmt: skip
def test_a_word_that_lacks_something_or_is_too_old_lets_nobody_in(
    signed: Database, how: desk.Opening, wrong: dict[str, object]
) -> None:
    with pytest.raises(NotAllowed):
        enter(signed, word("s1", "heads") | wrong, how)


def test_a_sign_in_ends_with_the_word_it_rests_on_unless_told_otherwise(signed: Database, how: desk.Opening) -> None:
    made = enter(signed, word("s1", "readers", exp=(NOON + timedelta(minutes=5)).timestamp()), how)
    assert made.sign_in.expires_at == NOON + timedelta(minutes=5)
    long = enter(signed, word("s1", "readers", exp=(NOON + timedelta(days=9)).timestamp()), how)
    assert long.sign_in.expires_at == NOON + timedelta(hours=8)
    loose = replace(RULES, follows_token=False)
    short = enter(signed, word("s1", "readers", exp=(NOON + timedelta(minutes=5)).timestamp()), how, loose)
    assert short.sign_in.expires_at == NOON + timedelta(hours=8)


def test_a_group_that_is_gone_takes_the_role_everywhere_even_from_the_last_admin(
    signed: Database, how: desk.Opening
) -> None:
    before = enter(signed, word("s1", "heads"), how)
    assert role_of(signed, before) is Role.ADMIN
    with pytest.raises(NotAllowed, match="no role"):
        enter(signed, word("s1"), how)
    assert role_of(signed, before) is None
    again = enter(signed, word("s1", "readers"), how)
    assert role_of(signed, before) is role_of(signed, again) is Role.VIEWER


def test_a_role_given_by_hand_does_not_outlive_what_the_groups_say(signed: Database, how: desk.Opening) -> None:
    made = enter(signed, word("s1", "readers"), how)
    desk.set_role(signed.people, "s1@example.org", Role.ADMIN, agents=AGENTS, actor=OPERATOR, clock=how.clock)
    enter(signed, word("s1", "readers"), how)
    assert role_of(signed, made) is Role.VIEWER


def test_an_agent_that_came_later_is_reached_at_the_next_sign_in(signed: Database, how: desk.Opening) -> None:
    made = enter(signed, word("s1", "deciders"), how)
    signed.create_agent(builders.agent("third"), builders.bundle(), now=NOON, actor="olga")
    enter(signed, word("s1", "deciders"), how, replace(RULES, agents=(*AGENTS, "third")))
    assert role_of(signed, made, "third") is Role.REVIEWER


def test_without_groups_one_comes_in_by_invitation_and_is_then_known_by_subject(
    signed: Database, how: desk.Opening
) -> None:
    with pytest.raises(NotAllowed, match="let you in"):
        enter(signed, word("s1", "heads"), how, GIVEN_HERE)
    order = desk.Invitation(name="S1@example.org", role=Role.APPROVER, agents=AGENTS, has_link=False)
    desk.invite(signed.people, order, actor=OPERATOR, clock=how.clock, token=how.token)
    for claims in (word("s1", email_verified=False), word("s1", email_verified="true"), word("s1", email="")):
        with pytest.raises(NotAllowed):
            enter(signed, claims, how, GIVEN_HERE)
    assert role_of(signed, enter(signed, word("s1"), how, GIVEN_HERE)) is Role.APPROVER
    assert enter(signed, word("s1", email="new@example.org"), how, GIVEN_HERE).sign_in.person == "S1@example.org"
    with pytest.raises(NotAllowed):
        enter(signed, word("s2", email="s1@example.org"), how, GIVEN_HERE)
    with pytest.raises(NotAllowed):
        enter(signed, word("s1", iss="https://other.example.org"), how, GIVEN_HERE)


def test_an_address_that_belongs_to_somebody_else_here_is_refused(signed: Database, how: desk.Opening) -> None:
    member(signed, how, "s1@example.org", Role.ADMIN)
    signed.people.change(
        (known := signed.people.person("s1@example.org")).model_copy(update={"email": ""}),  # type: ignore[union-attr]
        was=known,  # type: ignore[arg-type]
        note=people_world.note("name person"),
    )
    with pytest.raises(NotAllowed, match="Somebody else"):
        enter(signed, word("s1", "heads"), how)


def test_who_was_shut_out_stays_out_whatever_the_provider_says(signed: Database, how: desk.Opening) -> None:
    member(signed, how)
    made = enter(signed, word("s1", "heads"), how)
    desk.disable(signed.people, "s1@example.org", actor=ADMIN, clock=how.clock)
    with pytest.raises(NotAllowed, match="any more"):
        enter(signed, word("s1", "heads"), how)
    found = signed.people.sign_in(desk.digest_of(made.token))
    assert found is not None
    assert not found.is_open(later(how).clock())


@pytest.mark.parametrize("text", ["heads", "heads=", "=admin", "heads=boss", "heads=engine", "a=admin,b"])
def test_groups_that_say_no_role_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        desk.read_roles(text)
    assert refused.value.field == "RATCHET_OIDC_ROLES"


def test_a_group_may_hold_an_equals_sign() -> None:
    assert desk.read_roles(" cn=heads=admin , ") == {"cn=heads": Role.ADMIN}
