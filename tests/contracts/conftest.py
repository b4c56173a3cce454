"""The live gateway of a module of DICOMweb checks.

Its rows are committed, since another process reads them. One test of a module names ``db``: that
is how pytest-django learns that a database is wanted.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.dicomweb import Gateway, live_gateway


@pytest.fixture(scope="module")
def gateway(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    with django_db_blocker.unblock(), live_gateway(tmp_path_factory.mktemp("dicomweb")) as live:
        yield live
