"""A checked list becomes patients, cases, agenda items and study links.

Each row is one transaction that leaves with the row what it became, so a worker that dies loses
nothing and whoever goes on makes nothing twice.
"""

import logging
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.audit.services import record_entry
from apps.boards import services as board_services
from apps.boards.choices import MeetingStatus
from apps.boards.models import AgendaItem, Meeting
from apps.cases import services as case_services
from apps.cases.models import Case, Patient
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, DomainError, InvalidInput
from apps.core.outbox import enqueue
from apps.core.versions import lock_version
from apps.imaging.services import link_study
from apps.intake import policies
from apps.intake.choices import Field, ListState, RowChoice, RowState
from apps.intake.matching import identity_of_row, match_patient, patients_by_id
from apps.intake.models import IntakeList, IntakeRow
from apps.intake.services.checks import check_list

logger = logging.getLogger(__name__)

STOPS_THE_LIST = frozenset({"meeting_closed", "forbidden", "not_found", "not_signed_in"})
"""What the next row would meet too."""


@transaction.atomic
def confirm_list(
    *, actor: Actor, intake_list_id: UUID, version: int, meeting_id: UUID
) -> IntakeList:
    """Put every row that is ready on the meeting's agenda, in the list's order.

    The work is done by a task in the actor's name. Rows with errors, or that need a choice, stay
    behind and can follow later. Asked again while it works, it goes on; afterwards, with nothing
    new that is ready, nothing happens.

    Raises
    ------
    InvalidInput
        ``meeting_of_another_board``.
    Conflict
        ``meeting_closed``, ``nothing_ready``, ``list_undone``.
    """
    policies.run_list(actor=actor, intake_list_id=intake_list_id)
    intake_list = IntakeList.objects.select_for_update().get(pk=intake_list_id)
    if intake_list.state == ListState.UNDONE:
        raise Conflict("This list was undone.", code="list_undone")
    if intake_list.state == ListState.PLACING and intake_list.meeting_id == meeting_id:
        _owe(intake_list)
        return intake_list
    intake_list = lock_version(
        queryset=IntakeList.objects.all(), pk=intake_list_id, version=version
    )
    _check_meeting(intake_list, meeting_id)
    rows = check_list(actor=actor, intake_list=intake_list)
    ready = [row for row in rows if row.state == RowState.READY]
    if not ready and not any(row.link_problems for row in rows):
        if any(row.state == RowState.PLACED for row in rows):
            return intake_list
        raise Conflict("No row is ready.", code="nothing_ready")
    intake_list.state, intake_list.problem = ListState.PLACING, ""
    intake_list.meeting_id, intake_list.asked_by_id = meeting_id, actor.person_id
    intake_list.version += 1
    intake_list.save()
    record_entry(
        actor=actor,
        action="intake.confirmed",
        entity="intake_list",
        entity_id=intake_list.pk,
        details={"rows": len(ready), "meeting": str(meeting_id)},
    )
    _owe(intake_list)
    return intake_list


def _owe(intake_list: IntakeList) -> None:
    enqueue(task="apps.intake.tasks.place_rows", kwargs={"intake_list_id": str(intake_list.pk)})


def _check_meeting(intake_list: IntakeList, meeting_id: UUID) -> None:
    meeting = Meeting.objects.filter(pk=meeting_id, board_id=intake_list.board_id).first()
    if meeting is None:
        raise InvalidInput("Choose a meeting of this board.", code="meeting_of_another_board")
    if meeting.status in {MeetingStatus.CLOSED, MeetingStatus.CANCELLED}:
        raise Conflict("This meeting takes no more cases.", code="meeting_closed")


def place_rows(*, intake_list_id: UUID) -> None:
    """The task's work: first every row in order, then the studies that were ticked."""
    intake_list = IntakeList.objects.filter(pk=intake_list_id, state=ListState.PLACING).first()
    if intake_list is None or intake_list.asked_by_id is None:
        return
    user = User.objects.prefetch_related("roles").get(pk=intake_list.asked_by_id)
    try:
        actor = policies.act_as_organiser(actor=actor_for(user=user), board_id=intake_list.board_id)
    except DomainError as error:
        _finish(intake_list_id, problem=error.error_code)
        return
    problem = ""
    ready = intake_list.rows.filter(state=RowState.READY).order_by("position")
    for row_id in ready.values_list("pk", flat=True):
        problem = _place_row(actor=actor, intake_list_id=intake_list_id, row_id=row_id)
        if problem:
            break
    if not problem:
        for row in intake_list.rows.filter(state=RowState.PLACED).order_by("position"):
            _link_studies(actor=actor, row=row)
    _finish(intake_list_id, problem=problem)


def _place_row(*, actor: Actor, intake_list_id: UUID, row_id: UUID) -> str:
    """Empty, or the code for which the list stops. Any other refusal is the row's own error."""
    try:
        with transaction.atomic():
            intake_list = IntakeList.objects.select_for_update().get(pk=intake_list_id)
            row = IntakeRow.objects.select_for_update().get(pk=row_id)
            if intake_list.state == ListState.PLACING and row.state == RowState.READY:
                _become(actor=actor, intake_list=intake_list, row=row)
    except DomainError as error:
        if error.error_code in STOPS_THE_LIST:
            return error.error_code
        logger.info("intake row %s refused: %s", row_id, error.error_code)
        row = IntakeRow.objects.get(pk=row_id)
        refused = {"field": str(Field.PATIENT_ID), "code": error.error_code}
        row.errors, row.state = [*row.errors, refused], RowState.ERROR
        row.save(update_fields=["errors", "state", "updated_at"])
    return ""


def _become(*, actor: Actor, intake_list: IntakeList, row: IntakeRow) -> None:
    if intake_list.meeting_id is None:
        raise Conflict("The meeting is gone.", code="meeting_closed")
    patient = _patient_of(actor=actor, row=row)
    if row.choice == RowChoice.LINK and row.chosen_case_id is not None:
        case_id = row.chosen_case_id
    else:
        case = case_services.create_case(
            actor=actor, patient_id=patient.pk, **_case_fields(row.values)
        )
        case_id, row.made_case = case.pk, True
    item = AgendaItem.objects.filter(meeting_id=intake_list.meeting_id, case_id=case_id).first()
    if item is None:
        item = board_services.add_agenda_item(
            actor=actor, meeting_id=intake_list.meeting_id, case_id=case_id
        )
        row.made_item = True
    row.patient, row.case_id, row.agenda_item_id = patient, case_id, item.pk
    row.case_version = Case.objects.values_list("version", flat=True).get(pk=case_id)
    row.state, row.placed_at = RowState.PLACED, timezone.now()
    row.save()


def _patient_of(*, actor: Actor, row: IntakeRow) -> Patient:
    """Compared once more: somebody may have registered this patient since the check."""
    identity = identity_of_row(row.values)
    registered = patients_by_id([identity.patient_id])
    match = match_patient(identity, registered.get(identity.patient_id, []))
    if match.code:
        raise Conflict("The patient is not who the list says.", code=match.code)
    if match.patient is not None:
        return match.patient
    row.made_patient = True
    return case_services.create_patient(
        actor=actor,
        patient_id=identity.patient_id,
        issuer=identity.issuer,
        name=identity.name,
        birth_date=identity.birth_date,
        sex=identity.sex,
    )


def _case_fields(values: dict[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "title": values[Field.TITLE][:200],
        "clinical_question": values.get(Field.QUESTION, ""),
        "history": values.get(Field.HISTORY, ""),
        "diagnosis_text": values.get(Field.DIAGNOSIS, ""),
        "stage": values.get(Field.STAGE, ""),
        "urgency_reason": values.get(Field.URGENCY_REASON, ""),
    }
    if kind := values.get(Field.TUMOUR_TYPE):
        fields["tumour_type"] = kind
    if urgency := values.get(Field.URGENCY):
        fields["urgency"] = urgency
    if ecog := values.get(Field.ECOG):
        fields["ecog"] = int(ecog)
    return fields


def _link_studies(*, actor: Actor, row: IntakeRow) -> None:
    """Outside any transaction: the PACS is asked. What fails is told with the row."""
    if row.case_id is None:
        return
    pacs_of = {one["study_instance_uid"]: one["pacs"] for one in row.studies}
    linked, problems = list(row.linked_studies), []
    for uid in row.chosen_studies:
        if uid in linked or uid not in pacs_of:
            continue
        try:
            link_study(
                actor=actor, case_id=row.case_id, pacs_id=UUID(pacs_of[uid]), study_instance_uid=uid
            )
            linked.append(uid)
        except DomainError as error:
            problems.append({"study_instance_uid": uid, "code": error.error_code})
    if (linked, problems) != (row.linked_studies, row.link_problems):
        row.linked_studies, row.link_problems = linked, problems
        row.save(update_fields=["linked_studies", "link_problems", "updated_at"])


def _finish(intake_list_id: UUID, *, problem: str) -> None:
    with transaction.atomic():
        intake_list = IntakeList.objects.select_for_update().get(pk=intake_list_id)
        if intake_list.state != ListState.PLACING:
            return
        placed = intake_list.rows.filter(state=RowState.PLACED).exists()
        intake_list.state = ListState.PLACED if placed else ListState.OPEN
        intake_list.problem = problem
        if placed:
            intake_list.placed_at = timezone.now()
        intake_list.version += 1
        intake_list.save()
