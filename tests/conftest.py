"""Fixtures every test may ask for by name."""

from collections.abc import Iterator

import pytest

from tests import clean_slate
from tests.engines import is_worker
from tests.orthanc import orthanc, orthanc_server, second_orthanc, second_orthanc_server
from tests.tallies import pytest_terminal_summary, tally

__all__ = [
    "orthanc",
    "orthanc_server",
    "pytest_terminal_summary",
    "second_orthanc",
    "second_orthanc_server",
    "tally",
]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In parallel the long files go first, so that the workers end together."""
    if is_worker():
        long = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The threads of the live session keep connections; at the end the database is dropped."""
    yield
    from apps.live.hub.database import close_threads  # once Django is set up

    close_threads()


clean_slate.install()
