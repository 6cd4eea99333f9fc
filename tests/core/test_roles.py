"""Who may do what is one table, and the refusal names who could."""

from itertools import pairwise

import pytest

from loop import roles
from loop.errors import NotAllowed
from loop.records import Actor, Role, StakesLevel

ORDER = (Role.VIEWER, Role.CORRECTOR, Role.REVIEWER, Role.APPROVER, Role.ADMIN)


def actor(role: Role, **fields: object) -> Actor:
    return Actor.model_validate({"name": "ann", "role": role} | fields)


def test_each_role_may_all_that_the_one_below_may() -> None:
    for lower, higher in pairwise(ORDER):
        assert roles.ALLOWED[lower] < roles.ALLOWED[higher]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("action", sorted(roles.ALLOWED[Role.ADMIN]))
def test_check_refuses_exactly_what_may_denies(role: Role, action: roles.Action) -> None:
    if roles.may(actor(role), action):
        roles.check(actor(role), action)
    else:
        with pytest.raises(NotAllowed) as refused:
            roles.check(actor(role), action)
        who = next(one for one in ORDER if action in roles.ALLOWED[one])
        assert who.value in refused.value.remedy


def test_the_loop_itself_decides_nothing_through_the_desk() -> None:
    with pytest.raises(NotAllowed):
        roles.check_decision(actor(Role.ENGINE), level=StakesLevel.LOW, authors=(), verb="approve")


def test_high_stakes_need_an_approver_to_approve_but_not_to_reject() -> None:
    with pytest.raises(NotAllowed):
        roles.check_decision(actor(Role.REVIEWER), level=StakesLevel.HIGH, authors=(), verb="approve")
    roles.check_decision(actor(Role.REVIEWER), level=StakesLevel.HIGH, authors=(), verb="reject")
    roles.check_decision(actor(Role.APPROVER), level=StakesLevel.HIGH, authors=(), verb="approve")


def test_nobody_approves_what_they_wrote_but_a_single_operator_whose_record_says_so() -> None:
    with pytest.raises(NotAllowed):
        roles.check_decision(actor(Role.ADMIN), level=StakesLevel.LOW, authors=("ann",), verb="approve")
    single = actor(Role.ADMIN, is_single_operator=True)
    roles.check_decision(single, level=StakesLevel.LOW, authors=("ann",), verb="approve")
    assert single.is_single_operator
