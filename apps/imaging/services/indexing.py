"""From published series to rows: the index always names what the archive holds completely."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.cases.identity import PatientIdentity
from apps.core import events as core_events
from apps.core.actors import Actor
from apps.imaging.archive.place import series_store
from apps.imaging.archive.reader import open_series
from apps.imaging.archive.writer import (
    ArchivableInstance,
    PublishedSeries,
    StagedInstance,
    carry_over,
    publish_series,
)
from apps.imaging.choices import SeriesKind, SourceState, StudyState
from apps.imaging.events import StudyIngested, StudyProgressed, StudyReady
from apps.imaging.evicted import explain_absence
from apps.imaging.identity import parse_date
from apps.imaging.models import CaseStudy, Instance, Series, Study
from apps.imaging.services import sources

logger = logging.getLogger(__name__)

REPUBLISH_ATTEMPTS = 5
DESCRIBED_FIELDS = (
    "patient_id",
    "issuer_of_patient_id",
    "patient_name",
    "patient_birth_date",
    "patient_sex",
    "study_date",
    "study_time",
    "accession_number",
    "description",
    "updated_at",
)
FINISHED_FIELDS = (
    "modalities",
    "synthetic",
    "done_instances",
    "total_instances",
    "state",
    "error_code",
    "error_message",
    "ready_at",
    "updated_at",
)
Guard = Callable[[], None]


def no_guard() -> None:
    """For callers without a lease."""


def publish_and_index(
    *,
    study_id: UUID,
    series_instance_uid: str,
    staged: Sequence[StagedInstance],
    guard: Guard = no_guard,
    origin: SourceState = SourceState.OURS,
    is_whole: bool = False,
    pacs_id: UUID | None = None,
) -> UUID:
    """Publish a series with its new objects and point the index at it, atomically.

    Objects already archived are carried over; an object whose content changed since is not
    swapped silently: the first stays and the series says so.

    Parameters
    ----------
    guard
        Runs inside the transaction and raises when the caller's lease is lost.
    origin
        Where the staged objects come from; only what the PACS holds may ever be evicted.
    is_whole
        ``staged`` is all of the series: it may come back without what was evicted.
    pacs_id
        The PACS that the staged objects were fetched from, for the series' record.

    Raises
    ------
    SeriesEvicted
        Objects were to be added to a series that is not here; it is on its way back.
    """
    for _ in range(REPUBLISH_ATTEMPTS):
        study = Study.objects.get(pk=study_id)
        base_key = _current_key(study_id, series_instance_uid)
        is_here = bool(base_key) and series_store().exists(base_key)
        if base_key and not is_here and not is_whole:
            raise explain_absence(base_key)
        objects, changed = _merge(base_key if is_here else "", staged)
        published = publish_series(
            study_instance_uid=study.study_instance_uid,
            series_instance_uid=series_instance_uid,
            objects=objects,
        )
        with transaction.atomic():
            Study.objects.select_for_update().get(pk=study_id)
            guard()
            if _current_key(study_id, series_instance_uid) != base_key:
                continue  # somebody else published meanwhile: merge with theirs
            if not series_store().exists(published.archive_key):
                continue  # evicted under our hands: eviction holds the same lock
            series_id = _write_rows(
                study, series_instance_uid, published, changed=changed, origin=origin
            )
            if pacs_id is not None:
                fresh = sum(isinstance(one, StagedInstance) for one in objects)
                sources.note_origin(
                    series_id=series_id, pacs_id=pacs_id, objects=fresh, is_whole=not is_here
                )
            return series_id
    raise RuntimeError("a series kept changing while it was published")


def _current_key(study_id: UUID, series_instance_uid: str) -> str:
    key = (
        Series.objects.filter(study_id=study_id, series_instance_uid=series_instance_uid)
        .values_list("archive_key", flat=True)
        .first()
    )
    return key or ""


def _merge(
    base_key: str, staged: Sequence[StagedInstance]
) -> tuple[list[ArchivableInstance], set[str]]:
    objects: dict[str, ArchivableInstance] = {}
    changed: set[str] = set()
    if base_key:
        for carried in carry_over(open_series(base_key)):
            objects[carried.summary["sop_instance_uid"]] = carried
    for one in staged:
        uid = one.summary["sop_instance_uid"]
        known = objects.get(uid)
        if known is None:
            objects[uid] = one
        elif known.summary["sha256"] != one.summary["sha256"]:
            changed.add(uid)
    return list(objects.values()), changed


def _write_rows(
    study: Study,
    series_instance_uid: str,
    published: PublishedSeries,
    *,
    changed: set[str],
    origin: SourceState,
) -> UUID:
    first = published.instances[0]
    described = first["series"]
    kinds = {one["kind"] for one in published.instances}
    kind = next(iter(kinds)) if len(kinds) == 1 else _leading_kind(kinds)
    series, _ = Series.objects.update_or_create(
        study=study,
        series_instance_uid=series_instance_uid,
        defaults={
            "modality": described["modality"][:16],
            "number": _bounded(described["number"]),
            "description": described["description"][:255],
            "body_part": described["body_part"][:64],
            "laterality": _common_side(published.instances),
            "frame_of_reference_uid": described["frame_of_reference_uid"][:64],
            "kind": kind if kind in SeriesKind.values else SeriesKind.OTHER,
            "instance_count": len(published.instances),
            "frame_count": sum(len(one["frames"]) for one in published.instances),
            "archive_key": published.archive_key,
            "content_sha256": published.content_sha256,
            "geometry": published.geometry.summary(),
            "warnings": published.warnings,
            "deidentifiable": all(one["deidentifiable"] for one in published.instances),
            "stored_bytes": published.stored_bytes,
            "needed_at": timezone.now(),
            "wanted_at": None,
            "evicted_at": None,
        },
    )
    _write_instances(study, series, published.instances, changed=changed, origin=origin)
    sources.refresh_series_warnings(series_id=series.pk)
    return series.pk


def _common_side(summaries: Sequence[Mapping[str, Any]]) -> str:
    """The side of all its images; of a series of both breasts, or one that half says it, none."""
    sides = {str(one["series"]["laterality"]) for one in summaries}
    return sides.pop()[:16] if len(sides) == 1 else ""


def _leading_kind(kinds: set[str]) -> str:
    return "image" if "image" in kinds else sorted(kinds)[0]


def _write_instances(
    study: Study,
    series: Series,
    summaries: Sequence[Mapping[str, Any]],
    *,
    changed: set[str],
    origin: SourceState,
) -> None:
    known = {
        uid: (sha256, SourceState(state))
        for uid, sha256, state in Instance.objects.filter(series=series).values_list(
            "sop_instance_uid", "sha256", "source_state"
        )
    }
    rows = [
        Instance(
            study=study,
            series=series,
            sop_instance_uid=one["sop_instance_uid"],
            sop_class_uid=one["sop_class_uid"],
            transfer_syntax_uid=one["transfer_syntax_uid"],
            instance_number=_bounded(one["instance_number"]),
            index=index,
            frames=len(one["frames"]),
            rows=one["rows"],
            columns=one["columns"],
            size_bytes=one["size_bytes"],
            sha256=one["sha256"],
            source_state=_source_state(one, known=known, changed=changed, origin=origin),
        )
        for index, one in enumerate(summaries)
    ]
    Instance.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["study", "sop_instance_uid"],
        update_fields=[
            "transfer_syntax_uid",
            "index",
            "frames",
            "rows",
            "columns",
            "size_bytes",
            "sha256",
            "source_state",
        ],
    )


def _source_state(
    one: Mapping[str, Any],
    *,
    known: Mapping[str, tuple[str, SourceState]],
    changed: set[str],
    origin: SourceState,
) -> SourceState:
    uid = one["sop_instance_uid"]
    if uid in changed:
        return SourceState.CHANGED
    if uid not in known:
        return origin
    sha256, state = known[uid]
    return state if sha256 == one["sha256"] else SourceState.REPLACED


def _bounded(value: int | None) -> int | None:
    """IS goes to 2^31; hostile headers go further."""
    return value if value is not None and -(2**31) < value < 2**31 else None


def describe_study(*, study: Study, summary: Mapping[str, Any], identity: PatientIdentity) -> None:
    """Fill the study's columns from one of its objects (not saved)."""
    described = summary["study"]
    study.patient_id = identity.patient_id
    study.issuer_of_patient_id = identity.issuer
    study.patient_name = identity.name
    study.patient_birth_date = identity.birth_date
    study.patient_sex = identity.sex
    study.study_date = parse_date(described["study_date"])
    study.study_time = described["study_time"][:16]
    study.accession_number = described["accession_number"][:64]
    study.description = described["description"][:255]


def finish_study(
    *, actor: Actor, study_id: UUID, series_ids: Sequence[UUID], guard: Guard = no_guard
) -> None:
    """All of the study is in the archive: say so once, in one transaction."""
    with transaction.atomic():
        study = Study.objects.select_for_update().get(pk=study_id)
        guard()
        series = list(Series.objects.filter(study=study).exclude(archive_key=""))
        study.modalities = sorted({one.modality for one in series if one.modality})
        study.synthetic = study.synthetic or _any_synthetic(series)
        sources.count_images(study=study)
        study.state = StudyState.READY
        study.error_code = study.error_message = ""
        study.ready_at = study.ready_at or timezone.now()
        study.save(update_fields=FINISHED_FIELDS)
        case_ids = tuple(
            CaseStudy.objects.filter(study=study)
            .order_by("case_id")
            .values_list("case_id", flat=True)
        )
        core_events.record(
            StudyIngested(
                study_id=study.pk,
                case_ids=case_ids,
                series_ids=tuple(series_ids),
                **core_events.actor_fields(actor),
            )
        )
        for case_id in case_ids:
            record_ready(actor=actor, case_id=case_id, study_id=study.pk)


def record_ready(*, actor: Actor, case_id: UUID, study_id: UUID) -> None:
    core_events.record(
        StudyReady(
            case_id=case_id,
            entity="study",
            entity_id=str(study_id),
            study_id=study_id,
            **core_events.actor_fields(actor),
        )
    )


def record_progress(*, actor: Actor, study: Study) -> None:
    """Tell every case of the study how far it is; in the caller's transaction."""
    case_ids = (
        CaseStudy.objects.filter(study=study).order_by("case_id").values_list("case_id", flat=True)
    )
    for case_id in case_ids:
        core_events.record(
            StudyProgressed(
                case_id=case_id,
                entity="study",
                entity_id=str(study.pk),
                study_id=study.pk,
                state=study.state,
                done=study.done_instances,
                total=study.total_instances,
                error_code=study.error_code,
                **core_events.actor_fields(actor),
            )
        )


def _any_synthetic(series: Sequence[Series]) -> bool:
    return any(
        instance["synthetic"]
        for one in series
        if one.evicted_at is None
        for instance in open_series(one.archive_key).instances
    )
