"""The trail: written with the work, sealed after, unchangeable, and verified."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from apps.audit.chain import GENESIS, canonical_bytes, link_hash
from apps.audit.models import AuditEntry, AuditSeal
from apps.audit.selectors import verify_chain
from apps.audit.services import record_entry, seal_pending
from apps.core.actors import Actor

pytestmark = pytest.mark.django_db

ACTOR = Actor.system("test")


def _write(count: int) -> None:
    for number in range(count):
        record_entry(actor=ACTOR, action="case.viewed", entity_id=number)


def _tamper(sql: str, *args: object) -> None:
    """What an attacker with the table owner's rights could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE audit_auditseal DISABLE TRIGGER USER")
        cursor.execute(sql, args)


def test_sealed_chain_verifies_and_reports_the_unsealed_tail() -> None:
    _write(5)
    assert seal_pending() == 5
    _write(2)
    report = verify_chain()
    assert (report.sealed, report.unsealed, report.is_whole) == (5, 2, True)
    assert report.head == AuditSeal.objects.get(position=5).hash


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditentry SET action = 'x'",
        "DELETE FROM audit_auditentry",
        "TRUNCATE audit_auditentry CASCADE",
        "UPDATE audit_auditseal SET hash = 'x'",
        "DELETE FROM audit_auditseal",
        "TRUNCATE audit_auditseal",
    ],
)
def test_the_database_refuses_every_change(statement: str) -> None:
    _write(1)
    seal_pending()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(statement)
    assert verify_chain().is_whole


@pytest.mark.parametrize(
    ("sql", "broken_at"),
    [
        ("UPDATE audit_auditentry SET details = '{\"x\": 1}' WHERE entity_id = '2'", 3),
        ("UPDATE audit_auditentry SET at = at + interval '1 microsecond' WHERE entity_id = '0'", 1),
        ("DELETE FROM audit_auditseal WHERE position = 4", 4),
    ],
)
def test_verify_finds_a_tampered_row(sql: str, broken_at: int) -> None:
    _write(6)
    seal_pending()
    _tamper(sql)
    report = verify_chain()
    assert report.broken_at == broken_at
    with pytest.raises(CommandError, match=f"broken at {broken_at}"):
        call_command("audit", "verify")


def test_verify_finds_two_swapped_seals() -> None:
    _write(3)
    seal_pending()
    first, second = AuditSeal.objects.order_by("position")[:2]
    _tamper(
        "UPDATE audit_auditseal SET position = CASE position WHEN 1 THEN -2 ELSE -1 END"
        " WHERE position IN (1, 2)"
    )
    _tamper("UPDATE audit_auditseal SET position = -position WHERE position < 0")
    assert verify_chain().broken_at == 1
    assert first.pk != second.pk


def test_hash_is_the_documented_one() -> None:
    """A fixed entry has a fixed hash: the format may not drift under an existing chain."""
    fields = {
        "id": "00000000-0000-0000-0000-000000000001",
        "at": "2026-01-02T03:04:05.000006+00:00",
        "actor_kind": "system",
        "actor_id": None,
        "actor_label": "t",
        "action": "case.viewed",
        "outcome": "success",
        "case_id": None,
        "patient_id": None,
        "entity": "",
        "entity_id": "",
        "request_id": "",
        "details": {"b": 1, "a": "ü"},
    }
    assert b'"details":{"a":"\xc3\xbc","b":1}' in canonical_bytes(fields)
    digest = link_hash(position=1, previous_hash=GENESIS, fields=fields)
    assert digest == "ca625d139f6ca80797e88d29549a53c0468bee5cdd1f16bac13017fa17a5fff1"


def test_an_entry_rolls_back_with_its_work() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        _write(1)
        raise RuntimeError
    assert not AuditEntry.objects.exists()


def test_command_prints_the_head() -> None:
    _write(1)
    seal_pending()
    out = io.StringIO()
    call_command("audit", "verify", stdout=out)
    assert "1 sealed entries hold" in out.getvalue()
