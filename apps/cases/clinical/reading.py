"""Reading the clinical content of a case."""

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from apps.cases.clinical.disclosure import show_entry
from apps.cases.clinical.kinds import KINDS, Kind
from apps.cases.clinical.wording import word_entry
from apps.cases.clinical_choices import EntryStatus
from apps.cases.models import ClinicalEntry, StageTable
from apps.cases.selectors import standing_in
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible

MOST_STANDING = 200
"""Of one kind on the case page and the timeline; the list of the kind has every one."""

NEWEST_FIRST = (F("on").desc(nulls_last=True), F("created_at").desc(), F("id").asc())


def entries_of(*, kind: Kind, case_id: UUID, history: bool = False) -> "QuerySet[ClinicalEntry]":
    """Entries that stand, or all that were ever made."""
    entries = kind.model._default_manager.filter(case_id=case_id).select_related("recorded_by")
    return entries if history else entries.filter(status=EntryStatus.CURRENT)


def clinical_content(*, actor: Actor, case_id: UUID) -> dict[str, Any]:
    """What stands, by kind, newest first, as this viewer may see it.

    Raises
    ------
    NotVisible
        The case is not this actor's.
    """
    standing = standing_in(actor=actor, case_id=case_id)
    if standing is None:
        raise NotVisible()
    shown: dict[str, Any] = {"is_withheld": standing.is_deidentified, "truncated": []}
    for kind in KINDS.values():
        rows = list(
            entries_of(kind=kind, case_id=case_id).order_by(*NEWEST_FIRST)[: MOST_STANDING + 1]
        )
        if len(rows) > MOST_STANDING:
            shown["truncated"].append(kind.plural)
        shown[kind.plural] = [
            show_entry(kind=kind, entry=one, standing=standing) for one in rows[:MOST_STANDING]
        ]
    return shown


def entries_on_timeline(*, actor: Actor, case_id: UUID) -> list[dict[str, Any]]:
    """The entries that stand, for the timeline; each line made of what its viewer may see."""
    content = clinical_content(actor=actor, case_id=case_id)
    lines = []
    for kind in KINDS.values():
        for shown in content[kind.plural]:
            title, detail = word_entry(shown)
            at = shown["on"]
            lines.append(
                {
                    "at": at,
                    "precision": {4: "year", 7: "month"}.get(len(at), "day") if at else "unknown",
                    "kind": kind.name,
                    "id": shown["id"],
                    "title": title,
                    "detail": detail,
                    "source": shown["source"],
                }
            )
    return lines


def stage_tables() -> "QuerySet[StageTable]":
    return StageTable.objects.filter(retired_at__isnull=True).order_by("name", "id")
