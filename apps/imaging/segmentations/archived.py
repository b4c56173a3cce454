"""Archived segmentations whoever asks: their headers, the series they lie on, their slices."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import numpy as np
import numpy.typing as npt

from apps.imaging.archive import open_series
from apps.imaging.evicted import explain_absence
from apps.imaging.exceptions import SeriesEvicted, UnreadableObject
from apps.imaging.models import Instance, Series
from apps.imaging.projection.vocabulary import clean_term
from apps.imaging.segmentations.header import (
    FRACTION_DRAWN,
    FRACTIONAL,
    LABELMAP,
    SegmentationHeader,
    evicted_segmentation,
    read_segmentation,
)
from apps.imaging.segmentations.placing import Lattice, Placement, place_frames
from apps.imaging.segmentations.problems import Problem
from apps.imaging.segmentations.unpacked import UnpackedFrames, open_unpacked
from apps.imaging.selectors import archived_poses, open_published


@dataclass(frozen=True, slots=True)
class LaidSegment:
    """Where one segment has pixels on one series: its slices, in the order of the series.

    ``keys`` are SOP Instance UID and frame (from 1) of each slice.
    """

    keys: tuple[tuple[str, int], ...]
    rows: int
    columns: int
    slices: tuple[tuple[tuple[int, Lattice], ...], ...]
    unpacked: UnpackedFrames
    segment: int

    def lay(self, index: int, onto: npt.NDArray[np.uint8]) -> None:
        """Add slice ``index`` to ``onto`` (row, column), in place."""
        for frame, lattice in self.slices[index]:
            lattice.lay(self.unpacked.mask(frame=frame, segment=self.segment), onto)


def lay_segment(
    row: Instance, header: SegmentationHeader, *, segment: int, series: Series, place: Placement
) -> LaidSegment:
    """
    Raises
    ------
    UnreadableObject
        Its pixels cannot be read.
    SeriesEvicted
        Its files are not here.
    """
    unpacked = unpack(row, header)
    laid: dict[tuple[str, int], list[tuple[int, Lattice]]] = {}
    for index in frames_of(header, segment):
        if unpacked.holds(frame=index, segment=segment):
            for target in place.targets.get(index, ()):
                key = (target.pose.sop_instance_uid, target.pose.frame)
                laid.setdefault(key, []).append((index, target.lattice))
    ordered = [key for key in archived_poses(series.archive_key) if key in laid]
    rows, columns = image_size(series.archive_key)
    return LaidSegment(
        keys=tuple(ordered),
        rows=rows,
        columns=columns,
        slices=tuple(tuple(laid[key]) for key in ordered),
        unpacked=unpacked,
        segment=segment,
    )


def unpack(row: Instance, header: SegmentationHeader) -> UnpackedFrames:
    """The pixels of a segmentation, one entry for each frame its header describes."""
    archive = open_published(row.series)
    unpacked = open_unpacked(archive=archive, sop_instance_uid=row.sop_instance_uid)
    if len(unpacked.present) != len(header.frames):
        raise UnreadableObject("Its frames are not those it describes.", code="malformed")
    return unpacked


def frames_of(header: SegmentationHeader, segment: int) -> frozenset[int]:
    if header.segmentation_type == LABELMAP:
        return frozenset(range(len(header.frames)))
    return frozenset(frame.index for frame in header.frames if frame.segment == segment)


def source_series(
    headers: Iterable[SegmentationHeader], images: Sequence[Series]
) -> dict[str, UUID]:
    """Referenced SOP Instance UIDs, and the image series of the case that hold them."""
    named = {uid for header in headers for uid in header.referenced_instances}
    return dict(
        Instance.objects.filter(
            series__in=[series.pk for series in images], sop_instance_uid__in=named
        ).values_list("sop_instance_uid", "series_id")
    )


def place_segmentation(
    row: Instance,
    header: SegmentationHeader,
    *,
    images: Sequence[Series],
    source_of: dict[str, UUID],
) -> tuple[tuple[tuple[Series, Placement], ...], tuple[Problem, ...]]:
    """The series among ``images`` it lies on, and what is to be said of that."""
    if header.problems:
        return (), header.problems
    named = {source_of[uid] for uid in header.referenced_instances if uid in source_of}
    names_source = bool(header.referenced_instances or header.referenced_series)
    if names_source:
        candidates = [
            series
            for series in images
            if series.pk in named or series.series_instance_uid in header.referenced_series
        ]
    else:
        candidates = [series for series in images if series.study_id == row.study_id]
    if not candidates:
        return (), (Problem.of("source_not_in_case"),)
    try:
        tried = [
            (series, placement_on(row.series.archive_key, row.sop_instance_uid, series.archive_key))
            for series in candidates
        ]
    except SeriesEvicted:
        return (), (Problem.of("images_evicted"),)
    places = tuple((series, place) for series, place in tried if place.placed)
    if not places:
        fits = any(place.frame_of_reference_fits for _, place in tried)
        code = "geometry_differs" if fits else "frame_of_reference_mismatch"
        return (), (Problem.of(code),)
    return places, tuple(_remarks(header, places, names_source=names_source))


def _remarks(
    header: SegmentationHeader,
    places: Sequence[tuple[Series, Placement]],
    *,
    names_source: bool,
) -> Iterable[Problem]:
    placed = {index for _, place in places for index in place.targets}
    total = len(header.frames)
    if len(placed) < total:
        yield Problem.of("frames_not_placed", count=total - len(placed), total=total)
    if any(place.references_disagree for _, place in places):
        yield Problem.of("references_disagree")
    if not names_source:
        yield Problem.of("placed_by_geometry")
    if header.segmentation_type == FRACTIONAL:
        kind = clean_term(header.fractional_type).lower() or "of unnamed kind"
        yield Problem.of("fraction_threshold", kind=kind, percent=round(FRACTION_DRAWN * 100))


# Archive keys name immutable content: what was computed from them stays true.


@lru_cache(maxsize=64)
def _headers(archive_key: str) -> dict[str, SegmentationHeader]:
    documents = open_series(archive_key).metadata()
    headers = (read_segmentation(document) for document in documents)
    return {header.sop_instance_uid: header for header in headers}


def header_of(archive_key: str, sop_instance_uid: str) -> SegmentationHeader:
    try:
        return _headers(archive_key)[sop_instance_uid]
    except FileNotFoundError:
        raise explain_absence(archive_key) from None


def header_if_here(row: Instance) -> SegmentationHeader:
    """That it was asked for brings an evicted one back; until then its line says so."""
    try:
        return header_of(row.series.archive_key, row.sop_instance_uid)
    except SeriesEvicted:
        return evicted_segmentation(row.sop_instance_uid)


@lru_cache(maxsize=128)
def placement_on(archive_key: str, sop_instance_uid: str, image_key: str) -> Placement:
    size = image_size(image_key)
    poses = [
        pose for pose in archived_poses(image_key).values() if (pose.rows, pose.columns) == size
    ]
    return place_frames(header=header_of(archive_key, sop_instance_uid), poses=poses)


@lru_cache(maxsize=256)
def image_size(archive_key: str) -> tuple[int, int]:
    """Rows and columns of most of a series' images: a mask has one size."""
    sizes = Counter((pose.rows, pose.columns) for pose in archived_poses(archive_key).values())
    return sizes.most_common(1)[0][0] if sizes else (0, 0)
