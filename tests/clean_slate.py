"""What a test committed is taken away again: quickly, since hundreds of tests commit.

Django truncates every table and writes content types and permissions anew, a third of a second a
test. Here only tables that hold something are emptied, by DELETE, in one transaction (foreign keys
are deferred to its end). Content types and permissions stay: they come from the code alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.commands import flush
from django.db import transaction
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.utils import CursorWrapper

KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def install() -> None:
    """For this process; called once, before any test."""
    DatabaseOperations.execute_sql_flush = _empty_what_is_filled
    flush.emit_post_migrate_signal = lambda *_arguments, **_more: None


def _empty_what_is_filled(self: Any, sql_list: Sequence[str]) -> None:
    introspection = self.connection.introspection
    if not hasattr(self.connection, "_test_tables"):
        names = introspection.django_table_names(only_existing=True, include_views=False)
        self.connection._test_tables = sorted(set(names) - KEPT)
    with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
        filled = _filled(cursor, self.connection._test_tables)
        for table in filled:  # the append-only tables refuse by trigger; here it stands aside
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
            cursor.execute(f'DELETE FROM "{table}"')
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in filled:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')


def _filled(cursor: CursorWrapper, tables: Sequence[str]) -> list[str]:
    cursor.execute(
        " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in tables
        )
    )
    return [name for (name,) in cursor.fetchall()]
