"""Segmentations of a case, in the guise that the reader has."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np

from apps.cases.embargo import AiHidden
from apps.cases.policies import require_standing
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.core.registry import segmentation_owners
from apps.imaging.ai_objects import SEGMENTATION_CLASSES, hidden_objects
from apps.imaging.archive import open_series
from apps.imaging.choices import SeriesKind
from apps.imaging.evicted import explain_absence
from apps.imaging.exceptions import SeriesEvicted, UnreadableObject
from apps.imaging.masks import pack_mask
from apps.imaging.models import Instance, Series
from apps.imaging.projection import Projection
from apps.imaging.projection.vocabulary import clean_term
from apps.imaging.segmentations.header import (
    FRACTION_DRAWN,
    FRACTIONAL,
    LABELMAP,
    Segment,
    SegmentationHeader,
    evicted_segmentation,
    read_segmentation,
)
from apps.imaging.segmentations.placing import Placement, place_frames
from apps.imaging.segmentations.problems import Problem
from apps.imaging.segmentations.review import AUTOMATIC, verified_references
from apps.imaging.segmentations.unpacked import UnpackedFrames, open_unpacked
from apps.imaging.selectors import archived_poses, open_published, projection_for
from apps.imaging.withholding import only_open

MAX_MASK_BYTES = 1024 * 1024 * 1024
GZIP_LEVEL = 1  # made at each request; masks are mostly zeros and pack well at any level


@dataclass(frozen=True, slots=True)
class SegmentationInCase:
    """One segmentation: its header, the series it lies on, and what keeps it from being drawn."""

    row: Instance
    header: SegmentationHeader  # as this viewer may see it
    places: tuple[tuple[Series, Placement], ...]
    problems: tuple[Problem, ...]
    verified: bool
    owner: dict[str, Any] | None  # the finding whose own segmentation it is
    projection: Projection | None

    def uid(self, original: str) -> str:
        """A UID as this viewer knows it."""
        return self.projection.uid(original) if self.projection else original

    def is_unreviewed(self, segment: Segment) -> bool:
        """Computed, and nobody answers for it."""
        return segment.algorithm_type == AUTOMATIC and not self.verified

    def series_of(self, segment: Segment) -> list[Series]:
        """The series this segment has frames on; none where a finding shows it instead."""
        if self.owner is not None:
            return []
        indices = _frames_of(self.header, segment.number)
        return [series for series, place in self.places if not indices.isdisjoint(place.targets)]


@dataclass(frozen=True, slots=True)
class SegmentMask:
    """The slices of one series on which one segment has pixels."""

    etag: str
    shape: tuple[int, int, int]
    sop_instance_uids: tuple[str, ...]
    frames: tuple[int, ...]
    _slices: tuple[tuple[Any, ...], ...]
    _unpacked: UnpackedFrames
    _segment: int

    def pack(self) -> bytes:
        """The bytes of the wire form (see ``apps.imaging.masks``)."""
        values = np.zeros(self.shape, dtype=np.uint8)
        for index, laid in enumerate(self._slices):
            for frame, lattice in laid:
                mask = self._unpacked.mask(frame=frame, segment=self._segment)
                lattice.lay(mask, values[index])
        return pack_mask(values.tobytes(), level=GZIP_LEVEL)


def list_case_segmentations(*, actor: Actor, case_id: UUID) -> list[SegmentationInCase]:
    """Segmentations in the case's studies, newest study first.

    A de-identified viewer gets those whose series is open, and none of a finding's own. What
    AI made is left out while the images are to be read first.
    """
    projection = projection_for(require_standing(actor=actor, case_id=case_id))
    rows = list(
        _instances(case_id, projection).order_by("-study__study_date", "series__number", "pk")
    )
    hidden = _hidden_of(rows, actor=actor, case_id=case_id)
    shown = [row for row in rows if row.sop_instance_uid not in hidden]
    return _describe(shown, case_id=case_id, projection=projection)


def read_segment_mask(
    *, actor: Actor, case_id: UUID, instance_id: UUID, number: int, series_id: UUID
) -> SegmentMask:
    """One segment on one series.

    Raises
    ------
    NotVisible
        Not this actor's case, withheld, no such segment, or it has no place on that series.
    UnreadableObject
        Its pixels cannot be read, or the mask exceeds the limit.
    AiHidden
        AI made it, and the images are to be read first.
    """
    projection = projection_for(require_standing(actor=actor, case_id=case_id))
    row = _instances(case_id, projection).filter(pk=instance_id).first()
    if row is not None and _hidden_of([row], actor=actor, case_id=case_id):
        raise AiHidden()
    described = _describe([row] if row else [], case_id=case_id, projection=projection)
    if row is None or not described:
        raise NotVisible()
    shown = described[0]
    segment = next((one for one in shown.header.segments if one.number == number), None)
    place = next((place for series, place in shown.places if series.pk == series_id), None)
    series = next((series for series, _ in shown.places if series.pk == series_id), None)
    if segment is None or place is None or series is None or shown.owner is not None:
        raise NotVisible()
    return _cut(shown, segment=number, series=series, place=place)


def _cut(
    shown: SegmentationInCase, *, segment: int, series: Series, place: Placement
) -> SegmentMask:
    row = shown.row
    header = _header(row.series.archive_key, row.sop_instance_uid)
    unpacked = open_unpacked(
        archive=open_published(row.series), sop_instance_uid=row.sop_instance_uid
    )
    if len(unpacked.present) != len(header.frames):
        raise UnreadableObject("Its frames are not those it describes.", code="malformed")
    laid: dict[tuple[str, int], list[tuple[int, Any]]] = {}
    for index in _frames_of(header, segment):
        if unpacked.holds(frame=index, segment=segment):
            for target in place.targets.get(index, ()):
                key = (target.pose.sop_instance_uid, target.pose.frame)
                laid.setdefault(key, []).append((index, target.lattice))
    ordered = [key for key in archived_poses(series.archive_key) if key in laid]
    rows, columns = _image_size(series.archive_key)
    if len(ordered) * rows * columns > MAX_MASK_BYTES:
        raise UnreadableObject("The mask exceeds the limit.", code="pixels_too_large")
    scope = shown.projection.scope if shown.projection else ""
    seed = f"{row.sha256}:{segment}:{series.archive_key}{scope}"
    return SegmentMask(
        etag=hashlib.sha256(seed.encode()).hexdigest(),
        shape=(len(ordered), rows, columns),
        sop_instance_uids=tuple(shown.uid(uid) for uid, _ in ordered),
        frames=tuple(frame for _, frame in ordered),
        _slices=tuple(tuple(laid[key]) for key in ordered),
        _unpacked=unpacked,
        _segment=segment,
    )


def _hidden_of(rows: Sequence[Instance], *, actor: Actor, case_id: UUID) -> frozenset[str]:
    studies = {row.study_id for row in rows}
    hidden = hidden_objects(actor=actor, case_id=case_id, study_ids=studies)
    return hidden & {row.sop_instance_uid for row in rows}


def _instances(case_id: UUID, projection: Projection | None) -> Any:
    rows = (
        Instance.objects.filter(
            sop_class_uid__in=SEGMENTATION_CLASSES,
            study__case_studies__case_id=case_id,
            study__ready_at__isnull=False,
        )
        .exclude(series__archive_key="")
        .select_related("series", "series__study")
    )
    if projection is not None:
        rows = rows.filter(series__in=only_open(Series.objects.all()).values("pk"))
    return rows


def _describe(
    rows: Sequence[Instance], *, case_id: UUID, projection: Projection | None
) -> list[SegmentationInCase]:
    """All of them with the same handful of queries."""
    if not rows:
        return []
    headers = [_header_if_here(row) for row in rows]
    published = list(
        Series.objects.filter(
            study__case_studies__case_id=case_id,
            study__ready_at__isnull=False,
            kind__in=(SeriesKind.IMAGE, SeriesKind.SR),
        )
        .exclude(archive_key="")
        .select_related("study")
        .order_by("number", "pk")
    )
    images = [series for series in published if series.kind == SeriesKind.IMAGE]
    withheld = _withheld_of(images) if projection else frozenset()
    verified = {
        uid
        for series in published
        if series.kind == SeriesKind.SR
        for uid in verified_references(series.archive_key)
    }
    source_of = _source_series(headers, images)
    owners: dict[str, dict[str, Any]] = {}
    for _, provider in segmentation_owners.items():
        owners |= provider(
            case_id=case_id, sop_instance_uids=[row.sop_instance_uid for row in rows]
        )
    described = []
    for row, header in zip(rows, headers, strict=True):
        owner = owners.get(row.sop_instance_uid)
        if projection is not None and owner is not None:
            continue
        places, problems = _place(row, header, images=images, source_of=source_of)
        described.append(
            SegmentationInCase(
                row=row,
                header=_shown_header(row, projection) if projection else header,
                places=tuple(one for one in places if one[0].pk not in withheld),
                problems=problems,
                verified=row.sop_instance_uid in verified,
                owner=owner,
                projection=projection,
            )
        )
    return described


def _source_series(
    headers: Iterable[SegmentationHeader], images: Sequence[Series]
) -> dict[str, UUID]:
    """Referenced SOP Instance UIDs, and the image series of the case that hold them."""
    named = {uid for header in headers for uid in header.referenced_instances}
    return dict(
        Instance.objects.filter(
            series__in=[series.pk for series in images], sop_instance_uid__in=named
        ).values_list("sop_instance_uid", "series_id")
    )


def _place(
    row: Instance,
    header: SegmentationHeader,
    *,
    images: Sequence[Series],
    source_of: dict[str, UUID],
) -> tuple[tuple[tuple[Series, Placement], ...], tuple[Problem, ...]]:
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
            (series, _placement(row.series.archive_key, row.sop_instance_uid, series.archive_key))
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


def _withheld_of(images: Sequence[Series]) -> frozenset[UUID]:
    """Those of the image series that a de-identified viewer does not get."""
    keys = [one.pk for one in images]
    shown = only_open(Series.objects.filter(pk__in=keys)).values_list("pk", flat=True)
    return frozenset(keys) - frozenset(shown)


def _shown_header(row: Instance, projection: Projection) -> SegmentationHeader:
    """The header as projected: numbered labels, published codes, mapped UIDs."""
    try:
        archive = open_published(row.series)
    except SeriesEvicted:
        return evicted_segmentation(row.sop_instance_uid)
    position = archive.position(row.sop_instance_uid)
    if position is None:
        raise NotVisible()
    return read_segmentation(projection.project(archive.metadata()[position]))


def _frames_of(header: SegmentationHeader, segment: int) -> frozenset[int]:
    if header.segmentation_type == LABELMAP:
        return frozenset(range(len(header.frames)))
    return frozenset(frame.index for frame in header.frames if frame.segment == segment)


# Archive keys name immutable content: what was computed from them stays true.


@lru_cache(maxsize=64)
def _headers(archive_key: str) -> dict[str, SegmentationHeader]:
    documents = open_series(archive_key).metadata()
    headers = (read_segmentation(document) for document in documents)
    return {header.sop_instance_uid: header for header in headers}


def _header(archive_key: str, sop_instance_uid: str) -> SegmentationHeader:
    try:
        return _headers(archive_key)[sop_instance_uid]
    except FileNotFoundError:
        raise explain_absence(archive_key) from None


def _header_if_here(row: Instance) -> SegmentationHeader:
    """That it was asked for brings an evicted one back; until then its line says so."""
    try:
        return _header(row.series.archive_key, row.sop_instance_uid)
    except SeriesEvicted:
        return evicted_segmentation(row.sop_instance_uid)


@lru_cache(maxsize=128)
def _placement(archive_key: str, sop_instance_uid: str, image_key: str) -> Placement:
    size = _image_size(image_key)
    poses = [
        pose for pose in archived_poses(image_key).values() if (pose.rows, pose.columns) == size
    ]
    return place_frames(header=_header(archive_key, sop_instance_uid), poses=poses)


@lru_cache(maxsize=256)
def _image_size(archive_key: str) -> tuple[int, int]:
    """Rows and columns of most of a series' images: a mask has one size."""
    sizes = Counter((pose.rows, pose.columns) for pose in archived_poses(archive_key).values())
    return sizes.most_common(1)[0][0] if sizes else (0, 0)
