"""Radiomics of a segment somebody drew: its voxels, the image under it, and the answer kept.

Segments of SEG objects are measured by the same steps (``imported_radiomics``).

It lives on this floor because it joins a segmentation (``apps.annotations``, below) with an
analysis (``apps.ai.analyses``); annotations know no analysis (decision 0221).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from apps.ai.analyses.radiomics import (
    NAME,
    VERSION,
    Placement,
    RadiomicsResult,
    RadiomicsSettings,
    margin_voxels,
    measure_radiomics,
    spacing_of_affine,
)
from apps.ai.analyses.radiomics.settings import Intensity
from apps.ai.analyses.refusals import AnalysisRefused
from apps.ai.exceptions import SegmentBusy, SegmentNotMeasurable
from apps.annotations.models import Segmentation
from apps.annotations.segmentations.bits import Box
from apps.annotations.segmentations.selectors import find_segmentation, labelmap_of
from apps.annotations.segmentations.store import Labelmap
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.imaging.archive import SeriesArchive, open_series
from apps.imaging.models import CaseStudy, Series
from apps.imaging.parser.reading import text
from apps.imaging.suv import SuvRefused, compute_suv_scaling
from apps.imaging.volumes import Volume, open_volume

MAX_SEGMENT_VOXELS = 300_000
"""On the grid asked for: a second of one core and half a gigabyte; more belongs into a job."""
KEPT_ANSWERS = 128
WAIT_S = 15.0
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, slots=True)
class Asked:
    """How to measure, as far as a person chooses; the modality decides the rest."""

    bin_number: int = 32
    bin_size: float | None = None
    range_low: float | None = None
    range_high: float | None = None
    spacing_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What an answer depends on; neither archive nor revision ever changes under its name."""

    archive_key: str
    segmentation_id: UUID
    revision: int
    segment: int
    asked: Asked


def measure_segment(
    *,
    actor: Actor,
    segmentation_id: UUID,
    segment: int,
    asked: Asked,
    revision: int | None = None,
) -> dict[str, Any]:
    """All features of one segment at one revision; the newest where none is named.

    Raises
    ------
    NotVisible
        Not the actor's to see, no such segment or revision, or the images are gone.
    SegmentNotMeasurable
        With ``error_code`` the reason: ``empty_segment``, ``segment_too_large``,
        ``images_changed``, a reason of ``radiomics.prepare`` or of the SUV.
    SegmentBusy
        Another is being measured in this process.
    NotAVolume
        The images are no regular volume.
    """
    found, _ = find_segmentation(actor=actor, segmentation_id=segmentation_id)
    if not any(one["number"] == segment and not one["removed"] for one in found.segments):
        raise NotVisible()
    number = found.head if revision is None else revision
    labelmap = labelmap_of(found, revision=number)
    series = series_of(found)
    question = Question(series.archive_key, found.pk, number, segment, asked)
    result = answer(question, measure=lambda: _measure(found, series, labelmap, question))
    return describe_answer(question, result) | {"segmentation": str(found.pk), "revision": number}


def describe_answer(question: Question, result: RadiomicsResult) -> dict[str, Any]:
    """As REST tells it, without what the segment belongs to."""
    return {
        "segment": question.segment,
        "analysis": {"name": NAME, "version": VERSION},
        "settings": result.settings.as_dict(),
        "processing": dict(result.processing),
        "values": [one.as_dict() for one in result.values],
        "refusals": [one.as_dict() for one in result.refusals],
    }


_answers: dict[Question, RadiomicsResult] = {}


def answer(question: Question, *, measure: Callable[[], RadiomicsResult]) -> RadiomicsResult:
    """Measure, one segment at a time, and keep it; the oldest answers go.

    Raises
    ------
    SegmentBusy, SegmentNotMeasurable
    """
    kept = _answers.get(question)
    if kept is not None:
        return kept
    if not _ONE_AT_A_TIME.acquire(timeout=WAIT_S):
        raise SegmentBusy("Another segment is being measured; try again in a moment.")
    try:
        result = measure()
        _answers[question] = result
        while len(_answers) > KEPT_ANSWERS:
            del _answers[next(iter(_answers))]
        return result
    except AnalysisRefused as refused:
        raise SegmentNotMeasurable(refused.reason, code=refused.code) from None
    except SuvRefused as refused:
        raise SegmentNotMeasurable(refused.reason, code=refused.code) from None
    finally:
        _ONE_AT_A_TIME.release()


def _measure(
    segmentation: Segmentation, series: Series, labelmap: Labelmap, question: Question
) -> RadiomicsResult:
    stats = labelmap.stats().get(str(question.segment))
    if stats is None:
        raise AnalysisRefused(code="empty_segment", reason="Nothing is painted in this segment.")
    box = Box.of(stats["box"])
    check_size(stats["voxels"])
    volume = open_volume(series_id=series.pk, stack=segmentation.stack)
    frames = [uid for uid, _ in segmentation.grid["frames"]]
    if frames != list(volume.sop_instance_uids):
        raise AnalysisRefused(
            code="images_changed",
            reason="The series has other images now than when this was painted.",
        )
    return measure_box(
        volume=volume,
        archive=open_series(series.archive_key),
        box=box,
        voxels=stats["voxels"],
        mask_in=lambda cut: labelmap.cut(question.segment, cut),
        asked=question.asked,
    )


def measure_box(
    *,
    volume: Volume,
    archive: SeriesArchive,
    box: Box,
    voxels: int,
    mask_in: Callable[[Box], NDArray[np.bool_]],
    asked: Asked,
) -> RadiomicsResult:
    """Features of a mask that lies within ``box`` of a volume (slice, row, column).

    Parameters
    ----------
    voxels : how many the mask has.
    mask_in : the mask inside a box of the volume's own grid.

    Raises
    ------
    AnalysisRefused, SuvRefused
    """
    check_size(voxels)
    frames = volume.sop_instance_uids
    header = archive.read_header(frames[0])
    settings = _settings(header, asked)
    spacing_mm = spacing_of_affine(volume.affine_lps)
    if asked_mm := asked.spacing_mm:
        check_size(voxels * math.prod(spacing_mm) / asked_mm**3)
    margin = margin_voxels(spacing_mm=spacing_mm, settings=settings)
    cut = Box(
        _three(max(one - wide, 0) for one, wide in zip(box.first, margin, strict=True)),
        _three(
            min(one + wide, size)
            for one, wide, size in zip(box.end, margin, volume.voxels.shape, strict=True)
        ),
    )
    slices, rows, columns = (slice(a, b) for a, b in zip(cut.first, cut.end, strict=True))
    values = np.array(volume.voxels[slices, rows, columns])
    if text(header, "Modality") == "PT":
        scaling = compute_suv_scaling(headers=[archive.read_header(uid) for uid in frames])
        values *= scaling.factors.astype(np.float32)[slices, None, None]
    return measure_radiomics(
        voxels=values,
        mask=mask_in(cut),
        spacing_mm=spacing_mm,
        settings=settings,
        placement=Placement(start=cut.first, shape=_three(volume.voxels.shape)),
    )


def check_size(voxels: float) -> None:
    if voxels > MAX_SEGMENT_VOXELS:
        raise AnalysisRefused(
            code="segment_too_large",
            reason=f"The segment has {voxels:.0f} voxels, more than {MAX_SEGMENT_VOXELS}.",
        )


def series_of(segmentation: Segmentation) -> Series:
    """The series it was drawn on, while its images are here.

    Raises
    ------
    NotVisible
    """
    series = (
        Series.objects.filter(
            series_instance_uid=segmentation.series_instance_uid,
            study__study_instance_uid=segmentation.study_instance_uid,
            study__in=CaseStudy.objects.filter(case_id=segmentation.case_id).values("study_id"),
        )
        .exclude(archive_key="")
        .first()
    )
    if series is None:
        raise NotVisible()
    return series


def _settings(header: Dataset, asked: Asked) -> RadiomicsSettings:
    """CT in HU, PET in SUVbw, everything else without a calibrated unit."""
    modality, kind = text(header, "Modality"), text(header, "RescaleType")
    intensity: Intensity = "arbitrary"
    unit = "1"
    if modality == "CT" and kind in ("", "HU"):  # PS3.3 C.8.2.1.1.1
        intensity, unit = "discrete", "HU"
    elif modality == "PT":
        intensity, unit = "continuous", "g/mL"
    limits = None
    if asked.range_low is not None:
        limits = (asked.range_low, asked.range_high)
    elif asked.range_high is not None:
        raise AnalysisRefused(code="invalid_settings", reason="A range has a lower bound.")
    return RadiomicsSettings(
        intensity=intensity,
        intensity_unit=unit,
        discretisation="fixed_bin_number" if asked.bin_size is None else "fixed_bin_size",
        bin_number=asked.bin_number,
        bin_size=asked.bin_size,
        resegmentation_range=limits,
        resampled_spacing_mm=None if asked.spacing_mm is None else (asked.spacing_mm,) * 3,
    )


def _three(numbers: Iterable[int]) -> tuple[int, int, int]:
    first, second, third = (int(one) for one in numbers)
    return first, second, third
