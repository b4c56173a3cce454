"""Reading the image index, in the guise the reader has."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from apps.cases.access import Standing
from apps.cases.policies import require_standing
from apps.cases.selectors import visible_cases
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.imaging import identity as identities
from apps.imaging import policies
from apps.imaging.ai_objects import hidden_series, require_shown_series
from apps.imaging.archive import SeriesArchive, open_series
from apps.imaging.archive.writer import frame_pose
from apps.imaging.choices import FileVerdict, ImportState, SeriesKind
from apps.imaging.evicted import explain_absence
from apps.imaging.geometry import FramePose
from apps.imaging.geometry.oddities import WARNINGS as GEOMETRY_WARNINGS
from apps.imaging.models import (
    AccessToken,
    CaseStudy,
    Import,
    PacsConnection,
    PictureClearance,
    PriorStudy,
    Series,
    SeriesOrigin,
    Study,
)
from apps.imaging.projection import Projection
from apps.imaging.projection.values import clean_time
from apps.imaging.projection.vocabulary import clean_description, clean_term
from apps.imaging.stacks import listed_stacks
from apps.imaging.withholding import (
    Disclosure,
    clearances_in_force,
    disclosure_of,
    only_open,
    with_disclosure,
)


@dataclass(frozen=True, slots=True)
class SeriesInCase:
    """One series as this viewer sees it; ``row`` for what carries no identity."""

    row: Series
    series_instance_uid: str
    description: str
    frame_of_reference_uid: str
    base_url: str
    modality: str
    body_part: str
    warnings: tuple[dict[str, str], ...]
    disclosure: Disclosure
    stacks: tuple[dict[str, Any], ...] = ()  # where there are several
    fetched_from: tuple[SeriesOrigin, ...] = ()  # no house is named to a de-identified viewer

    @property
    def is_shown(self) -> bool:
        """There is something to fetch for this viewer."""
        return bool(self.base_url)


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
    modalities: tuple[str, ...]
    warnings: tuple[dict[str, str], ...]
    error: dict[str, str] | None
    series: tuple[SeriesInCase, ...] = field(default=())
    pacs_name: str | None = None  # likewise


def list_case_studies(*, actor: Actor, case_id: UUID) -> list[StudyInCase]:
    """Studies of a case, newest first, with their published series.

    Series that AI made are left out while the images are to be read first.
    """
    standing = require_standing(actor=actor, case_id=case_id)
    links = (
        CaseStudy.objects.filter(case_id=case_id)
        .select_related("study", "study__pacs")
        .prefetch_related(
            Prefetch(
                "study__series",
                queryset=with_disclosure(Series.objects.exclude(archive_key=""))
                .order_by("number", "series_instance_uid")
                .prefetch_related(
                    Prefetch("origins", queryset=SeriesOrigin.objects.select_related("pacs"))
                ),
                to_attr="published_series",
            )
        )
        .order_by("-study__study_date", "-study__study_time", "study_id")
    )
    studies = [link.study_id for link in links]
    hidden = hidden_series(actor=actor, case_id=case_id, study_ids=studies)
    return [_show(link, standing, hidden) for link in links]


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
    """A published series by the UIDs the viewer knows; withheld ones are not there.

    Raises
    ------
    NotVisible, AiHidden
        Not this actor's case, or no such series in it; AI made it, to be revealed later.
    """
    link = find_case_study(actor=actor, case_id=case_id, study_instance_uid=study_instance_uid)
    standing = require_standing(actor=actor, case_id=case_id)
    published = Series.objects.filter(study_id=link.study_id).exclude(archive_key="")
    projection = projection_for(standing)
    if projection is None:
        series = published.filter(series_instance_uid=series_instance_uid).first()
    else:
        known = {one.series_instance_uid: one for one in only_open(published)}
        original = projection.original_uid(series_instance_uid, known)
        series = known.get(original or "")
    if series is None or link.study.ready_at is None:
        raise NotVisible()
    require_shown_series(actor=actor, case_id=case_id, series=series)
    return series


def find_clearance(
    *, actor: Actor, case_id: UUID, study_instance_uid: str, series_instance_uid: str
) -> PictureClearance | None:
    """Who cleared the pictures that the series holds now; ``None`` when nobody did."""
    policies.clear_pictures(actor=actor, case_id=case_id)
    series = find_case_series(
        actor=actor,
        case_id=case_id,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
    )
    rows = clearances_in_force().filter(series=series, content_sha256=series.content_sha256)
    return rows.select_related("cleared_by").first()


def projection_for(standing: Standing) -> Projection | None:
    """The projection of a de-identified standing; ``None`` for an identified one."""
    if not standing.is_deidentified:
        return None
    assert standing.grant_id is not None
    return Projection(grant_id=standing.grant_id)


def list_priors(*, case_id: UUID) -> list[PriorStudy]:
    """Studies of the case's patient that a PACS offers and nobody has linked since.

    Each with ``is_here``. A PACS's answer may name no issuer; where the objects were pulled
    since and name another patient, the offer is void.
    """
    linked = CaseStudy.objects.filter(case_id=case_id).values("study__study_instance_uid")
    offers = list(
        PriorStudy.objects.filter(case_id=case_id)
        .exclude(study_instance_uid__in=linked)
        .select_related("case__patient")
    )
    uids = [one.study_instance_uid for one in offers]
    here = {
        study.study_instance_uid: identities.identity_of_study(study)
        for study in Study.objects.filter(study_instance_uid__in=uids, ready_at__isnull=False)
    }
    kept = []
    for offer in offers:
        found = here.get(offer.study_instance_uid)
        expected = identities.identity_of_patient(offer.case.patient)
        if found and identities.find_contradictions(expected=expected, found=found):
            continue
        offer.is_here = found is not None  # type: ignore[attr-defined]
        kept.append(offer)
    return kept


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


def list_open_imports(*, actor: Actor, case_id: UUID) -> "QuerySet[Import]":
    """What somebody has to go on with: the actor's unfinished uploads, and open questions."""
    policies.import_files(actor=actor, case_id=case_id)
    if require_standing(actor=actor, case_id=case_id).is_deidentified:
        raise NotVisible()
    mine = Q(state=ImportState.RECEIVING, actor_id=actor.person_id)
    return (
        Import.objects.filter(mine | Q(state=ImportState.WAITING), case_id=case_id)
        .annotate(
            file_count=Count("files"),
            held_count=Count("files", filter=Q(files__verdict=FileVerdict.HELD)),
        )
        .order_by("-created_at")[:50]
    )


def list_tokens(*, actor: Actor) -> "QuerySet[AccessToken]":
    """The actor's own tokens, newest first, with the grants they speak through."""
    policies.manage_tokens(actor=actor)
    return AccessToken.objects.filter(owner_id=actor.person_id).prefetch_related("grants")


def read_poses(*, series_id: UUID) -> dict[tuple[str, int], FramePose]:
    """Where each frame of a published series lies, by (SOP Instance UID, frame from 1).

    Raises
    ------
    SeriesEvicted
        It is in the PACS only, and being fetched.
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
    archive = open_archive(archive_key)
    poses = [frame_pose(pose) for one in archive.instances for pose in one["poses"]]
    return {(pose.sop_instance_uid, pose.frame): pose for pose in poses}


def open_published(series: Series) -> SeriesArchive:
    """The archive of a series; see ``open_archive``."""
    return open_archive(series.archive_key)


def open_archive(archive_key: str) -> SeriesArchive:
    """The same by archive key.

    Raises
    ------
    SeriesEvicted
        It is in the PACS only, and being fetched.
    NotVisible
        Its files are gone.
    """
    try:
        return open_series(archive_key)
    except FileNotFoundError:
        raise explain_absence(archive_key) from None


def _show(link: CaseStudy, standing: Standing, hidden: frozenset[UUID]) -> StudyInCase:
    study = link.study
    published: list[Series] = getattr(study, "published_series", [])
    series = [one for one in published if one.pk not in hidden]
    projection = projection_for(standing)
    if projection is not None:
        return _show_projected(link, series, projection)
    code = study.error_code
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
        modalities=tuple(sorted({one.modality for one in series}) or study.modalities),
        warnings=tuple(study.source_warnings),
        error={"code": code, "message": study.error_message} if code else None,
        pacs_name=study.pacs.name if study.pacs else None,
        series=tuple(
            SeriesInCase(
                row=one,
                series_instance_uid=one.series_instance_uid,
                description=one.description,
                frame_of_reference_uid=one.frame_of_reference_uid,
                base_url=f"/pixels/{one.archive_key}",
                stacks=tuple(listed_stacks(one.geometry, is_deidentified=False)),
                modality=one.modality,
                body_part=one.body_part,
                warnings=(*one.warnings, *one.source_warnings),
                disclosure=disclosure_of(one),
                fetched_from=tuple(one.origins.all()),
            )
            for one in series
        ),
    )


def _show_projected(link: CaseStudy, series: list[Series], projection: Projection) -> StudyInCase:
    """Words of a header pass only where they are DICOM's own; messages may quote a header."""
    study = link.study
    modalities = {one.modality for one in series} or set(study.modalities)
    return StudyInCase(
        row=study,
        link=link,
        study_instance_uid=projection.uid(study.study_instance_uid),
        study_date=projection.shift(study.study_date).isoformat() if study.study_date else None,
        study_time=clean_time(study.study_time),
        description=clean_description(study.description),
        accession_number="",
        patient={
            "patient_id": projection.patient_id,
            "name": "De-identified",
            "birth_date": None,
            "sex": study.patient_sex if study.patient_sex in ("M", "F", "O") else "",
        },
        modalities=tuple(sorted(filter(None, map(clean_term, modalities)))),
        warnings=tuple(study.source_warnings),
        error={"code": study.error_code, "message": ""} if study.error_code else None,
        series=tuple(_show_projected_series(one, projection) for one in series),
    )


def _show_projected_series(row: Series, projection: Projection) -> SeriesInCase:
    """A withheld one is said to be there, with what it is and how much, and nothing to fetch."""
    disclosure = disclosure_of(row)
    # Of a cleared document the drawn pages are all there is; the pixel path has none of it.
    is_open = disclosure is not Disclosure.WITHHELD and row.kind != SeriesKind.PDF
    frame = row.frame_of_reference_uid if is_open else ""
    return SeriesInCase(
        row=row,
        series_instance_uid=projection.uid(row.series_instance_uid),
        description=clean_description(row.description),
        frame_of_reference_uid=projection.uid(frame),
        base_url=f"/pixels/{row.archive_key}.{projection.scope}" if is_open else "",
        modality=clean_term(row.modality),
        body_part=clean_term(row.body_part),
        warnings=(*_own_words(row.warnings), *row.source_warnings),
        disclosure=disclosure,
        stacks=tuple(listed_stacks(row.geometry, is_deidentified=True)) if is_open else (),
    )


def _own_words(warnings: list[dict[str, str]]) -> list[dict[str, str]]:
    """What a decoder said of the pixels may be the object's words; geometry's are ours."""
    return [
        one if one["code"] in GEOMETRY_WARNINGS else {"code": one["code"], "message": ""}
        for one in warnings
    ]
