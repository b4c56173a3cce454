"""Where the outlines and image references of a report lie, and the extent of a map."""

from typing import Any

import numpy as np
import numpy.typing as npt

from apps.ai.external.places import (
    Place,
    StudyImages,
    box_of,
    extreme_points,
    nearest_image,
    points_of_pose,
)
from apps.ai.external.refusals import Remark
from apps.ai.external.statements import Statement
from apps.imaging.dicom_json import Document, first_of, items_of
from apps.imaging.documents.measurements import Region
from apps.imaging.documents.values import numbers_of, text_of
from apps.imaging.models import Series

FloatArray = npt.NDArray[np.float64]
MOST_POINTS = 2_000
"""Of one finding; what goes beyond keeps its box."""


def place_statement(statement: Statement, images: StudyImages, *, own_uid: str) -> Place:
    """By outlines in space or on images; else by the images that are named.

    Raises
    ------
    Refused
        ``frame_of_reference_mismatch``: an outline in space that shares no frame with the images.
    """
    named = {one.sop_instance_uid for region in statement.regions for one in region.images}
    named |= {one.sop_instance_uid for one in statement.images}
    series_of = images.holding(named)
    remarks = [Remark.of("images_missing")] if named - series_of.keys() else []
    if not statement.regions and not statement.images:
        remarks.append(Remark.of("no_place"))
    outlines, points, frames = _read_outlines(statement.regions, images, series_of, remarks)
    if points:
        centroid, box = box_of(np.concatenate(points))
    else:
        centroid, box = [], []
    series, uid, frame = _shown_on(statement, images, series_of, centroid, frames)
    return Place(
        series=series,
        sop_instance_uid=uid or own_uid,
        frame=frame,
        frame_of_reference_uid=next(iter(frames), ""),
        centroid_lps=centroid,
        bbox_lps=box,
        outlines=outlines,
        remarks=tuple(dict.fromkeys(remarks)),
    )


def place_map(document: Document, statement: Statement, images: StudyImages) -> Place:
    """The box of all frames of a map; its pixels are not read."""
    own_uid = text_of(document, "00080018", limit=64)
    frame_of_reference = text_of(document, "00200052", limit=64)
    if frame_of_reference:
        images.require_frame_of_reference(frame_of_reference)
    corners = _map_corners(document)
    found = place_statement(statement, images, own_uid=own_uid)
    if not corners:
        return found
    centroid, box = box_of(np.concatenate(corners))
    for series in images.sharing(frame_of_reference):
        pose = nearest_image(
            images.poses(series).values(),
            point_lps=centroid,
            frame_of_reference_uid=frame_of_reference,
        )
        if pose is not None and (found.series is None or found.series.pk == series.pk):
            return Place(
                series, pose.sop_instance_uid, pose.frame, frame_of_reference, centroid, box,
                remarks=found.remarks,
            )  # fmt: skip
    return Place(
        found.series, found.sop_instance_uid, found.frame, frame_of_reference, centroid, box,
        remarks=found.remarks,
    )  # fmt: skip


def _read_outlines(
    regions: tuple[Region, ...],
    images: StudyImages,
    series_of: dict[str, Series],
    remarks: list[Remark],
) -> tuple[list[dict[str, Any]], list[FloatArray], dict[str, None]]:
    """Outlines as they are kept, points whose box is theirs, and their frames of reference."""
    outlines: list[dict[str, Any]] = []
    points: list[FloatArray] = []
    frames: dict[str, None] = {}
    left = MOST_POINTS
    for region in regions:
        lps, extreme, frame_of_reference = _in_space(region, images, series_of)
        if extreme is not None:
            points.append(extreme)
            frames[frame_of_reference] = None
        elif any(one.sop_instance_uid in series_of for one in region.images):
            remarks.append(Remark.of("no_patient_space"))
        count = len(region.points_lps or region.points_image)
        if count > left:
            remarks.append(Remark.of("outline_cut"))
            continue
        left -= count
        outlines.append(
            {
                "shape": region.shape,
                "points_lps": [] if lps is None else np.round(lps, 4).tolist(),
                "points_image": [list(one) for one in region.points_image],
                "images": [
                    {"sop_instance_uid": one.sop_instance_uid, "frames": list(one.frames)}
                    for one in region.images[:16]
                ],
            }
        )
    return outlines, points, frames


def _in_space(
    region: Region, images: StudyImages, series_of: dict[str, Series]
) -> tuple[FloatArray | None, FloatArray | None, str]:
    if region.points_lps:
        images.require_frame_of_reference(region.frame_of_reference_uid)
        lps = np.asarray(region.points_lps, dtype=np.float64)
        return lps, lps, region.frame_of_reference_uid
    for one in region.images:
        series = series_of.get(one.sop_instance_uid)
        if series is None:
            continue
        pose = images.poses(series).get((one.sop_instance_uid, next(iter(one.frames), 1)))
        if pose is not None and pose.has_space:
            extreme = extreme_points(region.shape, region.points_image)
            return (
                points_of_pose(pose, region.points_image),
                points_of_pose(pose, extreme),
                pose.frame_of_reference_uid,
            )
    return None, None, ""


def _shown_on(
    statement: Statement,
    images: StudyImages,
    series_of: dict[str, Series],
    centroid: list[float],
    frames: dict[str, None],
) -> tuple[Series | None, str, int]:
    """The image to open: one that is named, or the nearest in the same frame of reference."""
    flat = [one for region in statement.regions for one in region.images]
    named = [one for one in (flat or statement.images) if one.sop_instance_uid in series_of]
    if named:
        middle = named[len(named) // 2]
        uid = middle.sop_instance_uid
        return series_of[uid], uid, next(iter(middle.frames), 1)
    for frame_of_reference in frames if centroid else ():
        for series in images.sharing(frame_of_reference):
            pose = nearest_image(
                images.poses(series).values(),
                point_lps=centroid,
                frame_of_reference_uid=frame_of_reference,
            )
            if pose is not None:
                return series, pose.sop_instance_uid, pose.frame
    return None, "", 1


def _map_corners(document: Document) -> list[FloatArray]:
    """First and last pixel of every frame, LPS mm; none where the map lies nowhere."""
    shared = first_of(document, "52009229")
    rows = numbers_of(document, "00280010", most=1) or (0.0,)
    columns = numbers_of(document, "00280011", most=1) or (0.0,)
    found = []
    for group in items_of(document, "52009230"):
        position = numbers_of(_macro(group, shared, "00209113"), "00200032", most=3)
        axes = numbers_of(_macro(group, shared, "00209116"), "00200037", most=6)
        spacing = numbers_of(_macro(group, shared, "00289110"), "00280030", most=2)
        if not (position and axes and spacing) or (len(position), len(axes)) != (3, 6):
            continue
        down = np.asarray(axes[3:]) * spacing[0] * max(rows[0] - 1, 0)
        along = np.asarray(axes[:3]) * spacing[-1] * max(columns[0] - 1, 0)
        start = np.asarray(position)
        found.append(np.stack([start, start + along, start + down, start + along + down]))
    return found


def _macro(group: Document, shared: Document, tag: str) -> Document:
    return first_of(group, tag) or first_of(shared, tag)
