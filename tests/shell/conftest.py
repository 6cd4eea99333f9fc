"""The process that forks workers is started once: it imports everything, and each worker starts at once."""

from collections.abc import Iterator

import pytest

from tests.shell.fleet import Workers, workers


@pytest.fixture(scope="session")
def forker() -> Iterator[Workers]:
    """Forks workers for all tests."""
    with workers() as started:
        yield started


@pytest.fixture
def fleet(forker: Workers) -> Iterator[Workers]:
    """Workers of one test; none of them outlives it."""
    yield forker
    forker.end_all()
