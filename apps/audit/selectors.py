"""Read and verify the trail."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from apps.audit.chain import GENESIS, SEALED_FIELDS, link_hash
from apps.audit.models import AuditEntry, AuditSeal


@dataclass(frozen=True)
class ChainReport:
    """Outcome of a verification; ``broken_at`` is the first position that does not hold."""

    sealed: int
    unsealed: int
    broken_at: int | None
    reason: str
    head: str

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None


def list_entries(
    *,
    case_id: UUID | None = None,
    patient_id: UUID | None = None,
    actor_id: UUID | None = None,
    action: str = "",
) -> "QuerySet[AuditEntry]":
    entries = AuditEntry.objects.select_related("seal").order_by("-at", "id")
    if case_id:
        entries = entries.filter(case_id=case_id)
    if patient_id:
        entries = entries.filter(patient_id=patient_id)
    if actor_id:
        entries = entries.filter(actor_id=actor_id)
    if action:
        entries = entries.filter(action__startswith=action)
    return entries


def verify_chain() -> ChainReport:
    """Recompute every seal; finds a changed, missing, added or reordered entry.

    A truncated tail shows only against a head that was kept elsewhere: print ``head`` and
    keep it off this machine.
    """
    previous, expected, reason = GENESIS, 0, ""
    broken: int | None = None
    for position, sealed_hash, previous_hash, fields in _sealed_rows():
        expected += 1
        if position != expected:
            broken, reason = expected, f"position {expected} is missing"
        elif previous_hash != previous:
            broken, reason = position, "the previous hash does not match"
        elif link_hash(position=position, previous_hash=previous, fields=fields) != sealed_hash:
            broken, reason = position, "the entry does not match its seal"
        if broken is not None:
            break
        previous = sealed_hash
    unsealed = AuditEntry.objects.filter(seal__isnull=True).count()
    return ChainReport(
        sealed=expected if broken is None else broken - 1,
        unsealed=unsealed,
        broken_at=broken,
        reason=reason,
        head=previous,
    )


def _sealed_rows() -> Iterator[tuple[int, str, str, dict[str, object]]]:
    columns = [f"entry__{name}" for name in SEALED_FIELDS]
    rows = AuditSeal.objects.order_by("position").values_list(
        "position", "hash", "previous_hash", *columns
    )
    for position, sealed_hash, previous_hash, *values in rows.iterator(chunk_size=5000):
        yield position, sealed_hash, previous_hash, dict(zip(SEALED_FIELDS, values, strict=True))
