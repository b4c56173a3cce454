"""A NIfTI mask of a series comes back as a segmentation of the person who brings it."""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from uuid import UUID

import numpy as np

from apps.ai import policies
from apps.ai.models import Finding
from apps.ai.research.exceptions import SidecarRefused
from apps.ai.research.exporting import find_image_series
from apps.ai.research.sidecar import LabelRecord, MaskRecord, Sidecar, parse_sidecar
from apps.annotations.models import Segmentation
from apps.annotations.segmentations.codes import SEGMENT_TYPES
from apps.annotations.segmentations.services import Origin, SegmentDraft, import_masks
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import TooLarge, Unavailable
from apps.imaging.models import Series
from apps.imaging.research.grid import ImageGrid, read_grid
from apps.imaging.research.placing import TOLERANCE_MM, lay_on_grid
from apps.imaging.research.reading import read_label_map
from apps.imaging.selectors import open_archive

MAX_MASK_BYTES = 64 * 1024 * 1024
AUTOMATIC, SEMIAUTOMATIC = "AUTOMATIC", "SEMIAUTOMATIC"
NEUTRAL_TYPE = "85756007"
"""Tissue: of a label that nobody described no more is said."""
MAX_LABEL_CHARACTERS = 64
COLOURS = ("#ffb454", "#59c2ff", "#7fd962", "#f07178", "#d2a6ff", "#95e6cb", "#ffd173", "#e6b673")
WAIT_S = 30.0

_one_at_a_time = threading.BoundedSemaphore(1)
"""A mask is unpacked in memory: one of them at once, in each process."""


@dataclass(frozen=True, slots=True)
class GivenLabel:
    """What somebody says of one value, in place of a side-car."""

    value: int
    label: str
    type: str = NEUTRAL_TYPE


def import_mask(
    *,
    actor: Actor,
    case_id: UUID,
    study_instance_uid: str,
    series_instance_uid: str,
    stack: int | None,
    mask: bytes,
    file_name: str,
    made_by: str,
    name: str = "",
    sidecar: bytes | None = None,
    labels: Sequence[GivenLabel] = (),
) -> Segmentation:
    """Take in a mask, all of it or nothing.

    The series is the one named. A side-car proves that the mask was made for exactly these
    images; without one the file's own geometry must be that of the series.

    Parameters
    ----------
    made_by : MANUAL, SEMIAUTOMATIC; AUTOMATIC is refused.
    labels : what the values are; goes before what the side-car says of the file.

    Raises
    ------
    NiftiRefused, SidecarRefused, NotAVolume
        By their codes.
    NotVisible, Forbidden, TooLarge, BadSegments
        As for painting.
    """
    policies.import_mask(actor=actor, case_id=case_id)
    if made_by == AUTOMATIC:
        raise SidecarRefused("automatic_mask")
    if len(mask) > MAX_MASK_BYTES:
        raise TooLarge("The mask is too large.")
    series = find_image_series(
        actor=actor,
        case_id=case_id,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
    )
    beside = parse_sidecar(sidecar) if sidecar is not None else None
    if beside is not None:
        require_series(beside, series)
        stack = stack or beside.stack
    grid = read_grid(open_archive(series.archive_key), stack=stack)
    if beside is not None:
        require_grid(beside, grid)
    entry = entry_of(beside, file_name)
    sha256 = hashlib.sha256(mask).hexdigest()
    with reading_turn():
        label_map = read_label_map(mask, shape=grid.shape)
        placed = lay_on_grid(label_map, grid)
        described = describe_labels(label_map.values, entry=entry, given=labels)
        segmentation = import_masks(
            actor=actor,
            case_id=case_id,
            study_instance_uid=study_instance_uid,
            series_instance_uid=series_instance_uid,
            stack=grid.stack,
            name=name or (entry.name[:MAX_LABEL_CHARACTERS] if entry else ""),
            origin=_origin(entry, series=series, sha256=sha256, file_name=file_name),
            made_by=SEMIAUTOMATIC if entry and entry.source == "finding" else made_by,
            labels=placed,
            segments=described,
        )
    record_entry(
        actor=actor,
        action="import.nifti_mask",
        case_id=case_id,
        entity="segmentation",
        entity_id=segmentation.pk,
        details={
            "series": str(series.pk),
            "sha256": sha256,
            "with_sidecar": beside is not None,
            "labels": len(described),
        },
    )
    return segmentation


@contextmanager
def reading_turn() -> Iterator[None]:
    """One mask at a time in this process, or ``Unavailable`` (``busy``)."""
    if not _one_at_a_time.acquire(timeout=WAIT_S):
        raise Unavailable("Another mask is being read; try again.", code="busy")
    try:
        yield
    finally:
        _one_at_a_time.release()


def require_series(beside: Sidecar, series: Series) -> None:
    """Raise ``SidecarRefused`` where the side-car is of another series."""
    said = (beside.study_instance_uid, beside.series_instance_uid)
    if said != (series.study.study_instance_uid, series.series_instance_uid):
        raise SidecarRefused("sidecar_other_series")


def require_grid(beside: Sidecar, grid: ImageGrid) -> None:
    """The same images in the same order at the same place."""
    if beside.frame_of_reference_uid != grid.frame_of_reference_uid:
        raise SidecarRefused("frame_of_reference_mismatch")
    if tuple((one.sop_instance_uid, one.frame) for one in beside.slices) != grid.frames:
        raise SidecarRefused("sidecar_other_slices")
    corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(grid.shape[::-1]) - 1)
    apart = np.c_[corners, np.ones(8)] @ (np.array(beside.geometry.affine_lps) - grid.affine_lps).T
    if not float(np.abs(apart).max()) <= TOLERANCE_MM:
        raise SidecarRefused("sidecar_other_place")


def entry_of(beside: Sidecar | None, file_name: str) -> MaskRecord | None:
    """What the side-car says of a file of this name; a file of another name it says nothing of."""
    if beside is None:
        return None
    name = PurePosixPath(file_name).name
    return next((one for one in beside.masks if PurePosixPath(one.file).name == name), None)


def describe_labels(
    values: Sequence[int], *, entry: MaskRecord | None, given: Sequence[GivenLabel]
) -> list[tuple[int, SegmentDraft]]:
    """Each label with what it is. Who describes labels describes all that occur."""
    if len({one.value for one in given}) < len(given):
        raise SidecarRefused("duplicate_labels")
    drafts: dict[int, SegmentDraft] = {}
    if given:
        drafts = {one.value: SegmentDraft(one.label, one.type, colour="") for one in given}
    elif entry is not None:
        drafts = {one.value: _draft_of(one) for one in entry.labels}
    else:
        drafts = {one: SegmentDraft(f"Label {one}", NEUTRAL_TYPE, colour="") for one in values}
    unknown = [one for one in values if one not in drafts]
    if unknown:
        raise SidecarRefused("unknown_label", labels=unknown)
    return [
        (
            value,
            replace(drafts[value], colour=drafts[value].colour or COLOURS[place % len(COLOURS)]),
        )
        for place, value in enumerate(values)
    ]


def _draft_of(record: LabelRecord) -> SegmentDraft:
    """A finding's code may be one that people do not draw: then it is tissue with its label."""
    kind = record.type.code if record.type.code in SEGMENT_TYPES else NEUTRAL_TYPE
    return SegmentDraft(label=record.label[:MAX_LABEL_CHARACTERS], type=kind, colour=record.colour)


def _origin(entry: MaskRecord | None, *, series: Series, sha256: str, file_name: str) -> Origin:
    """A copy of a finding stays one on its way out and back; anything else comes from its file."""
    if entry is not None:
        copied = entry.origin.id if entry.origin and entry.origin.kind == "finding" else None
        finding_id = entry.id if entry.source == "finding" else copied
        if finding_id and Finding.objects.filter(pk=finding_id, study=series.study_id).exists():
            return Origin(kind="finding", id=finding_id, label=entry.name[:MAX_LABEL_CHARACTERS])
    return Origin(
        kind="nifti",
        id=UUID(sha256[:32]),
        label=PurePosixPath(file_name).name[:MAX_LABEL_CHARACTERS],
    )
