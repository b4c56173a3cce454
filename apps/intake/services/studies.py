"""The studies of each row, asked of the PACS in a task; nothing is linked by finding it.

Ticked from the start are a row's exact matches: the study or accession number that the list
names, else those of the same (issuer, patient ID) or of the same ID and birth date. A study whose
patient contradicts is shown and cannot be chosen (``patient_mismatch``).
"""

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.audit.services import record_entry
from apps.cases.identity import PatientIdentity
from apps.core.actors import Actor
from apps.core.exceptions import DomainError
from apps.core.outbox import enqueue
from apps.core.versions import lock_version
from apps.imaging import identity as identities
from apps.imaging.models import PacsConnection
from apps.imaging.services import search_studies
from apps.imaging.services.searching import FoundStudy
from apps.intake import policies
from apps.intake.choices import Field, ListState, RowState, SearchState, StudiesState
from apps.intake.models import IntakeList, IntakeRow
from apps.intake.services.checks import expected_identity

MOST_TICKED = 10
"""More studies than these of one patient are offered, and none is ticked."""
MOST_SHOWN = 40
ASKED_STATES = (RowState.READY, RowState.CHOICE)


def ask_pacs(*, actor: Actor, intake_list: IntakeList) -> None:
    """Owe a search for every row that waits for one; inside the caller's transaction."""
    waiting = intake_list.rows.filter(state__in=ASKED_STATES, studies_state=StudiesState.WAITING)
    if not waiting.exists():
        return
    intake_list.search_run += 1
    intake_list.search_state = SearchState.RUNNING
    intake_list.asked_by_id = actor.person_id
    intake_list.save(update_fields=["search_run", "search_state", "asked_by", "updated_at"])
    enqueue(
        task="apps.intake.tasks.find_studies",
        kwargs={"intake_list_id": str(intake_list.pk), "run": intake_list.search_run},
    )


@transaction.atomic
def search_again(*, actor: Actor, intake_list_id: UUID, version: int) -> IntakeList:
    """Ask once more for the rows whose PACS did not answer, or had nothing."""
    policies.run_list(actor=actor, intake_list_id=intake_list_id)
    intake_list = lock_version(
        queryset=IntakeList.objects.all(), pk=intake_list_id, version=version
    )
    if intake_list.state == ListState.UNDONE:
        return intake_list
    again = (StudiesState.UNREACHABLE, StudiesState.NONE, StudiesState.NO_PACS)
    asked = intake_list.rows.filter(state__in=ASKED_STATES)
    (asked.filter(studies_state__in=again) | asked.filter(pacs_away=True)).update(
        studies_state=StudiesState.WAITING
    )
    ask_pacs(actor=actor, intake_list=intake_list)
    record_entry(
        actor=actor,
        action="intake.searched",
        entity="intake_list",
        entity_id=intake_list.pk,
    )
    return intake_list


def find_studies(*, intake_list_id: UUID, run: int) -> None:
    """The task's work, row by row; a newer run ends an older one. Twice is harmless."""
    intake_list = IntakeList.objects.filter(pk=intake_list_id, search_run=run).first()
    if intake_list is None or intake_list.asked_by_id is None:
        return
    user = User.objects.prefetch_related("roles").get(pk=intake_list.asked_by_id)
    try:
        actor = policies.act_as_organiser(actor=actor_for(user=user), board_id=intake_list.board_id)
    except DomainError:
        _end(intake_list_id, run)
        return
    has_pacs = PacsConnection.objects.filter(is_active=True).exists()
    waiting = intake_list.rows.filter(state__in=ASKED_STATES, studies_state=StudiesState.WAITING)
    for row in waiting.select_related("patient").order_by("position"):
        if not IntakeList.objects.filter(pk=intake_list_id, search_run=run).exists():
            return
        found = _ask(actor, row) if has_pacs else {"studies_state": StudiesState.NO_PACS}
        # Only if it still is what was asked for, and nobody confirmed it without: what was not
        # seen is not linked later.
        IntakeRow.objects.filter(
            pk=row.pk, search_key=row.search_key, state__in=ASKED_STATES
        ).update(**found)
    _end(intake_list_id, run)


def _end(intake_list_id: UUID, run: int) -> None:
    IntakeList.objects.filter(pk=intake_list_id, search_run=run).update(
        search_state=SearchState.DONE
    )


def _ask(actor: Actor, row: IntakeRow) -> dict[str, Any]:
    """By patient, and by what the list names beside it; each is a query of its own."""
    studies: dict[str, dict[str, Any]] = {}
    expected = expected_identity(row)
    answered = away = False
    for filters in _questions(row):
        try:
            search = search_studies(actor=actor, filters=filters)
        except DomainError:
            away = True
            continue
        answered = answered or any(one.error is None for one in search.answers)
        away = away or any(one.error is not None for one in search.answers)
        for found in search.studies:
            shown = _describe(found, row=row, expected=expected)
            studies.setdefault(shown["study_instance_uid"], shown)
    if not answered:
        return {"studies_state": StudiesState.UNREACHABLE, "studies": [], "pacs_away": True}
    return {**_decide(row, list(studies.values())), "pacs_away": away}


def _questions(row: IntakeRow) -> list[dict[str, str]]:
    questions = [{"PatientID": row.values[Field.PATIENT_ID]}]
    if accession := row.values.get(Field.ACCESSION):
        questions.append({"AccessionNumber": accession})
    if uid := row.values.get(Field.STUDY_UID):
        questions.append({"StudyInstanceUID": uid})
    return questions


def _describe(found: FoundStudy, *, row: IntakeRow, expected: PatientIdentity) -> dict[str, Any]:
    study, holder = found.study, found.holders[0]
    who = identities.identity_of_answer(study, default_issuer=holder.pacs.default_issuer)
    contradicts = identities.find_contradictions(expected=expected, found=who)
    reasons = []
    if study.study_instance_uid == row.values.get(Field.STUDY_UID):
        reasons.append("study_uid")
    if study.accession_number and study.accession_number == row.values.get(Field.ACCESSION):
        reasons.append("accession")
    if who.patient_id == expected.patient_id:
        reasons.append("patient_id")
    if who.issuer and who.issuer == expected.issuer:
        reasons.append("issuer")
    if who.birth_date and who.birth_date == expected.birth_date:
        reasons.append("birth_date")
    day = identities.parse_date(study.study_date)
    return {
        "study_instance_uid": study.study_instance_uid,
        "pacs": str(holder.pacs.pk),
        "pacs_name": holder.pacs.name,
        "study_date": day.isoformat() if day else None,
        "description": study.description[:200],
        "modalities": list(study.modalities)[:8],
        "accession_number": study.accession_number[:64],
        "instance_count": study.instance_count,
        "reasons": reasons,
        "contradicts": contradicts,
    }


def _decide(row: IntakeRow, studies: list[dict[str, Any]]) -> dict[str, Any]:
    studies.sort(key=lambda one: one["study_date"] or "", reverse=True)
    right = [one for one in studies if not one["contradicts"]]
    named = [one for one in right if {"study_uid", "accession"} & set(one["reasons"])]
    same = [one for one in right if {"issuer", "birth_date"} & set(one["reasons"])]
    wants_named = bool(row.values.get(Field.ACCESSION) or row.values.get(Field.STUDY_UID))
    ticked = named if wants_named else same
    if not studies:
        state = StudiesState.NONE
    elif not ticked or len(ticked) > MOST_TICKED:
        state, ticked = StudiesState.AMBIGUOUS, []
    else:
        state = StudiesState.FOUND
    first = [one for one in studies if one in ticked]
    shown = (first + [one for one in studies if one not in ticked])[:MOST_SHOWN]
    return {
        "studies_state": state,
        "studies": shown,
        "chosen_studies": [one["study_instance_uid"] for one in ticked],
    }
