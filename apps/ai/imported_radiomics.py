"""Radiomics of a segment of a SEG object in the case, on one series it lies on.

What is measured is whoever made the object's word: a value says nothing of whether the segment is
right. An object that AI made stays hidden while the images are to be read first.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from apps.ai import policies
from apps.ai.analyses.radiomics import RadiomicsResult
from apps.ai.analyses.refusals import AnalysisRefused
from apps.ai.analyses.results import MaskRegion
from apps.ai.segment_radiomics import Asked, Question, answer, describe_answer, measure_box
from apps.annotations.segmentations.bits import Box
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.imaging.archive import open_series
from apps.imaging.models import Series
from apps.imaging.research.grid import read_grid
from apps.imaging.segmentations.selectors import SegmentMask, read_segment_mask
from apps.imaging.volumes import open_volume


def measure_imported_segment(
    *,
    actor: Actor,
    case_id: UUID,
    instance_id: UUID,
    number: int,
    series_id: UUID,
    asked: Asked,
) -> dict[str, Any]:
    """All features of one segment of a SEG object, on the voxels of one series.

    Raises
    ------
    NotVisible, AiHidden, UnreadableObject
        As for its mask (``read_segment_mask``).
    SegmentNotMeasurable, SegmentBusy, NotAVolume
        As for a drawn segment (``measure_segment``).
    """
    policies.measure_imported(actor=actor, case_id=case_id)
    mask = read_segment_mask(
        actor=actor,
        case_id=case_id,
        instance_id=instance_id,
        number=number,
        series_id=series_id,
    )
    series = Series.objects.filter(pk=series_id).exclude(archive_key="").first()
    if series is None:
        raise NotVisible()
    question = Question(f"{series.archive_key}:{mask.etag}", instance_id, 0, number, asked)
    result = answer(question, measure=lambda: _measure(series, mask, asked))
    return describe_answer(question, result) | {
        "segmentation": str(instance_id),
        "revision": 0,
    }


def _measure(series: Series, mask: SegmentMask, asked: Asked) -> RadiomicsResult:
    archive = open_series(series.archive_key)
    volume = open_volume(series_id=series.pk)
    places = {key: place for place, key in enumerate(read_grid(archive).frames)}
    if not set(mask.keys) <= places.keys():
        raise AnalysisRefused(
            code="outside_volume", reason="The segment lies on images that are not of the volume."
        )
    laid: NDArray[np.bool_] = np.zeros(volume.voxels.shape, dtype=bool)
    for index, key in enumerate(mask.keys):
        laid[places[key]] |= mask.plane(index) > 0
    if not laid.any():
        raise AnalysisRefused(code="empty_segment", reason="The segment holds no voxel.")
    region = MaskRegion.from_mask(laid)
    a, b, c = (part.stop for part in region.box)
    return measure_box(
        volume=volume,
        archive=archive,
        box=Box(region.start, (a, b, c)),
        voxels=region.voxel_count,
        mask_in=lambda cut: laid[
            tuple(slice(a, b) for a, b in zip(cut.first, cut.end, strict=True))
        ],
        asked=asked,
    )
