"""Segmentations of a case, in the guise that the reader has."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from apps.cases.embargo import AiHidden
from apps.cases.policies import require_standing
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.core.registry import segmentation_owners
from apps.imaging.ai_objects import hidden_objects
from apps.imaging.choices import SeriesKind
from apps.imaging.exceptions import SeriesEvicted, UnreadableObject
from apps.imaging.machine_made import SEGMENTATION_CLASSES
from apps.imaging.masks import pack_mask
from apps.imaging.models import Instance, Series
from apps.imaging.projection import Projection
from apps.imaging.segmentations.archived import (
    LaidSegment,
    frames_of,
    header_if_here,
    header_of,
    lay_segment,
    place_segmentation,
    source_series,
)
from apps.imaging.segmentations.header import (
    Segment,
    SegmentationHeader,
    evicted_segmentation,
    read_segmentation,
)
from apps.imaging.segmentations.placing import Placement
from apps.imaging.segmentations.problems import Problem
from apps.imaging.segmentations.review import AUTOMATIC, verified_references
from apps.imaging.selectors import open_published, projection_for
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
        indices = frames_of(self.header, segment.number)
        return [series for series, place in self.places if not indices.isdisjoint(place.targets)]


@dataclass(frozen=True, slots=True)
class SegmentMask:
    """The slices of one series on which one segment has pixels."""

    etag: str
    shape: tuple[int, int, int]
    sop_instance_uids: tuple[str, ...]
    frames: tuple[int, ...]
    _laid: LaidSegment

    @property
    def keys(self) -> tuple[tuple[str, int], ...]:
        """SOP Instance UID, as the archive has it, and frame (from 1) of each slice."""
        return self._laid.keys

    def plane(self, index: int) -> npt.NDArray[np.uint8]:
        """One slice (row, column), nonzero inside."""
        values = np.zeros(self.shape[1:], dtype=np.uint8)
        self._laid.lay(index, values)
        return values

    def pack(self) -> bytes:
        """The bytes of the wire form (see ``apps.imaging.masks``)."""
        values = np.zeros(self.shape, dtype=np.uint8)
        for index in range(self.shape[0]):
            self._laid.lay(index, values[index])
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
    header = header_of(row.series.archive_key, row.sop_instance_uid)
    laid = lay_segment(row, header, segment=segment, series=series, place=place)
    if len(laid.keys) * laid.rows * laid.columns > MAX_MASK_BYTES:
        raise UnreadableObject("The mask exceeds the limit.", code="pixels_too_large")
    scope = shown.projection.scope if shown.projection else ""
    seed = f"{row.sha256}:{segment}:{series.archive_key}{scope}"
    return SegmentMask(
        etag=hashlib.sha256(seed.encode()).hexdigest(),
        shape=(len(laid.keys), laid.rows, laid.columns),
        sop_instance_uids=tuple(shown.uid(uid) for uid, _ in laid.keys),
        frames=tuple(frame for _, frame in laid.keys),
        _laid=laid,
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
    headers = [header_if_here(row) for row in rows]
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
    source_of = source_series(headers, images)
    owners: dict[str, dict[str, Any]] = {}
    for _, provider in segmentation_owners.items():
        owners |= provider(
            case_id=case_id, sop_instance_uids=[row.sop_instance_uid for row in rows]
        )
    described = []
    for row, header in zip(rows, headers, strict=True):
        owner, owned = _owner_of(row, header, owners)
        if projection is not None and owner is not None:
            continue
        places, problems = place_segmentation(row, header, images=images, source_of=source_of)
        described.append(
            SegmentationInCase(
                row=row,
                header=_without(_shown_header(row, projection) if projection else header, owned),
                places=tuple(one for one in places if one[0].pk not in withheld),
                problems=problems,
                verified=row.sop_instance_uid in verified,
                owner=owner,
                projection=projection,
            )
        )
    return described


def _owner_of(
    row: Instance, header: SegmentationHeader, owners: dict[str, dict[str, Any]]
) -> tuple[dict[str, Any] | None, frozenset[int]]:
    """The finding that shows it whole; or, of a part, the segments that findings show."""
    claim = owners.get(row.sop_instance_uid)
    if claim is None:
        return None, frozenset()
    owner = {"finding": claim["finding"], "state": claim["state"]}
    owned = frozenset(claim.get("segments", ()))
    is_whole = not owned or all(one.number in owned for one in header.segments)
    return (owner, frozenset()) if is_whole else (None, owned)


def _without(header: SegmentationHeader, owned: frozenset[int]) -> SegmentationHeader:
    if not owned:
        return header
    return replace(header, segments=tuple(o for o in header.segments if o.number not in owned))


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
