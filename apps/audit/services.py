"""Write and seal the trail. Never blocks the work it records."""

from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.audit.chain import GENESIS, SEALED_FIELDS, link_hash
from apps.audit.choices import Outcome
from apps.audit.models import AuditEntry, AuditSeal
from apps.core import context
from apps.core.actors import Actor

SEAL_BATCH = 2000
SEALER_LOCK = 0x5365616C  # "Seal"


def record_entry(
    *,
    actor: Actor,
    action: str,
    case_id: UUID | None = None,
    patient_id: UUID | None = None,
    entity: str = "",
    entity_id: object = "",
    details: dict[str, Any] | None = None,
    outcome: str = Outcome.SUCCESS,
) -> AuditEntry:
    """Insert one entry, in the caller's transaction where there is one.

    ``action`` is ``noun.verb`` ("case.viewed"); ``details`` holds identifiers and counts,
    never names, birth dates, free text of a patient or pixel data.
    """
    return AuditEntry.objects.create(
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label[:200],
        action=action,
        outcome=outcome,
        case_id=case_id,
        patient_id=patient_id,
        entity=entity,
        entity_id=str(entity_id)[:128],
        request_id=context.request_id.get(),
        details=details or {},
    )


def seal_pending() -> int:
    """Order and chain what is not sealed yet; one sealer at a time, others return 0.

    Sealing apart from writing keeps the chain's strict order from serialising the hospital.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
            if not cursor.fetchone()[0]:
                return 0
        last = AuditSeal.objects.order_by("-position").first()
        position = last.position if last else 0
        previous = last.hash if last else GENESIS
        pending = AuditEntry.objects.filter(seal__isnull=True).order_by("at", "id")
        seals: list[AuditSeal] = []
        for fields in pending.values(*SEALED_FIELDS)[:SEAL_BATCH]:
            position += 1
            digest = link_hash(position=position, previous_hash=previous, fields=fields)
            seals.append(
                AuditSeal(
                    position=position, entry_id=fields["id"], previous_hash=previous, hash=digest
                )
            )
            previous = digest
        AuditSeal.objects.bulk_create(seals)
    return len(seals)
