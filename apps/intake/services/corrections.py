"""What a person says about a list: its columns, its dates, one row."""

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.audit.services import record_entry
from apps.boards.models import Meeting
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput
from apps.core.versions import lock_version
from apps.intake import policies
from apps.intake.choices import DATE_FIELDS, DateOrder, Field, ListState, RowChoice, RowState
from apps.intake.columns import check_mapping
from apps.intake.models import IntakeList, IntakeRow, SiteMapping
from apps.intake.reading.cells import MOST_CHARACTERS, clean_cell
from apps.intake.services.checks import check_list
from apps.intake.services.studies import ask_pacs


@transaction.atomic
def map_list(
    *, actor: Actor, intake_list_id: UUID, version: int, changes: dict[str, Any]
) -> IntakeList:
    """Say which column is what (``mapping``), how dates are read (``date_orders``), who issued
    the patient IDs (``issuer``), and the ``meeting``. The site's next list with these headings
    begins with it.

    Raises
    ------
    InvalidInput
        ``mapping_invalid``, ``date_order_invalid``, ``meeting_of_another_board``.
    Conflict
        ``list_busy`` or ``list_undone``.
    """
    intake_list = lock_list(actor=actor, intake_list_id=intake_list_id, version=version)
    is_reading = bool({"mapping", "date_orders", "issuer"} & set(changes))
    if "mapping" in changes:
        before, columns = intake_list.mapping, len(intake_list.headings)
        intake_list.mapping = check_mapping(changes["mapping"], columns=columns)
        intake_list.date_orders = {
            name: order
            for name, order in intake_list.date_orders.items()
            if intake_list.mapping.get(name) == before.get(name)
        }
    if "date_orders" in changes:
        intake_list.date_orders = _check_orders(changes["date_orders"])
    if "issuer" in changes:
        intake_list.issuer = clean_cell(changes["issuer"])[:64]
    if "meeting" in changes:
        intake_list.meeting_id = _check_meeting(intake_list, changes["meeting"])
    intake_list.version += 1
    intake_list.save()
    if is_reading:
        _remember(intake_list)
        check_list(actor=actor, intake_list=intake_list)
        ask_pacs(actor=actor, intake_list=intake_list)
    record_entry(
        actor=actor,
        action="intake.mapped",
        entity="intake_list",
        entity_id=intake_list.pk,
        details={"changed": sorted(changes), "fields": sorted(intake_list.mapping)},
    )
    return intake_list


@transaction.atomic
def correct_row(
    *,
    actor: Actor,
    intake_list_id: UUID,
    position: int,
    version: int,
    changes: dict[str, Any],
) -> IntakeList:
    """Correct fields of one row (``corrections``), or choose: ``choice``, ``case``, ``studies``.

    A correction of ``None`` takes the list's own text back.

    Raises
    ------
    InvalidInput
        ``no_such_field``, ``no_such_choice``, ``no_such_study``.
    Conflict
        ``row_placed``, ``list_busy``, ``list_undone``; ``StaleVersion``.
    """
    intake_list = lock_list(actor=actor, intake_list_id=intake_list_id, version=None)
    row_id = IntakeRow.objects.filter(intake_list=intake_list, position=position).values_list(
        "pk", flat=True
    )
    row = lock_version(queryset=IntakeRow.objects.all(), pk=row_id.first(), version=version)
    if row.state in {RowState.PLACED, RowState.UNDONE}:
        raise Conflict("This row is on the agenda.", code="row_placed")
    if "corrections" in changes:
        row.corrections = _merge(row.corrections, changes["corrections"])
    if "choice" in changes:
        _choose(row, changes["choice"], changes.get("case"))
    if "studies" in changes:
        row.chosen_studies = _check_studies(row, changes["studies"])
    row.version += 1
    row.save()
    check_list(actor=actor, intake_list=intake_list)
    ask_pacs(actor=actor, intake_list=intake_list)
    record_entry(
        actor=actor,
        action="intake.row_corrected",
        entity="intake_list",
        entity_id=intake_list.pk,
        details={
            "row": position,
            "changed": sorted(changes),
            "fields": sorted(changes.get("corrections", {})),
        },
    )
    return intake_list


def lock_list(*, actor: Actor, intake_list_id: UUID, version: int | None) -> IntakeList:
    """Locked and open to changes. ``version`` ``None``: the caller compares a row's."""
    policies.run_list(actor=actor, intake_list_id=intake_list_id)
    lists = IntakeList.objects.all()
    if version is None:
        intake_list = lists.select_for_update().get(pk=intake_list_id)
    else:
        intake_list = lock_version(queryset=lists, pk=intake_list_id, version=version)
    if intake_list.state == ListState.UNDONE:
        raise Conflict("This list was undone.", code="list_undone")
    if intake_list.state == ListState.PLACING:
        raise Conflict("This list is being put on the agenda.", code="list_busy")
    return intake_list


def _remember(intake_list: IntakeList) -> None:
    SiteMapping.objects.update_or_create(
        institution=intake_list.institution,
        headings_sha256=intake_list.headings_sha256,
        defaults={
            "mapping": intake_list.mapping,
            "date_orders": intake_list.date_orders,
            "issuer": intake_list.issuer,
        },
    )


def _check_orders(orders: dict[str, str]) -> dict[str, str]:
    fields = {str(one) for one in DATE_FIELDS}
    if set(orders) - fields or set(orders.values()) - set(DateOrder.values):
        raise InvalidInput(
            "Dates are read day first or month first.",
            code="date_order_invalid",
            details={"fields": sorted(fields), "orders": DateOrder.values},
        )
    return dict(orders)


def _check_meeting(intake_list: IntakeList, meeting_id: UUID | None) -> UUID | None:
    if meeting_id is None:
        return None
    board_id = Meeting.objects.filter(pk=meeting_id).values_list("board_id", flat=True).first()
    if board_id != intake_list.board_id:
        raise InvalidInput("Choose a meeting of this board.", code="meeting_of_another_board")
    return meeting_id


def _merge(before: dict[str, str], changes: dict[str, str | None]) -> dict[str, str]:
    unknown = sorted(set(changes) - set(Field.values))
    if unknown:
        raise InvalidInput(
            "A list has no such field.", code="no_such_field", details={"fields": unknown}
        )
    kept = {name: text for name, text in before.items() if name not in changes}
    said = {
        name: clean_cell(text)[:MOST_CHARACTERS]
        for name, text in changes.items()
        if text is not None
    }
    return kept | said


def _choose(row: IntakeRow, choice: str, case_id: UUID | None) -> None:
    offered = {one["id"] for one in row.open_cases}
    if choice not in RowChoice.values or (choice == RowChoice.LINK and str(case_id) not in offered):
        raise InvalidInput("This is not offered for this row.", code="no_such_choice")
    row.choice = choice
    row.chosen_case_id = case_id if choice == RowChoice.LINK else None


def _check_studies(row: IntakeRow, uids: list[str]) -> list[str]:
    """What the PACS answered for this row, and of this patient only."""
    offered = [one["study_instance_uid"] for one in row.studies if not one["contradicts"]]
    if set(uids) - set(offered):
        raise InvalidInput("This study was not found for this patient.", code="no_such_study")
    return [one for one in offered if one in uids]
