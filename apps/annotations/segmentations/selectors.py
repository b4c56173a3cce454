"""Reads of drawn segmentations, and the one shape they have on every wire.

A de-identified viewer gets those of open series, with the UIDs of their grant's images and the
published meaning of a segment's code in place of what somebody called it.
"""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.annotations.models import Segmentation, SegmentationRevision
from apps.annotations.segmentations.bits import Box
from apps.annotations.segmentations.codes import SEGMENT_TYPES
from apps.annotations.segmentations.exceptions import BadChunk
from apps.annotations.segmentations.store import Labelmap, open_labelmap
from apps.cases.policies import require_standing
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.imaging.models import Series
from apps.imaging.projection import Projection
from apps.imaging.selectors import projection_for
from apps.imaging.withholding import only_open

MM3_PER_ML = 1000.0


def segmentations_of_case(*, case_id: UUID) -> "QuerySet[Segmentation]":
    """What stands in the case; the caller has checked that the case may be seen."""
    return (
        Segmentation.objects.filter(case_id=case_id, removed_at__isnull=True)
        .select_related("author")
        .order_by("created_at", "id")
    )


def list_segmentations(*, actor: Actor, case_id: UUID) -> list[dict[str, Any]]:
    """Those of a case, oldest first, in the guise that the actor has."""
    projection = projection_for(require_standing(actor=actor, case_id=case_id))
    rows = list(_shown_to(segmentations_of_case(case_id=case_id), projection))
    heads = _heads(rows)
    return [describe_segmentation(one, heads.get(one.pk), projection) for one in rows]


def find_segmentation(
    *, actor: Actor, segmentation_id: UUID
) -> tuple[Segmentation, Projection | None]:
    """One that stands, with the projection that its reader needs."""
    row = Segmentation.objects.filter(pk=segmentation_id, removed_at__isnull=True)
    found = row.select_related("author").first()
    if found is None:
        raise NotVisible()
    projection = projection_for(require_standing(actor=actor, case_id=found.case_id))
    if not _shown_to(row, projection).exists():
        raise NotVisible()
    return found, projection


def _shown_to(
    rows: "QuerySet[Segmentation]", projection: Projection | None
) -> "QuerySet[Segmentation]":
    if projection is None:
        return rows
    return rows.filter(
        series_instance_uid__in=only_open(Series.objects.all()).values("series_instance_uid")
    )


def describe_grid_of(segmentation: Segmentation, projection: Projection | None) -> dict[str, Any]:
    """The image under each frame of the labelmap."""
    frames = segmentation.grid["frames"]
    shown = projection.uid if projection else str
    return {
        "shape": [len(frames), segmentation.grid["rows"], segmentation.grid["columns"]],
        "sop_instance_uids": [shown(uid) for uid, _ in frames],
        "frames": [frame for _, frame in frames],
    }


def head_of(segmentation: Segmentation) -> SegmentationRevision | None:
    return segmentation.revisions.filter(number=segmentation.head).first()


def _heads(rows: list[Segmentation]) -> dict[UUID, SegmentationRevision]:
    wanted = {one.pk: one.head for one in rows}
    found = SegmentationRevision.objects.filter(segmentation__in=wanted)
    return {one.segmentation_id: one for one in found if one.number == wanted[one.segmentation_id]}


def state_of(segmentation: Segmentation) -> dict[str, Any]:
    """What the live log says of it: numbers only; the rest is read by REST."""
    return {
        "id": str(segmentation.pk),
        "version": segmentation.version,
        "revision": segmentation.head,
    }


def describe_segmentation(
    segmentation: Segmentation,
    head: SegmentationRevision | None,
    projection: Projection | None = None,
) -> dict[str, Any]:
    """The JSON of a segmentation."""
    author = segmentation.author
    uid = projection.uid if projection else str
    stats = head.stats if head else {}
    frame_of_reference = segmentation.frame_of_reference_uid
    return {
        **state_of(segmentation),
        "case": str(segmentation.case_id),
        "study_instance_uid": uid(segmentation.study_instance_uid),
        "series_instance_uid": uid(segmentation.series_instance_uid),
        "frame_of_reference_uid": uid(frame_of_reference) if frame_of_reference else None,
        "stack": segmentation.stack,
        "name": "" if projection else segmentation.name,
        "origin": None if projection else segmentation.origin,
        "layer": segmentation.layer,
        "author": {
            "id": str(author.pk),
            "display_name": author.display_name,
            "discipline": author.discipline,
        },
        "volume_refusal": segmentation.grid["refusal"],
        "segments": [
            _describe_segment(one, stats.get(str(one["number"])), segmentation, projection)
            for one in segmentation.segments
            if not one["removed"]
        ],
        "created_at": segmentation.created_at.isoformat(),
        "updated_at": segmentation.updated_at.isoformat(),
    }


def _describe_segment(
    segment: dict[str, Any],
    stats: dict[str, Any] | None,
    segmentation: Segmentation,
    projection: Projection | None,
) -> dict[str, Any]:
    kind = SEGMENT_TYPES[segment["type"]]
    voxels = stats["voxels"] if stats else 0
    return {
        "number": segment["number"],
        "label": kind.term.meaning if projection else segment["label"],
        "category": kind.category.as_json(),
        "type": kind.term.as_json(),
        "colour": segment["colour"],
        "algorithm_type": segment["algorithm_type"],
        "tracking_uid": (
            projection.uid(segment["tracking_uid"]) if projection else segment["tracking_uid"]
        ),
        "voxels": voxels,
        "volume_ml": volume_ml(voxels=voxels, spacing_mm=segmentation.grid["spacing_mm"]),
        "box": stats["box"] if stats else None,
    }


def volume_ml(*, voxels: int, spacing_mm: list[float] | None) -> float | None:
    """Voxels × the volume of one, which is known where slices are regular; 1 mL is 1000 mm³."""
    if spacing_mm is None:
        return None
    slice_mm, row_mm, column_mm = spacing_mm
    return voxels * slice_mm * row_mm * column_mm / MM3_PER_ML


def read_voxels(
    *, segmentation: Segmentation, revision: int, box: Box | None
) -> tuple[Labelmap, Box]:
    """The labelmap of a revision and the box asked for; the whole grid where none is.

    Raises
    ------
    NotVisible
        No such revision.
    BadChunk
        The box does not lie in the grid.
    """
    grid = segmentation.grid
    shape = (len(grid["frames"]), grid["rows"], grid["columns"])
    wanted = box or Box((0, 0, 0), shape)
    if not wanted.lies_in(shape):
        raise BadChunk("The box does not lie in the grid.", code="bad_box")
    return labelmap_of(segmentation, revision=revision), wanted


def labelmap_of(segmentation: Segmentation, *, revision: int) -> Labelmap:
    """The voxels of a revision; of number 0 the empty ones."""
    name = ""
    if revision:
        row = segmentation.revisions.filter(number=revision).first()
        if row is None:
            raise NotVisible()
        name = row.content_sha256
    return open_labelmap(
        segmentation_id=segmentation.pk,
        content_sha256=name,
        rows=segmentation.grid["rows"],
        columns=segmentation.grid["columns"],
    )
