"""What an acceptance with changes says: the mask a person made of a finding's, and by how much.

A person takes the finding's mask as a segmentation of their own (``origin`` names the finding) and
paints upon it, or moves the faces of a detection's box. Here that segment, at one revision, or that
box is weighed against the model's: overlap, volume, diameter, and every quantity measured anew.
Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np

from apps.ai import storage
from apps.ai.amending_boxes import AmendedBox, read_box, region_of_box
from apps.ai.analyses.box_regions import box_iou
from apps.ai.analyses.diameters import measure_axes_mm
from apps.ai.analyses.remeasure import OF_UPTAKE, Uptake, dice, measure_again, volume_ml
from apps.ai.analyses.results import MaskRegion
from apps.ai.analyses.suv_peak import find_suv_peak, sphere_shares
from apps.ai.choices import ModelKind
from apps.ai.exceptions import CannotAmend
from apps.ai.models import Finding
from apps.ai.objects import largest_slice, locate, read_mask
from apps.annotations.models import Segmentation
from apps.annotations.segmentations.bits import Box
from apps.annotations.segmentations.selectors import labelmap_of
from apps.core.exceptions import NotVisible
from apps.imaging.archive import read_headers
from apps.imaging.mask_packing import pack_region
from apps.imaging.suv import SuvRefused, compute_suv_scaling
from apps.imaging.volumes import Volume, open_volume


@dataclass(frozen=True, slots=True)
class AmendedBy:
    """Which segment stands for the finding's mask, at the revision the reviewer saw."""

    segmentation_id: UUID
    segment: int
    revision: int


@dataclass(frozen=True, slots=True)
class AmendmentDraft:
    """Lengths in mm, volumes in mL, places in LPS mm; ``measurements`` as a finding keeps them.

    Either a painted segment stands for the mask (``segmentation_id``), or a box (``box_lps``).
    """

    segmentation_id: UUID | None
    segment: int | None
    revision: int | None
    mask_sha256: str
    sop_instance_uid: str
    centroid_lps: list[float]
    bbox_lps: list[list[float]]
    measurements: list[dict[str, Any]]
    not_measured: list[str]
    dice: float
    volume_before_ml: float
    volume_after_ml: float
    diameter_before_mm: float
    diameter_after_mm: float
    box_lps: list[list[float]] | None = None
    box_iou: float | None = None


def draft_amendment(
    *, finding: Finding, case_id: UUID, by: AmendedBy | AmendedBox
) -> AmendmentDraft:
    """Weigh what a person made of the finding's mask, or of its box, against it.

    Raises
    ------
    NotVisible
        No such segmentation in the case.
    CannotAmend
        With ``error_code`` the reason.
    SeriesEvicted, NotAVolume
        The images are not there to measure on.
    """
    if not finding.mask_sha256:
        raise CannotAmend("This finding has no place to change.", code="finding_without_place")
    if finding.job.version.model.kind == ModelKind.EXTERNAL:
        # Its VERIFIED report refers to the vendor's own object, which nobody here may change.
        raise CannotAmend("The mask is another vendor's; accept or dismiss it.", code="not_ours")
    volume = open_volume(series_id=finding.job.series_id)
    if list(volume.sop_instance_uids) != finding.job.grid["sop_instance_uids"]:
        raise CannotAmend("The series has other images now.", code="images_changed")
    before = MaskRegion.from_mask(read_mask(finding=finding))
    if isinstance(by, AmendedBox):
        box = read_box(finding, by)
        after = region_of_box(box, model=finding.bbox_lps, before=before, volume=volume)
        draft = _weigh(finding, before, after, volume, box_lps=box)
        return replace(draft, box_lps=box, box_iou=box_iou(finding.bbox_lps, box))
    segmentation = _segmentation_of(finding, case_id, by)
    after = _painted(segmentation, by)
    if before.start == after.start and np.array_equal(before.values, after.values):
        raise CannotAmend("Nothing was changed; accept it as it is.", code="nothing_changed")
    return replace(
        _weigh(finding, before, after, volume),
        segmentation_id=segmentation.pk,
        segment=by.segment,
        revision=by.revision,
    )


def _weigh(
    finding: Finding,
    before: MaskRegion,
    after: MaskRegion,
    volume: Volume,
    *,
    box_lps: list[list[float]] | None = None,
) -> AmendmentDraft:
    """The figures of the change; of a box its own edges, of a mask those of what it fills."""
    centroid_lps, filled_lps = locate(region=after, affine_lps=volume.affine_lps)
    edges_lps = box_lps or filled_lps
    measurements, not_measured = measure_again(
        measurements=finding.measurements,
        region=after,
        affine_lps=volume.affine_lps,
        uptake=_uptake_of(finding, after, volume),
        box_lps=edges_lps,
    )
    return AmendmentDraft(
        segmentation_id=None,
        segment=None,
        revision=None,
        mask_sha256=storage.put_bytes(
            content=pack_region(values=after.values, start=after.start, shape=after.shape)
        ),
        sop_instance_uid=volume.sop_instance_uids[largest_slice(region=after)],
        centroid_lps=centroid_lps,
        bbox_lps=edges_lps,
        measurements=measurements,
        not_measured=not_measured,
        dice=dice(before, after),
        volume_before_ml=volume_ml(region=before, affine_lps=volume.affine_lps),
        volume_after_ml=volume_ml(region=after, affine_lps=volume.affine_lps),
        diameter_before_mm=measure_axes_mm(region=before, affine_lps=volume.affine_lps)[0],
        diameter_after_mm=measure_axes_mm(region=after, affine_lps=volume.affine_lps)[0],
    )


def _segmentation_of(finding: Finding, case_id: UUID, by: AmendedBy) -> Segmentation:
    segmentation = Segmentation.objects.filter(
        pk=by.segmentation_id, case_id=case_id, removed_at__isnull=True
    ).first()
    if segmentation is None:
        raise NotVisible()
    origin = segmentation.origin or {}
    if origin.get("kind") != "finding" or origin.get("id") != str(finding.pk):
        raise CannotAmend(
            "This segmentation was not begun from this finding.", code="not_of_this_finding"
        )
    if segmentation.head != by.revision:
        raise CannotAmend(
            "Somebody painted on it meanwhile; look again.",
            code="segmentation_changed",
            details={"revision": segmentation.head},
        )
    frames = [uid for uid, _ in segmentation.grid["frames"]]
    if frames != finding.job.grid["sop_instance_uids"]:
        raise CannotAmend("It lies on other images than the finding.", code="images_changed")
    known = {one["number"] for one in segmentation.segments if not one["removed"]}
    if by.segment not in known:
        raise CannotAmend("No such segment.", code="segment_missing")
    return segmentation


def _painted(segmentation: Segmentation, by: AmendedBy) -> MaskRegion:
    labelmap = labelmap_of(segmentation, revision=by.revision)
    stats = labelmap.stats().get(str(by.segment))
    if stats is None:
        raise CannotAmend(
            "Nothing is left of the mask; dismiss the finding instead.", code="empty_segment"
        )
    box = Box.of(stats["box"])
    first, second, third = box.first
    return MaskRegion(
        values=labelmap.cut(by.segment, box),
        start=(first, second, third),
        shape=(
            len(segmentation.grid["frames"]),
            segmentation.grid["rows"],
            segmentation.grid["columns"],
        ),
    )


def _uptake_of(finding: Finding, region: MaskRegion, volume: Volume) -> Uptake | None:
    """None where no quantity asks for it or the SUV is not known."""
    if not OF_UPTAKE.intersection(one["quantity"] for one in finding.measurements):
        return None
    try:
        scaling = compute_suv_scaling(headers=read_headers(series_id=finding.job.series_id))
    except SuvRefused:
        return None
    shares = sphere_shares(volume.affine_lps)
    around = _cut_around(region, margins=[size // 2 for size in shares.shape])
    cut = tuple(
        slice(start, start + size) for start, size in zip(around.start, around.shape, strict=True)
    )
    suv = np.array(volume.voxels[cut], dtype=np.float32)
    suv *= scaling.factors.astype(np.float32)[cut[0], None, None]
    inside = MaskRegion(values=region.values, start=around.inner, shape=around.shape)
    peak = find_suv_peak(suv, region=inside, shares=shares)
    return Uptake(inside=suv[inside.box][inside.values], peak=peak.value if peak else None)


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """A box around a mask, cut at the image's edges; ``inner`` is where in it the mask begins."""

    start: tuple[int, int, int]
    shape: tuple[int, int, int]
    inner: tuple[int, int, int]


def _cut_around(region: MaskRegion, *, margins: Sequence[int]) -> _Surroundings:
    starts = [max(start - m, 0) for start, m in zip(region.start, margins, strict=True)]
    stops = [
        min(part.stop + m, size)
        for part, m, size in zip(region.box, margins, region.shape, strict=True)
    ]
    return _Surroundings(
        start=_three(starts),
        shape=_three(b - a for a, b in zip(starts, stops, strict=True)),
        inner=_three(a - b for a, b in zip(region.start, starts, strict=True)),
    )


def _three(numbers: Iterable[int]) -> tuple[int, int, int]:
    first, second, third = numbers
    return first, second, third
