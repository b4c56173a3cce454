"""On which series of a study a NIfTI mask lies, before anything is taken in."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.ai import policies
from apps.ai.research.contents import image_series, read_stack, stack_numbers
from apps.ai.research.exceptions import SidecarRefused
from apps.ai.research.importing import (
    MAX_MASK_BYTES,
    describe_labels,
    entry_of,
    reading_turn,
    require_grid,
    require_series,
)
from apps.ai.research.sidecar import Sidecar, parse_sidecar
from apps.annotations.segmentations.services import SegmentDraft
from apps.core.actors import Actor
from apps.core.exceptions import DomainError, TooLarge
from apps.imaging.models import Series
from apps.imaging.research.exceptions import NiftiRefused
from apps.imaging.research.grid import ImageGrid
from apps.imaging.research.placing import lay_on_grid
from apps.imaging.research.reading import LabelMap, read_label_map

SHAPE = "different_shape"


@dataclass(frozen=True, slots=True)
class StackMatch:
    """One stack of a series: the mask lies on its very voxels, or why not.

    ``refusal`` is code, sentence and details; ``None`` where it fits.
    """

    series: Series
    stack: int | None
    refusal: tuple[str, str, dict[str, Any]] | None = None

    @property
    def fits(self) -> bool:
        return self.refusal is None


@dataclass(frozen=True, slots=True)
class MaskMatch:
    """Every stack of the study, those that fit first; and what the labels would be.

    ``labels`` is empty where nothing fits; ``from_sidecar`` says whose words they are.
    """

    stacks: tuple[StackMatch, ...]
    labels: tuple[tuple[int, SegmentDraft], ...]
    from_sidecar: bool


def match_mask(
    *,
    actor: Actor,
    case_id: UUID,
    study_instance_uid: str,
    mask: bytes,
    file_name: str,
    sidecar: bytes | None = None,
) -> MaskMatch:
    """Try a mask on every stack of a study, by the same rules as its import; keep nothing.

    Several may fit: series of one examination often share one grid. A person says which is
    meant; a side-car says it by itself.

    Raises
    ------
    NiftiRefused
        The file is no mask of any series.
    SidecarRefused, NotVisible, Forbidden, TooLarge, Unavailable
        As for the import.
    """
    policies.import_mask(actor=actor, case_id=case_id)
    if len(mask) > MAX_MASK_BYTES:
        raise TooLarge("The mask is too large.")
    beside = parse_sidecar(sidecar) if sidecar is not None else None
    entry = entry_of(beside, file_name)
    known = image_series(actor=actor, case_id=case_id, study_instance_uid=study_instance_uid)
    with reading_turn():
        reader = _Reader(mask)
        stacks = [
            _try(series, stack, reader=reader, beside=beside)
            for series in known
            for stack in stack_numbers(series)
        ]
        fits = any(one.fits for one in stacks)
        labels = describe_labels(reader.values, entry=entry, given=()) if fits else []
    return MaskMatch(
        stacks=tuple(sorted(stacks, key=lambda one: not one.fits)),
        labels=tuple(labels),
        from_sidecar=entry is not None,
    )


class _Reader:
    """Unpacks a mask at most once for each size it could have."""

    def __init__(self, mask: bytes) -> None:
        self._mask = mask
        self._read: dict[tuple[int, ...], LabelMap | NiftiRefused] = {}

    def read(self, grid: ImageGrid) -> LabelMap | NiftiRefused:
        """The mask, or its refusal for this size; raised is what no series could mend."""
        sizes = tuple(sorted(grid.shape))
        if sizes not in self._read:
            try:
                self._read[sizes] = read_label_map(self._mask, shape=grid.shape)
            except NiftiRefused as refused:
                if refused.error_code != SHAPE:
                    raise
                self._read[sizes] = refused
        return self._read[sizes]

    @property
    def values(self) -> tuple[int, ...]:
        return next(one.values for one in self._read.values() if isinstance(one, LabelMap))


def _try(
    series: Series, stack: int | None, *, reader: _Reader, beside: Sidecar | None
) -> StackMatch:
    try:
        if beside is not None:
            require_series(beside, series)
        grid = read_stack(series, stack=stack)
    except DomainError as refused:
        return _refused(series, stack, refused)
    label_map = reader.read(grid)
    if isinstance(label_map, NiftiRefused):
        return _refused(series, grid.stack, label_map)
    try:
        if beside is not None:
            require_grid(beside, grid)
        lay_on_grid(label_map, grid)
    except (NiftiRefused, SidecarRefused) as refused:
        return _refused(series, grid.stack, refused)
    return StackMatch(series, grid.stack)


def _refused(series: Series, stack: int | None, refused: DomainError) -> StackMatch:
    return StackMatch(series, stack, (refused.error_code, refused.message, refused.details))
