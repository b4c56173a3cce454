"""Reading the image index, in the guise the reader has."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from apps.cases.access import Standing, standings
from apps.cases.policies import require_standing
from apps.cases.selectors import visible_cases
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.imaging import policies
from apps.imaging.archive import SeriesArchive, open_series
from apps.imaging.archive.writer import frame_pose
from apps.imaging.choices import FileVerdict, StudyState
from apps.imaging.geometry import FramePose
from apps.imaging.models import AccessToken, CaseStudy, Import, PacsConnection, Series, Study
from apps.imaging.projection import Projection


@dataclass(frozen=True, slots=True)
class SeriesInCase:
    """One series as this viewer sees it; ``row`` for what carries no identity."""

    row: Series
    series_instance_uid: str
    description: str
    frame_of_reference_uid: str
    base_url: str


@dataclass(frozen=True, slots=True)
class StudyInCase:
    """One study of a case as this viewer sees it."""

    row: Study
    link: CaseStudy
    study_instance_uid: str
    study_date: str | None
    study_time: str
    description: str
    accession_number: str
    patient: dict[str, Any]
    series: tuple[SeriesInCase, ...] = field(default=())


def list_case_studies(*, actor: Actor, case_id: UUID) -> list[StudyInCase]:
    """Studies of a case, newest first, with their published series."""
    standing = require_standing(actor=actor, case_id=case_id)
    links = (
        CaseStudy.objects.filter(case_id=case_id)
        .select_related("study")
        .prefetch_related(
            Prefetch(
                "study__series",
                queryset=Series.objects.exclude(archive_key="").order_by(
                    "number", "series_instance_uid"
                ),
                to_attr="published_series",
            )
        )
        .order_by("-study__study_date", "-study__study_time", "study_id")
    )
    return [_show(link, standing) for link in links]


def find_case_study(*, actor: Actor, case_id: UUID, study_instance_uid: str) -> CaseStudy:
    """The link of a study by the UID the viewer knows it by.

    Raises
    ------
    NotVisible
        Not this actor's case, or no such study in it.
    """
    standing = require_standing(actor=actor, case_id=case_id)
    links = CaseStudy.objects.filter(case_id=case_id).select_related("study")
    if not standing.is_deidentified:
        link = links.filter(study__study_instance_uid=study_instance_uid).first()
    else:
        projection = projection_for(standing)
        assert projection is not None
        known = {one.study.study_instance_uid: one for one in links}
        original = projection.original_uid(study_instance_uid, known)
        link = known.get(original or "")
    if link is None:
        raise NotVisible()
    return link


def find_case_series(
    *, actor: Actor, case_id: UUID, study_instance_uid: str, series_instance_uid: str
) -> Series:
    """A published series by the UIDs the viewer knows; withheld ones are not there."""
    link = find_case_study(actor=actor, case_id=case_id, study_instance_uid=study_instance_uid)
    standing = require_standing(actor=actor, case_id=case_id)
    published = Series.objects.filter(study_id=link.study_id).exclude(archive_key="")
    projection = projection_for(standing)
    if projection is None:
        series = published.filter(series_instance_uid=series_instance_uid).first()
    else:
        known = {one.series_instance_uid: one for one in published.filter(deidentifiable=True)}
        original = projection.original_uid(series_instance_uid, known)
        series = known.get(original or "")
    if series is None or link.study.ready_at is None:
        raise NotVisible()
    return series


def projection_for(standing: Standing) -> Projection | None:
    """The projection of a de-identified standing; ``None`` for an identified one."""
    if not standing.is_deidentified:
        return None
    assert standing.grant_id is not None
    return Projection(grant_id=standing.grant_id)


def summarise_images(*, actor: Actor, case_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """``images: {ready, total}`` per case, in one query."""
    ids = list(standings(actor=actor, case_ids=case_ids))
    counted = (
        CaseStudy.objects.filter(case_id__in=ids)
        .values("case_id")
        .annotate(
            total=Count("pk"),
            ready=Count("pk", filter=Q(study__state=StudyState.READY)),
        )
    )
    summaries: dict[UUID, dict[str, Any]] = {
        case_id: {"images": {"ready": 0, "total": 0}} for case_id in ids
    }
    for row in counted:
        summaries[row["case_id"]] = {"images": {"ready": row["ready"], "total": row["total"]}}
    return summaries


def list_connections() -> "QuerySet[PacsConnection]":
    return PacsConnection.objects.order_by("priority", "name")


def get_import(*, actor: Actor, import_id: UUID) -> Import:
    """An import of a case that this actor sees identified (file names carry identity)."""
    parent = (
        Import.objects.filter(pk=import_id, case__in=visible_cases(actor=actor))
        .prefetch_related("files")
        .first()
    )
    if parent is None:
        raise NotVisible()
    standing = require_standing(actor=actor, case_id=parent.case_id)
    if standing.is_deidentified:
        raise NotVisible()
    return parent


def list_tokens(*, actor: Actor) -> "QuerySet[AccessToken]":
    """The actor's own tokens, newest first, with the grants they speak through."""
    policies.manage_tokens(actor=actor)
    return AccessToken.objects.filter(owner_id=actor.person_id).prefetch_related("grants")


def count_verdicts(parent: Import) -> dict[str, int]:
    counts = dict.fromkeys(FileVerdict.values, 0)
    for file in parent.files.all():
        counts[file.verdict] += 1
    return counts


def read_poses(*, series_id: UUID) -> dict[tuple[str, int], FramePose]:
    """Where each frame of a published series lies, by (SOP Instance UID, frame from 1).

    Raises
    ------
    NotVisible
        The series is not in the archive.
    """
    key = Series.objects.filter(pk=series_id).values_list("archive_key", flat=True).first()
    if not key:
        raise NotVisible()
    return dict(archived_poses(key))


@lru_cache(maxsize=128)
def archived_poses(archive_key: str) -> dict[tuple[str, int], FramePose]:
    """The same by archive key, in slice order; shared, not to be changed."""
    archive = open_series(archive_key)
    poses = [frame_pose(pose) for one in archive.instances for pose in one["poses"]]
    return {(pose.sop_instance_uid, pose.frame): pose for pose in poses}


def open_published(series: Series) -> SeriesArchive:
    """The archive of a series.

    Raises
    ------
    NotVisible
        Its directory is gone.
    """
    try:
        return open_series(series.archive_key)
    except FileNotFoundError:
        raise NotVisible() from None


def _show(link: CaseStudy, standing: Standing) -> StudyInCase:
    study = link.study
    series: list[Series] = getattr(study, "published_series", [])
    projection = projection_for(standing)
    if projection is not None:
        return _show_projected(link, series, projection)
    return StudyInCase(
        row=study,
        link=link,
        study_instance_uid=study.study_instance_uid,
        study_date=study.study_date.isoformat() if study.study_date else None,
        study_time=study.study_time,
        description=study.description,
        accession_number=study.accession_number,
        patient={
            "patient_id": study.patient_id,
            "name": study.patient_name,
            "birth_date": study.patient_birth_date and study.patient_birth_date.isoformat(),
            "sex": study.patient_sex,
        },
        series=tuple(
            SeriesInCase(
                row=one,
                series_instance_uid=one.series_instance_uid,
                description=one.description,
                frame_of_reference_uid=one.frame_of_reference_uid,
                base_url=f"/pixels/{one.archive_key}",
            )
            for one in series
        ),
    )


def _show_projected(link: CaseStudy, series: list[Series], projection: Projection) -> StudyInCase:
    study = link.study
    return StudyInCase(
        row=study,
        link=link,
        study_instance_uid=projection.uid(study.study_instance_uid),
        study_date=projection.shift(study.study_date).isoformat() if study.study_date else None,
        study_time=study.study_time,
        description="",
        accession_number="",
        patient={
            "patient_id": projection.patient_id,
            "name": "De-identified",
            "birth_date": None,
            "sex": study.patient_sex if study.patient_sex in ("M", "F", "O") else "",
        },
        series=tuple(
            SeriesInCase(
                row=one,
                series_instance_uid=projection.uid(one.series_instance_uid),
                description="",
                frame_of_reference_uid=projection.uid(one.frame_of_reference_uid),
                base_url=f"/pixels/{one.archive_key}.{projection.scope}",
            )
            for one in series
            if one.deidentifiable
        ),
    )
