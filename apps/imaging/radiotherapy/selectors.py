"""Radiotherapy of a case, for whoever sees the case identified; nobody else knows of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
import orjson

from apps.cases.policies import require_standing
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.imaging.ai_objects import hidden_in_case
from apps.imaging.archive import open_series
from apps.imaging.choices import SeriesKind
from apps.imaging.exceptions import NotAVolume
from apps.imaging.models import Instance, Series
from apps.imaging.radiotherapy.doses import DoseHeader, PlanHeader, read_dose, read_plan
from apps.imaging.radiotherapy.dvh import Cells, Dvh, NotAnArea, cells_of, dvh_of
from apps.imaging.radiotherapy.grids import open_dose_grid
from apps.imaging.radiotherapy.placing import count_in_planes
from apps.imaging.radiotherapy.problems import Problem
from apps.imaging.radiotherapy.structures import Region, StructureSet, read_structure_set
from apps.imaging.selectors import open_archive

KINDS = (SeriesKind.RTSTRUCT, SeriesKind.RTDOSE, SeriesKind.RTPLAN)


@dataclass(frozen=True, slots=True)
class StructureSetInCase:
    row: Instance
    header: StructureSet
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class DoseInCase:
    row: Instance
    header: DoseHeader
    plan: UUID | None
    maximum_gy: float | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class PlanInCase:
    row: Instance
    header: PlanHeader
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Radiotherapy:
    structure_sets: tuple[StructureSetInCase, ...] = ()
    doses: tuple[DoseInCase, ...] = ()
    plans: tuple[PlanInCase, ...] = ()

    @property
    def count(self) -> int:
        return len(self.structure_sets) + len(self.doses) + len(self.plans)


@dataclass(frozen=True, slots=True)
class ComputedDvh:
    """What was computed, and what the dose object itself says of the region, if anything."""

    row: Instance
    region: Region
    dvh: Dvh
    dose: DoseHeader
    own_stored: tuple[Any, ...]


def read_radiotherapy(*, actor: Actor, case_id: UUID) -> Radiotherapy:
    """Structure sets, doses and plans; nothing for a de-identified viewer.

    Names of structures and plans are free text, and contours outline a body: neither passes.
    """
    if require_standing(actor=actor, case_id=case_id).is_deidentified:
        return Radiotherapy()
    rows = list(
        _instances(actor, case_id).order_by(
            "-study__study_date", "series__number", "sop_instance_uid"
        )
    )
    if not rows:
        return Radiotherapy()
    of_kind = {kind: [row for row in rows if row.series.kind == kind] for kind in KINDS}
    images = list(_images(case_id))
    plans = {row.sop_instance_uid: row.pk for row in of_kind[SeriesKind.RTPLAN]}
    structures = {row.sop_instance_uid for row in of_kind[SeriesKind.RTSTRUCT]}
    return Radiotherapy(
        structure_sets=tuple(
            _describe_structures(row, images) for row in of_kind[SeriesKind.RTSTRUCT]
        ),
        doses=tuple(_describe_dose(row, plans, images) for row in of_kind[SeriesKind.RTDOSE]),
        plans=tuple(_describe_plan(row, structures) for row in of_kind[SeriesKind.RTPLAN]),
    )


def read_contours(
    *, actor: Actor, case_id: UUID, instance_id: UUID, number: int
) -> tuple[str, bytes]:
    """ETag and JSON of one region's contours, in patient space.

    Raises
    ------
    NotVisible
        Not this actor's case, de-identified, or no such region.
    """
    row, region = _region(actor, case_id, instance_id, number)
    etag = hashlib.sha256(f"{row.sha256}:{number}:contours".encode()).hexdigest()
    contours = [
        {
            "kind": one.kind,
            "sop_instance_uid": one.sop_instance_uid,
            "points_lps": np.round(one.points_lps, 3).ravel().tolist(),
        }
        for one in region.contours
    ]
    answer = {"number": number, "volume_ml": _volume_ml(row, region), "contours": contours}
    return etag, orjson.dumps(answer)


def compute_dvh(
    *, actor: Actor, case_id: UUID, instance_id: UUID, number: int, dose_id: UUID
) -> ComputedDvh:
    """The histogram of one region in one dose.

    Raises
    ------
    NotVisible
        Not this actor's case, de-identified, no such region or dose.
    NotAVolume
        ``frame_of_reference_mismatch``, ``not_gray``, ``grid_not_regular`` or ``not_an_area``.
    """
    row, region = _region(actor, case_id, instance_id, number)
    dose = _instances(actor, case_id).filter(pk=dose_id, series__kind=SeriesKind.RTDOSE).first()
    if dose is None:
        raise NotVisible()
    header = _doses(dose.series.archive_key)[dose.sop_instance_uid]
    if region.frame_of_reference_uid != header.frame_of_reference_uid or not region.contours:
        code = "frame_of_reference_mismatch" if region.contours else "no_contours"
        raise NotAVolume(Problem.of(code).message, code=code)
    grid = open_dose_grid(dose.series.archive_key, dose.sop_instance_uid, header)
    try:
        dvh = dvh_of(_cells(row.series.archive_key, row.sop_instance_uid, number), grid)
    except NotAnArea as error:
        raise NotAVolume(f"The structure has no volume: {error}.", code="not_an_area") from None
    stored = tuple(
        one
        for one in header.dvhs
        if number in one.roi_numbers and row.sop_instance_uid in header.structure_set_uids
    )
    return ComputedDvh(row, region, dvh, header, stored)


def _volume_ml(row: Instance, region: Region) -> float | None:
    """What the contours enclose; ``None`` where they enclose nothing."""
    try:
        cells = _cells(row.series.archive_key, row.sop_instance_uid, region.number)
    except NotAnArea:
        return None
    return float(cells.volumes_ml.sum())


def _region(actor: Actor, case_id: UUID, instance_id: UUID, number: int) -> tuple[Instance, Region]:
    if require_standing(actor=actor, case_id=case_id).is_deidentified:
        raise NotVisible()
    row = (
        _instances(actor, case_id).filter(pk=instance_id, series__kind=SeriesKind.RTSTRUCT).first()
    )
    if row is None:
        raise NotVisible()
    region = _structures(row.series.archive_key)[row.sop_instance_uid].region(number)
    if region is None:
        raise NotVisible()
    return row, region


def _instances(actor: Actor, case_id: UUID) -> Any:
    """Contours that AI made, too, are withheld while the images are to be read first."""
    return (
        Instance.objects.filter(
            series__kind__in=KINDS,
            study__case_studies__case_id=case_id,
            study__ready_at__isnull=False,
            series__evicted_at__isnull=True,
        )
        .exclude(series__archive_key="")
        .exclude(sop_instance_uid__in=hidden_in_case(actor=actor, case_id=case_id))
        .select_related("series", "series__study")
    )


def _images(case_id: UUID) -> Any:
    return Series.objects.filter(
        study__case_studies__case_id=case_id,
        study__ready_at__isnull=False,
        kind=SeriesKind.IMAGE,
        evicted_at__isnull=True,
    ).exclude(archive_key="")


def _describe_structures(row: Instance, images: Sequence[Series]) -> StructureSetInCase:
    header = _structures(row.series.archive_key)[row.sop_instance_uid]
    problems = []
    named = Instance.objects.filter(
        series__in=[series.pk for series in images],
        sop_instance_uid__in=header.referenced_instances,
    ).exists() or any(series.series_instance_uid in header.referenced_series for series in images)
    names_something = bool(header.referenced_instances or header.referenced_series)
    if names_something and not named:
        problems.append(Problem.of("source_not_in_case"))
    contours = [one for region in header.regions for one in region.contours]
    placed = [
        count
        for series in images
        if (count := _in_planes(row.series.archive_key, row.sop_instance_uid, series.archive_key))
        is not None
    ]
    if not contours:
        problems.append(Problem.of("no_contours"))
    elif images and not placed:
        problems.append(Problem.of("frame_of_reference_mismatch"))
    elif placed and max(placed) < len(contours):
        problems.append(
            Problem.of("between_slices", count=len(contours) - max(placed), total=len(contours))
        )
    if header.unreadable:
        problems.append(Problem.of("contours_unreadable", count=header.unreadable))
    if header.is_cut:
        problems.append(Problem.of("too_large"))
    return StructureSetInCase(row, header, tuple(problems))


def _describe_dose(row: Instance, plans: dict[str, UUID], images: Sequence[Series]) -> DoseInCase:
    header = _doses(row.series.archive_key)[row.sop_instance_uid]
    problems, maximum = [], None
    try:
        maximum = _maximum(row.series.archive_key, row.sop_instance_uid)
    except NotAVolume as error:
        problems.append(Problem.of(error.error_code, units=header.units or "none"))
    spaces = {uid for series in images for uid in _frames_of_reference(series.archive_key)}
    if images and header.frame_of_reference_uid not in spaces:
        problems.append(Problem.of("frame_of_reference_mismatch"))
    plan = next((plans[uid] for uid in header.plan_uids if uid in plans), None)
    if header.plan_uids and plan is None:
        problems.append(Problem.of("plan_not_in_case"))
    return DoseInCase(row, header, plan, maximum, tuple(problems))


def _describe_plan(row: Instance, structures: set[str]) -> PlanInCase:
    header = _plans(row.series.archive_key)[row.sop_instance_uid]
    missing = header.structure_set_uid and header.structure_set_uid not in structures
    return PlanInCase(row, header, (Problem.of("structures_not_in_case"),) if missing else ())


# Archive keys name immutable content: what was computed from them stays true.


@lru_cache(maxsize=16)
def _structures(archive_key: str) -> dict[str, StructureSet]:
    read = (read_structure_set(document) for document in open_archive(archive_key).metadata())
    return {one.sop_instance_uid: one for one in read}


@lru_cache(maxsize=64)
def _doses(archive_key: str) -> dict[str, DoseHeader]:
    read = (read_dose(document) for document in open_archive(archive_key).metadata())
    return {one.sop_instance_uid: one for one in read}


@lru_cache(maxsize=64)
def _plans(archive_key: str) -> dict[str, PlanHeader]:
    read = (read_plan(document) for document in open_archive(archive_key).metadata())
    return {one.sop_instance_uid: one for one in read}


@lru_cache(maxsize=4)
def _cells(archive_key: str, sop_instance_uid: str, number: int) -> Cells:
    region = _structures(archive_key)[sop_instance_uid].region(number)
    return cells_of(region.areas if region else [])


@lru_cache(maxsize=64)
def _maximum(archive_key: str, sop_instance_uid: str) -> float:
    header = _doses(archive_key)[sop_instance_uid]
    return float(open_dose_grid(archive_key, sop_instance_uid, header).grays.max())


@lru_cache(maxsize=256)
def _frames_of_reference(archive_key: str) -> frozenset[str]:
    archive = open_series(archive_key)
    spaces = {pose["frame_of_reference_uid"] for one in archive.instances for pose in one["poses"]}
    return frozenset(spaces - {""})


@lru_cache(maxsize=256)
def _in_planes(archive_key: str, sop_instance_uid: str, image_key: str) -> int | None:
    """Contours that lie in a plane of the series; ``None`` in another frame of reference."""
    header = _structures(archive_key)[sop_instance_uid]
    return count_in_planes(header, image_key)
