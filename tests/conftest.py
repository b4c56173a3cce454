"""Fixtures every test may ask for by name."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.operations import DatabaseOperations

from tests.orthanc import orthanc, orthanc_server

__all__ = ["orthanc", "orthanc_server"]


def _flush_past_the_triggers(self: Any, sql_list: Sequence[str]) -> None:
    """Tests that commit are cleaned by TRUNCATE, which the append-only tables refuse.

    Only here, on the test database, the triggers stand aside for the length of the flush.
    """
    with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for sql in sql_list:
            cursor.execute(sql)


DatabaseOperations.execute_sql_flush = _flush_past_the_triggers
