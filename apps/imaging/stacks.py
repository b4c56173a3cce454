"""The stacks of a published series: what belongs together, and which frames it is.

Computed from the positions in the manifest, so that series archived before there were stacks have
them too; kept in memory by archive key.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from apps.core.exceptions import NotVisible
from apps.imaging.archive import ReadableSeries, open_series
from apps.imaging.archive.writer import frame_pose
from apps.imaging.evicted import explain_absence
from apps.imaging.geometry import Facet, FramePose, SeriesGeometry, Stack, describe_frames
from apps.imaging.geometry.dimensions import TEXT_AXES
from apps.imaging.models import Series

STACKS_VERSION = 1
"""Of the document: part of its ETag."""


def list_stacks(*, series_id: UUID) -> tuple[Stack, ...]:
    """The stacks of a series, in its order.

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
    try:
        return describe_archive(open_series(key))[1].stacks
    except FileNotFoundError:
        raise explain_absence(key) from None


def describe_archive(archive: ReadableSeries) -> tuple[tuple[FramePose, ...], SeriesGeometry]:
    """The frames of a series in archive order, and what they are together."""
    poses = tuple(frame_pose(pose) for one in archive.instances for pose in one["poses"])
    return poses, describe_frames(poses)


@lru_cache(maxsize=256)
def stacks_document(archive_key: str, *, is_deidentified: bool) -> bytes:
    """The stacks as the viewer reads them.

    ``frames`` are pairs in one flat list: the place of the instance in the series' metadata
    document, from 0, and its frame, from 1. No UID is in it, so it serves every guise; text of the
    file's author is withheld from de-identified viewers.

    Raises
    ------
    FileNotFoundError
        The series is not in the archive.
    """
    archive = open_series(archive_key)
    poses, geometry = describe_archive(archive)
    shown = [
        _guised(stack.summary(), is_deidentified=is_deidentified)
        | {
            "frames": [
                number
                for index in stack.order
                for number in (archive.position(poses[index].sop_instance_uid), poses[index].frame)
            ]
        }
        for stack in geometry.stacks
    ]
    return orjson.dumps({"stacks": shown})


def listed_stacks(geometry: dict[str, Any], *, is_deidentified: bool) -> list[dict[str, Any]]:
    """From the index: the stacks of a series that has several, the first of them."""
    stacks = geometry.get("stacks")
    if not isinstance(stacks, list) or geometry.get("stack_count", 1) < 2:
        return []  # indexed before there were stacks: their number alone
    return [_guised(stack, is_deidentified=is_deidentified) for stack in stacks]


def _guised(stack: dict[str, Any], *, is_deidentified: bool) -> dict[str, Any]:
    if not is_deidentified:
        return stack
    facets = [
        replace(facet, value=None) if facet.axis in TEXT_AXES else facet
        for facet in (Facet(**one) for one in stack["facets"])
    ]
    label = " · ".join(facet.label for facet in facets)
    return stack | {"label": label, "facets": [facet.as_json() for facet in facets]}
