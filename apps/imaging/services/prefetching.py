"""Everything a case needs, at hand before it is asked for. Asking twice costs one query.

Nothing is pulled here: studies become due for a check (the keeper hands those out, a few per
PACS at a time), evicted series become wanted, priors are looked up and offered.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Q
from django.utils import timezone

from apps.audit.services import record_entry
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.core.exceptions import DomainError
from apps.core.outbox import enqueue
from apps.imaging import identity as identities
from apps.imaging.choices import JobState, StudySource, StudyState
from apps.imaging.models import (
    CaseImages,
    CaseStudy,
    IngestJob,
    PacsConnection,
    PriorStudy,
    Series,
    Study,
)
from apps.imaging.pacs import QidoStudy, open_client
from apps.imaging.services import ingesting, sources
from apps.imaging.services.needs import near_needs
from apps.imaging.volumes import open_volume

logger = logging.getLogger(__name__)

PREFETCH_TASK = "apps.imaging.tasks.prefetch_case"
ACTOR = Actor.system("prefetch")
ASKED_EVERY = timedelta(minutes=5)
CHECK_FRESH_FOR = timedelta(minutes=2)
PRIORS_FRESH_FOR = timedelta(hours=1)
PRIORS_OFFERED = 50
PRIORS_PULLED = 4
PULLS_PER_PACS = 4


def note_case_opened(*, case_id: UUID) -> None:
    """Somebody opens the case: warm it, unless that was done moments ago (one UPDATE)."""
    now = timezone.now()
    row = CaseImages.objects.filter(case_id=case_id)
    stale = Q(asked_at__isnull=True) | Q(asked_at__lt=now - ASKED_EVERY)
    with transaction.atomic():
        if not row.filter(stale).update(asked_at=now):
            _, is_new = CaseImages.objects.get_or_create(
                case_id=case_id, defaults={"asked_at": now}
            )
            if not is_new:
                return
        enqueue(task=PREFETCH_TASK, kwargs={"case_id": str(case_id)})


def plan_prefetch() -> int:
    """Each case past the agenda cut-off, once per meeting; how many were asked for."""
    asked = 0
    for case_id, needed_at in near_needs().items():
        with transaction.atomic():
            row, _ = CaseImages.objects.get_or_create(case_id=case_id)
            fresh = CaseImages.objects.filter(pk=row.pk).exclude(warmed_for=needed_at)
            if fresh.update(warmed_for=needed_at, asked_at=timezone.now()):
                enqueue(task=PREFETCH_TASK, kwargs={"case_id": str(case_id)})
                asked += 1
    return asked


def prefetch_case(*, case_id: UUID) -> None:
    """Warm one case: its studies, their evicted series, priors, and derived volumes."""
    case = Case.objects.select_related("patient").filter(pk=case_id).first()
    if case is None:
        return
    mark_due(case_ids=[case_id])
    recall_evicted(case_ids=[case_id])
    needed_at = near_needs().get(case_id)
    _find_priors(case, is_near=needed_at is not None)
    if needed_at is not None:
        _build_volumes(case_id)


def mark_due(*, case_ids: Iterable[UUID]) -> int:
    """Studies of these cases are to be compared with their PACS now, unless they just were."""
    now = timezone.now()
    studies = CaseStudy.objects.filter(case_id__in=list(case_ids)).values("study_id")
    stale = Q(source_checked_at__isnull=True) | Q(source_checked_at__lt=now - CHECK_FRESH_FOR)
    later = Q(check_due_at__isnull=True) | Q(check_due_at__gt=now)
    return Study.objects.filter(stale, later, pk__in=studies, pacs__is_active=True).update(
        check_due_at=now
    )


def schedule_needed(*, needs: dict[UUID, datetime]) -> int:
    """Studies of needed cases that nobody watches yet are watched from now on."""
    studies = CaseStudy.objects.filter(case_id__in=list(needs)).values("study_id")
    return Study.objects.filter(
        pk__in=studies, check_due_at__isnull=True, pacs__is_active=True
    ).update(check_due_at=timezone.now())


def recall_evicted(*, case_ids: Iterable[UUID]) -> int:
    """Evicted series of these cases are wanted back, where a PACS may have them to give."""
    studies = CaseStudy.objects.filter(case_id__in=list(case_ids)).values("study_id")
    may_stand_in = PacsConnection.objects.filter(is_active=True, unreachable_since__isnull=True)
    return Series.objects.filter(
        Q(study__pacs__unreachable_since__isnull=True) | Q(Exists(may_stand_in)),
        study__pacs__isnull=False,
        study_id__in=studies,
        evicted_at__isnull=False,
        wanted_at__isnull=True,
    ).update(wanted_at=timezone.now())


# --- priors ----------------------------------------------------------------------------------


def _find_priors(case: Case, *, is_near: bool) -> None:
    """Studies of the same patient in any PACS: offered, and pulled in advance near a meeting.

    Linked by a person only: a link shows the study to everyone in the case.
    """
    now = timezone.now()
    row, _ = CaseImages.objects.get_or_create(case=case)
    if row.priors_checked_at and now - row.priors_checked_at < PRIORS_FRESH_FOR:
        return
    expected = identities.identity_of_patient(case.patient)
    found: dict[str, tuple[PacsConnection, QidoStudy]] = {}
    for connection in PacsConnection.objects.filter(is_active=True).order_by("priority", "name"):
        try:
            with open_client(connection, connections=1) as client:
                answers = client.search_studies(
                    filters={"PatientID": expected.patient_id}, limit=PRIORS_OFFERED
                )
        except DomainError as error:
            sources.note_reached(pacs_id=connection.pk, error=error)
            continue
        sources.note_reached(pacs_id=connection.pk, error=None)
        for one in answers:
            who = identities.identity_of_answer(one, default_issuer=connection.default_issuer)
            if not identities.find_contradictions(expected=expected, found=who):
                found.setdefault(one.study_instance_uid, (connection, one))
    linked = set(
        CaseStudy.objects.filter(case=case).values_list("study__study_instance_uid", flat=True)
    )
    offers = [
        _offer(case, connection, one)
        for uid, (connection, one) in found.items()
        if uid not in linked
    ]
    with transaction.atomic():
        PriorStudy.objects.filter(case=case).delete()
        PriorStudy.objects.bulk_create(offers)
        CaseImages.objects.filter(pk=row.pk).update(priors_checked_at=now)
        record_entry(
            actor=ACTOR,
            action="query.priors",
            case_id=case.pk,
            patient_id=case.patient_id,
            details={"found": len(offers)},
        )
    if is_near:
        newest = sorted(offers, key=lambda one: str(one.study_date or ""), reverse=True)
        for prior in newest[:PRIORS_PULLED]:
            _pull_prior(case, prior, found[prior.study_instance_uid][1])


def _offer(case: Case, connection: PacsConnection, one: QidoStudy) -> PriorStudy:
    return PriorStudy(
        case=case,
        pacs=connection,
        study_instance_uid=one.study_instance_uid[:64],
        study_date=identities.parse_date(one.study_date),
        description=one.description[:255],
        modalities=sorted(name[:16] for name in one.modalities),
        series_count=one.series_count,
        instance_count=one.instance_count,
    )


def _pull_prior(case: Case, prior: PriorStudy, answer: QidoStudy) -> None:
    """Into the archive without a link: nobody sees it, linking it later shows it at once.

    Only where the birth date proves the patient, too.
    """
    connection = prior.pacs
    who = identities.identity_of_answer(answer, default_issuer=connection.default_issuer)
    if who.birth_date is None or who.birth_date != case.patient.birth_date:
        return
    pulling = IngestJob.objects.filter(
        study__pacs=connection, state__in=[JobState.QUEUED, JobState.RUNNING]
    )
    if pulling.count() >= PULLS_PER_PACS:
        return
    with transaction.atomic():
        study, is_new = Study.objects.get_or_create(
            study_instance_uid=prior.study_instance_uid,
            defaults={
                "patient_id": who.patient_id[:64],
                "issuer_of_patient_id": who.issuer[:64],
                "patient_name": who.name[:324],
                "patient_birth_date": who.birth_date,
                "patient_sex": who.sex,
                "study_date": prior.study_date,
                "description": prior.description,
                "modalities": prior.modalities,
                "total_instances": max(0, prior.instance_count or 0),
                "source": StudySource.PACS,
                "pacs": connection,
                "state": StudyState.QUEUED,
            },
        )
        if is_new:
            sources.note_counts(study=study, pacs_id=connection.pk, found=answer)
            ingesting.queue_ingest(actor=ACTOR, study_id=study.pk)


# --- derived ---------------------------------------------------------------------------------


def _build_volumes(case_id: UUID) -> None:
    """The volume file of every series that is one, so that computation starts at once."""
    studies = CaseStudy.objects.filter(case_id=case_id).values("study_id")
    series = Series.objects.filter(study_id__in=studies, evicted_at__isnull=True)
    volumes = series.exclude(archive_key="").filter(geometry__is_volume=True)
    for series_id in volumes.values_list("pk", flat=True):
        try:
            open_volume(series_id=series_id)
        except DomainError as error:
            logger.info("volume of series %s: %s", series_id, error.error_code)
        except OSError as error:
            logger.warning("volumes: %s", error)  # no room for what can be rebuilt
            return
