"""Owe the PACS an RT Structure Set of what a case has accepted, and keep the account of it."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.ai import policies
from apps.ai.choices import ExportState, FindingState
from apps.ai.exceptions import NothingAccepted, StaleFence
from apps.ai.models import FindingReview, StructureSet
from apps.ai.selectors.structure_sets import PlannedStructureSet, plan_structure_sets
from apps.ai.services import sending
from apps.ai.services.people import get_person
from apps.ai.services.sending import STRUCTURE_SET_TASK
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.core.outbox import enqueue
from apps.imaging.models import CaseStudy

SENDER = Actor.system("structure set sender")


def study_of_case(*, case_id: UUID, study_instance_uid: str) -> UUID:
    """
    Raises
    ------
    NotVisible
        The case does not show the study.
    """
    study_id = (
        CaseStudy.objects.filter(case_id=case_id, study__study_instance_uid=study_instance_uid)
        .values_list("study_id", flat=True)
        .first()
    )
    if study_id is None:
        raise NotVisible()
    return study_id


def plans_of_study(
    *, case_id: UUID, study_instance_uid: str, series_instance_uid: str = ""
) -> list[PlannedStructureSet]:
    """What there is to send of a study, or of one of its series; the caller has checked access.

    Raises
    ------
    NotVisible
        The case does not show the study.
    NothingAccepted
        No accepted finding marks voxels there.
    """
    study_id = study_of_case(case_id=case_id, study_instance_uid=study_instance_uid)
    plans = [
        plan
        for plan in plan_structure_sets(case_id=case_id, study_id=study_id)
        if series_instance_uid in ("", plan.series.series_instance_uid)
    ]
    if not plans:
        raise NothingAccepted("No finding on these images has been accepted.")
    return plans


@transaction.atomic
def request_structure_sets(
    *, actor: Actor, case_id: UUID, study_instance_uid: str, series_instance_uid: str = ""
) -> list[StructureSet]:
    """Send the accepted findings of a study, one structure set for each series.

    Asked again with nothing new accepted it changes nothing, unless the sending had failed: then
    it is tried again.

    Raises
    ------
    NotVisible, Forbidden
        Not in this case, or not this person's to send.
    NothingAccepted
        No accepted finding marks voxels there.
    """
    policies.send_structure_set(actor=actor, case_id=case_id)
    plans = plans_of_study(
        case_id=case_id,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
    )
    return [_owe(actor, case_id, plan) for plan in plans]


def _owe(actor: Actor, case_id: UUID, plan: PlannedStructureSet) -> StructureSet:
    row, created = StructureSet.objects.select_for_update(of=("self",)).get_or_create(
        sop_instance_uid=plan.uids.instance,
        defaults={
            "case_id": case_id,
            "study_id": plan.series.study_id,
            "series": plan.series,
            "requested_by": get_person(actor=actor),
            "not_before": timezone.now(),
        },
    )
    if created:
        row.reviews.set([one.review for one in plan.regions])
    elif row.state == ExportState.FAILED:
        sending.queue_again(row)
    else:
        return row
    enqueue(task=STRUCTURE_SET_TASK, kwargs={"structure_set_id": str(row.pk)})
    _audit(
        actor, "structure_set.requested", row, {"structures": [r.name.name for r in plan.regions]}
    )
    return row


@transaction.atomic
def claim_structure_set(*, structure_set_id: UUID) -> StructureSet | None:
    """Take it with a lease and a new fence; None when it is not due, or no longer wanted."""
    row = (
        sending.due(StructureSet.objects.filter(pk=structure_set_id))
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("series", "case")
        .first()
    )
    if row is None:
        return None
    standing = FindingReview.objects.filter(
        structure_sets=row, stands=True, decision=FindingState.ACCEPTED
    )
    # Only what stands accepted leaves the house, whatever the row says.
    if standing.count() != row.reviews.count():
        if row.state == ExportState.QUEUED:
            sending.withdraw(row)
            _audit(SENDER, "structure_set.withdrawn", row, {})
        return None
    sending.claim(row)
    return row


def keep_structure_set(*, structure_set_id: UUID, fence: int, sha256: str) -> None:
    """Remember the bytes, so that every later attempt sends the same."""
    rows = sending.owned(StructureSet.objects.filter(pk=structure_set_id), fence=fence)
    if not rows.update(object_sha256=sha256):
        raise StaleFence


def renew_structure_set(*, structure_set_id: UUID, fence: int) -> bool:
    """Extend the lease; False when it belongs to another worker (or to none) now."""
    return sending.renew(StructureSet.objects.filter(pk=structure_set_id), fence=fence)


@transaction.atomic
def complete_structure_set(*, structure_set_id: UUID, fence: int) -> None:
    row = sending.lock_owned(StructureSet.objects.filter(pk=structure_set_id), fence=fence)
    sending.complete(row)
    _audit(SENDER, "structure_set.stored", row, {"attempts": row.attempts})


@transaction.atomic
def fail_structure_set(
    *, structure_set_id: UUID, fence: int, code: str, message: str, is_final: bool
) -> None:
    row = sending.lock_owned(StructureSet.objects.filter(pk=structure_set_id), fence=fence)
    put_structure_set_back(row=row, code=code, message=message, is_final=is_final)


def put_structure_set_back(
    *,
    row: StructureSet,
    code: str,
    message: str,
    is_final: bool = False,
    delay: timedelta | None = None,
) -> None:
    """After a lost attempt: wait and try again, or stop after the last. The row is locked."""
    if sending.put_back(row, code=code, message=message, is_final=is_final, delay=delay):
        _audit(SENDER, "structure_set.failed", row, {"code": code}, outcome="failure")
    else:
        enqueue(
            task=STRUCTURE_SET_TASK,
            kwargs={"structure_set_id": str(row.pk)},
            eta=row.not_before,
        )


def _audit(
    actor: Actor,
    action: str,
    row: StructureSet,
    details: dict[str, object],
    *,
    outcome: str = "success",
) -> None:
    record_entry(
        actor=actor,
        action=action,
        case_id=row.case_id,
        entity="structure_set",
        entity_id=row.pk,
        details={"sop_instance_uid": row.sop_instance_uid, **details},
        outcome=outcome,
    )
