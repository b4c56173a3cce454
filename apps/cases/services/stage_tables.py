"""Loading and retiring the staging tables of a site."""

import hashlib

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.cases.clinical.stage_tables import read_table
from apps.cases.clinical_choices import Edition
from apps.cases.models import StageTable
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible
from apps.core.policies import require_role


@transaction.atomic
def load_stage_table(*, actor: Actor, content: bytes, name: str, edition: str) -> StageTable:
    """Load a table; one of the same name is retired. Groups computed before keep their value and
    the digest of the table that gave it.

    Raises
    ------
    InvalidInput
        ``stage_table_invalid``.
    """
    require_role(actor, "system_admin")
    if edition not in set(Edition.values) - {""} or not name.strip() or len(name) > 100:
        raise InvalidInput("A table needs a name and an edition.", code="stage_table_invalid")
    rows = read_table(content)
    StageTable.objects.select_for_update().filter(name=name, retired_at__isnull=True).update(
        retired_at=timezone.now()
    )
    table = StageTable.objects.create(
        name=name, edition=edition, rows=rows, sha256=hashlib.sha256(content).hexdigest()
    )
    record_entry(
        actor=actor,
        action="stage_table.loaded",
        entity="stage_table",
        entity_id=table.pk,
        details={"edition": edition, "rows": len(rows), "sha256": table.sha256},
    )
    return table


@transaction.atomic
def retire_stage_table(*, actor: Actor, name: str) -> None:
    require_role(actor, "system_admin")
    table = (
        StageTable.objects.select_for_update().filter(name=name, retired_at__isnull=True).first()
    )
    if table is None:
        raise NotVisible("No staging table of this name is in use.")
    table.retired_at = timezone.now()
    table.save(update_fields=["retired_at", "updated_at"])
    record_entry(
        actor=actor, action="stage_table.retired", entity="stage_table", entity_id=table.pk
    )
