"""Results of other vendors: read once when they arrive, kept as unreviewed findings.

What is owed a look is a row (``ExternalReading``), written with the arrival; the message only
rings. One object is one transaction under its study's lock, so it is taken in once, however
often it arrives or its task is repeated.
"""

import hashlib
import logging
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from apps.ai.choices import ExternalOutcome
from apps.ai.conf import EXTERNAL_BELL_EVERY, EXTERNAL_LOOK_AGAIN
from apps.ai.external.makers import maker_of_equipment
from apps.ai.external.places import StudyImages
from apps.ai.external.reading import (
    PARAMETRIC_MAP,
    Reading,
    document_of,
    predecessors_of,
    read_object,
)
from apps.ai.external.refusals import Refused
from apps.ai.models import ExternalObject, ExternalReading
from apps.ai.selectors.external import own_objects
from apps.ai.services.external_findings import READER, fail, take
from apps.core.exceptions import DomainError, NotVisible
from apps.core.outbox import enqueue
from apps.imaging.documents.kinds import KEY_OBJECTS
from apps.imaging.events import StudyIngested
from apps.imaging.exceptions import SeriesEvicted
from apps.imaging.machine_made import REPORTS, SEGMENTATION_CLASSES
from apps.imaging.models import Instance, Study

logger = logging.getLogger(__name__)

READ_TASK = "apps.ai.tasks.read_external_objects"
SWEPT_AT_ONCE = 20


def owe_reading(event: StudyIngested) -> None:
    """Subscriber, in the transaction of the arrival."""
    owe_study(study_id=event.study_id)


@transaction.atomic
def owe_study(*, study_id: UUID) -> bool:
    """Owe the study a look where it holds an object that was not read; whether it does."""
    if not unread_objects(study_id=study_id):
        return False
    now = timezone.now()
    reading, created = ExternalReading.objects.get_or_create(
        study_id=study_id, defaults={"due_at": now}
    )
    if not created:
        ExternalReading.objects.filter(pk=reading.pk).update(owed=F("owed") + 1, due_at=now)
    enqueue(task=READ_TASK, kwargs={"study_id": str(study_id)})
    return True


@transaction.atomic
def ring_for_owed_readings() -> int:
    """Ring again for studies whose message was lost, or whose images may be back."""
    now = timezone.now()
    due = list(
        ExternalReading.objects.select_for_update(skip_locked=True)
        .filter(due_at__lt=now - EXTERNAL_BELL_EVERY)
        .order_by("due_at")[:SWEPT_AT_ONCE]
    )
    for reading in due:
        reading.due_at = now
        reading.save(update_fields=["due_at", "updated_at"])
        enqueue(task=READ_TASK, kwargs={"study_id": str(reading.study_id)})
    return len(due)


def read_study_objects(*, study_id: UUID) -> int:
    """Read what was not read yet; how many objects were. What must wait is looked at again."""
    study = Study.objects.filter(pk=study_id, ready_at__isnull=False).first()
    if study is None:
        return 0
    owed = ExternalReading.objects.filter(study=study).values_list("owed", flat=True).first()
    count, waits = 0, False
    images = StudyImages(study)
    for row in _in_order(unread_objects(study_id=study_id)):
        try:
            count += _read_one(row, images)
        except (SeriesEvicted, NotVisible):
            waits = True
    done = ExternalReading.objects.filter(study=study, owed=owed or 0)
    if waits:
        done.update(due_at=timezone.now() + EXTERNAL_LOOK_AGAIN)
    else:
        done.delete()
    return count


def unread_objects(*, study_id: UUID) -> list[Instance]:
    """SEG, SR and maps of the study whose content nobody has looked at."""
    known = set(
        ExternalObject.objects.filter(study_id=study_id).values_list("sop_instance_uid", "sha256")
    )
    rows = _candidates().filter(study_id=study_id)
    return [row for row in rows if (row.sop_instance_uid, row.sha256) not in known]


def studies_with_candidates() -> "QuerySet[Instance, UUID]":
    """Ids of studies that hold such objects; for archives older than this."""
    return _candidates().values_list("study_id", flat=True).distinct().order_by("study_id")


def _candidates() -> "QuerySet[Instance]":
    return (
        Instance.objects.filter(
            Q(sop_class_uid__in=(*SEGMENTATION_CLASSES, PARAMETRIC_MAP))
            | Q(sop_class_uid__startswith=REPORTS),
            study__ready_at__isnull=False,
        )
        .exclude(sop_class_uid=KEY_OBJECTS)
        .exclude(series__archive_key="")
        .select_related("series", "series__study")
        .order_by("pk")
    )


def _in_order(rows: list[Instance]) -> list[Instance]:
    """Reports first, each after those it takes the place of: what both say becomes one."""
    reports = {row.sop_instance_uid: row for row in rows if row.sop_class_uid.startswith(REPORTS)}
    before = {uid: _predecessors(row) & reports.keys() for uid, row in reports.items()}
    ordered: list[Instance] = []
    left = dict(sorted(before.items()))
    while left:
        free = [uid for uid, older in left.items() if not older & left.keys()] or list(left)
        ordered += [reports[uid] for uid in free]
        left = {uid: older for uid, older in left.items() if uid not in free}
    return ordered + [row for row in rows if row.sop_instance_uid not in reports]


def _predecessors(row: Instance) -> set[str]:
    try:
        return set(predecessors_of(document_of(row)))
    except (SeriesEvicted, NotVisible):
        return set()


def _read_one(row: Instance, images: StudyImages) -> bool:
    try:
        with transaction.atomic():
            _lock_study(row.study_id)
            if _is_known(row):
                return False
            if row.sop_instance_uid in own_objects(sop_instance_uids=[row.sop_instance_uid]):
                _note(row, ExternalOutcome.OWN)
                return True
            take(row=row, reading=_read_safely(row, images))
            return True
    except (SeriesEvicted, NotVisible, OperationalError):
        raise
    except Exception as error:
        logger.exception("external object %s could not be read", row.pk)
        with transaction.atomic():
            _lock_study(row.study_id)
            if not _is_known(row):
                refusal = Refused("internal_error", name=type(error).__name__)
                fail(row=row, reading=Reading.refused(refusal, maker_of_equipment({})))
        return True


def _read_safely(row: Instance, images: StudyImages) -> Reading:
    try:
        return read_object(row, images=images)
    except (SeriesEvicted, NotVisible):
        raise
    except DomainError as error:
        refusal = Refused("malformed", reason=f"{error} ({error.error_code})")
        return Reading.refused(refusal, maker_of_equipment(document_of(row)))


def _is_known(row: Instance) -> bool:
    return ExternalObject.objects.filter(
        study_id=row.study_id, sop_instance_uid=row.sop_instance_uid, sha256=row.sha256
    ).exists()


def _note(row: Instance, outcome: ExternalOutcome) -> None:
    ExternalObject.objects.create(
        study_id=row.study_id,
        sop_instance_uid=row.sop_instance_uid,
        sop_class_uid=row.sop_class_uid,
        sha256=row.sha256,
        outcome=outcome,
    )


def _lock_study(study_id: UUID) -> None:
    """One reader of a study at a time, without holding the study's row against its ingest."""
    digest = hashlib.sha256(f"external:{study_id}".encode()).digest()
    key = int.from_bytes(digest[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


__all__ = [
    "READER",
    "owe_reading",
    "owe_study",
    "read_study_objects",
    "ring_for_owed_readings",
    "studies_with_candidates",
    "unread_objects",
]
