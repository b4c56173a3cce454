"""Where the liver lies, from a segment of it that somebody drew: the reference of a PET run.

It lives on this floor because it joins a segmentation (``apps.annotations``, below) with an
analysis, as ``segment_radiomics`` does. Nothing is written; whoever asks for the run passes it on.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np

from apps.ai.analyses.liver_reference import SPHERE_DIAMETER_MM, point_in_right_lobe
from apps.ai.analyses.refusals import AnalysisRefused
from apps.ai.exceptions import SegmentNotMeasurable
from apps.ai.segment_radiomics import series_of
from apps.annotations.segmentations.bits import Box
from apps.annotations.segmentations.selectors import find_segmentation, labelmap_of
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.imaging.volumes import open_volume

LIVER = "10200004"
"""SNOMED CT."""


def liver_point(*, actor: Actor, segmentation_id: UUID, segment: int) -> dict[str, Any]:
    """The point deepest in the right part of a liver segment, at the newest revision.

    Raises
    ------
    NotVisible
        Not the actor's to see, no such segment, or the images are gone.
    SegmentNotMeasurable
        With ``error_code`` the reason: ``not_a_liver``, ``empty_segment``,
        ``liver_segment_too_thin``, ``images_changed``.
    NotAVolume
        The images are no regular volume.
    """
    found, _ = find_segmentation(actor=actor, segmentation_id=segmentation_id)
    known = next(
        (one for one in found.segments if one["number"] == segment and not one["removed"]), None
    )
    if known is None:
        raise NotVisible()
    if known["type"] != LIVER:
        raise SegmentNotMeasurable("This segment is not named liver.", code="not_a_liver")
    labelmap = labelmap_of(found, revision=found.head)
    stats = labelmap.stats().get(str(segment))
    if stats is None:
        raise SegmentNotMeasurable("Nothing is painted in this segment.", code="empty_segment")
    series = series_of(found)
    volume = open_volume(series_id=series.pk, stack=found.stack)
    if [uid for uid, _ in found.grid["frames"]] != list(volume.sop_instance_uids):
        raise SegmentNotMeasurable(
            "The series has other images now than when this was painted.", code="images_changed"
        )
    box = Box.of(stats["box"])
    affine = np.array(volume.affine_lps, dtype=float)
    affine[:3, 3] += affine[:3, :3] @ np.array(box.first[::-1], dtype=float)
    try:
        point_lps, depth_mm = point_in_right_lobe(labelmap.cut(segment, box), affine_lps=affine)
    except AnalysisRefused as refused:
        raise SegmentNotMeasurable(refused.reason, code=refused.code) from None
    return {
        "segmentation": found.pk,
        "revision": found.head,
        "segment": segment,
        "point_lps": list(point_lps),
        "depth_mm": depth_mm,
        "sphere_diameter_mm": SPHERE_DIAMETER_MM,
        "frame_of_reference_uid": volume.frame_of_reference_uid,
    }
