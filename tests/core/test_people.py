"""A person is an author as the door authenticated them; a name in a file is nobody's proof."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop.heldout import keyed_draw
from loop.records import door_of, named_people, person, person_of, vouched_source
from loop.validate import MemoryKnowledge
from tests.builders import agent, feedback

FILE = "import:ratings.csv"


@pytest.mark.parametrize("source", ["dashboard", "terminal", "api", vouched_source(FILE)])
def test_a_trusted_name_is_trusted_as_a_door_authenticated_it(source: str) -> None:
    said = feedback(author="dana", source=source)
    assert person_of(said) in named_people(agent(trusted_authors=("dana",)))


@pytest.mark.parametrize("source", [FILE, "import:dashboard", "crm", "world", "", "Dashboard", "import:vouched:a.csv"])
@pytest.mark.parametrize("trusted", ["dana", "import:dana", f"{FILE}:dana", "dashboard:dana", "vouched:dana"])
def test_a_name_that_a_file_or_another_door_says_is_not_the_lead(source: str, trusted: str) -> None:
    said = feedback(author="dana", source=source)
    assert person_of(said) not in named_people(agent(trusted_authors=(trusted,)))


def test_a_door_of_ones_own_is_named_with_its_author_and_vouches_for_nobody_else() -> None:
    named = named_people(agent(trusted_authors=("demo:helpdesk:mara",)))
    assert person("mara", source="demo:helpdesk") in named
    assert person("mara", source="demo:widget") not in named
    assert person("helpdesk:mara", source="demo") not in named
    assert person("mara", source="dashboard") not in named


doors = st.sampled_from(["dashboard", "api", FILE, "import:b.csv", "crm", "demo:helpdesk", "vouched:a.csv"])
names = st.text("ab ():", min_size=1, max_size=6) | st.sampled_from(["dana", "dana (import)", "dana (crm)", "a (desk)"])


@settings(deadline=None)
@given(names, doors, names, doors)
def test_no_two_people_share_a_name(one: str, its_door: str, other: str, other_door: str) -> None:
    """Whoever authenticated somebody: nobody else is taken for them, whatever they call themselves."""
    is_same = person(one, source=its_door) == person(other, source=other_door)
    if not door_of(its_door):
        assert is_same == (one == other and not door_of(other_door))


def test_the_secret_of_the_draw_shows_in_no_repr() -> None:
    known = MemoryKnowledge(drawn=lambda purpose, key: keyed_draw(b"canary", purpose, key))
    assert "canary" not in repr(known)
    assert "drawn" not in repr(known)
    assert len({known.draw(purpose, key) for purpose, key in product(("a", "b"), ("x", "y"))}) == 4
