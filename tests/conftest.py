"""Fixtures every test may ask for by name."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import transaction
from django.db.backends.postgresql.operations import DatabaseOperations

from tests.engines import is_worker
from tests.orthanc import orthanc, orthanc_server

__all__ = ["orthanc", "orthanc_server"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In parallel the long files go first, so that the workers end together."""
    if is_worker():
        long = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in long)


def _flush_past_the_triggers(self: Any, sql_list: Sequence[str]) -> None:
    """Tests that commit are cleaned by TRUNCATE, which the append-only tables refuse.

    Only here, on the test database, the triggers stand aside for the length of the flush.
    """
    with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
        for verb in ("DISABLE", "ENABLE"):
            if verb == "ENABLE":
                for sql in sql_list:
                    cursor.execute(sql)
            for table in ("audit_auditentry", "audit_auditseal"):
                cursor.execute(f"ALTER TABLE {table} {verb} TRIGGER USER")


DatabaseOperations.execute_sql_flush = _flush_past_the_triggers
