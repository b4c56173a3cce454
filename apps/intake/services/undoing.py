"""A whole list is taken back, as long as nothing happened to what it became."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.audit.models import AuditEntry
from apps.audit.services import record_entry
from apps.boards import services as board_services
from apps.boards.choices import AgendaStatus
from apps.boards.models import AgendaItem
from apps.cases import services as case_services
from apps.cases.choices import CaseStatus
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.core.exceptions import Conflict
from apps.core.versions import lock_version
from apps.imaging.models import CaseStudy
from apps.intake import policies
from apps.intake.choices import ListState, RowState
from apps.intake.models import IntakeList, IntakeRow

LOOKING = (
    Q(action__endswith=".viewed") | Q(action__endswith=".listed") | Q(action__endswith=".seen")
    | Q(action__startswith="query.") | Q(action__startswith="images.")
    | Q(action__startswith="access.")
)  # fmt: skip
OURS = ("study.linked", "study.retried", "agenda.reordered")
"""Links are compared by themselves; the order of an agenda is nothing that happened to a case."""


@transaction.atomic
def undo_list(*, actor: Actor, intake_list_id: UUID, version: int) -> IntakeList:
    """Take every case of this list off the agenda; those that it made are withdrawn.

    All or nothing. Patients stay registered, and studies stay linked to the withdrawn cases.

    Raises
    ------
    Conflict
        ``cases_changed`` with the rows and why; ``nothing_to_undo``; ``list_busy``.
    """
    policies.run_list(actor=actor, intake_list_id=intake_list_id)
    intake_list = lock_version(
        queryset=IntakeList.objects.all(), pk=intake_list_id, version=version
    )
    if intake_list.state == ListState.PLACING:
        raise Conflict("This list is being put on the agenda.", code="list_busy")
    rows = list(
        intake_list.rows.select_for_update(of=("self",))
        .filter(state=RowState.PLACED)
        .order_by("position")
    )
    if not rows:
        raise Conflict("Nothing of this list is on an agenda.", code="nothing_to_undo")
    organiser = policies.act_as_organiser(actor=actor, board_id=intake_list.board_id)
    changed = find_changes(rows)
    if changed:
        raise Conflict(
            "Something happened to cases of this list.",
            code="cases_changed",
            details={"rows": changed},
        )
    for row in rows:
        _take_back(actor=organiser, row=row)
    intake_list.state = ListState.UNDONE
    intake_list.version += 1
    intake_list.save()
    record_entry(
        actor=actor,
        action="intake.undone",
        entity="intake_list",
        entity_id=intake_list.pk,
        details={"rows": len(rows), "withdrawn": sum(row.made_case for row in rows)},
    )
    return intake_list


def find_changes(rows: list[IntakeRow]) -> list[dict[str, object]]:
    """Rows with what speaks against undoing: ``case_edited``, ``discussed``, ``off_agenda``,
    ``worked_on`` (somebody wrote something, by the audit trail) or ``study_added``.
    """
    case_ids = [row.case_id for row in rows if row.case_id]
    cases = {case.pk: case for case in Case.objects.select_for_update().filter(pk__in=case_ids)}
    items = {
        item.pk: item
        for item in AgendaItem.objects.filter(pk__in=[row.agenda_item_id for row in rows])
    }
    links: dict[UUID, set[str]] = {}
    for case_id, uid in CaseStudy.objects.filter(case_id__in=case_ids).values_list(
        "case_id", "study__study_instance_uid"
    ):
        links.setdefault(case_id, set()).add(uid)
    worked_on = _worked_on(rows)
    changed: list[dict[str, object]] = []
    for row in rows:
        case = cases.get(row.case_id) if row.case_id else None
        item = items.get(row.agenda_item_id) if row.agenda_item_id else None
        codes = []
        if case is None or case.version != row.case_version:
            codes.append("case_edited")
        if item is None:
            codes.append("off_agenda")
        elif item.status != AgendaStatus.PLANNED:
            codes.append("discussed")
        if row.pk in worked_on:
            codes.append("worked_on")
        if row.made_case and case and links.get(case.pk, set()) - set(row.linked_studies):
            codes.append("study_added")
        if codes:
            changed.append({"row": row.position, "codes": codes})
    return changed


def _worked_on(rows: list[IntakeRow]) -> set[UUID]:
    """By the trail: whatever a person did to a case after its row was placed, but looking."""
    first = min(row.placed_at for row in rows if row.placed_at)
    entries = (
        AuditEntry.objects.filter(
            case_id__in=[row.case_id for row in rows], at__gt=first, outcome="success"
        )
        .exclude(actor_kind="system")
        .exclude(LOOKING)
        .exclude(action__in=OURS)
        .values_list("case_id", "at")
    )
    when: dict[UUID, list[object]] = {}
    for case_id, at in entries:
        if case_id is not None:
            when.setdefault(case_id, []).append(at)
    return {
        row.pk
        for row in rows
        if row.case_id
        and row.placed_at
        and any(at > row.placed_at for at in when.get(row.case_id, []))  # type: ignore[operator]
    }


def _take_back(*, actor: Actor, row: IntakeRow) -> None:
    if row.case_id is None:
        return
    if row.made_item and row.agenda_item_id is not None:
        board_services.remove_agenda_item(actor=actor, item_id=row.agenda_item_id)
    if row.made_case:
        case_services.move_case(actor=actor, case_id=row.case_id, to=CaseStatus.WITHDRAWN)
    row.state = RowState.UNDONE
    row.version += 1
    row.save(update_fields=["state", "version", "updated_at"])
