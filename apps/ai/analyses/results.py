"""What an analysis gives back: plain values, free of Django, DICOM objects and files.

The model runner and the built-in analyses both speak in these types; ``apps.ai.services`` turns
them into findings and ``apps.ai.encoding`` into DICOM SEG and SR objects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

BoolMask = NDArray[np.bool_]

Corner = tuple[float, float, float]

OutcomeKind = Literal["findings", "no_findings", "out_of_scope", "failed"]
Urgency = Literal["routine", "urgent", "critical"]

#: Called with a fraction of the work done (0 to 1) and the name of the stage. It may raise to
#: cancel: an analysis never swallows what it raises.
ProgressReporter = Callable[[float, str], None]


class ImageVolume(Protocol):
    """The part of ``apps.imaging.volumes.Volume`` an analysis may look at."""

    @property
    def voxels(self) -> NDArray[np.float32]:
        """Values after the Modality LUT, shape (slice, row, column)."""

    @property
    def affine_lps(self) -> NDArray[np.float64]:
        """4x4 matrix from (column, row, slice, 1) to LPS millimetres."""

    @property
    def sop_instance_uids(self) -> tuple[str, ...]:
        """One SOP Instance UID per slice, in slice order."""


@dataclass(frozen=True, slots=True)
class Code:
    """A coded concept: DICOM coding scheme designator, code value, code meaning."""

    system: str
    value: str
    display: str

    def as_dict(self) -> dict[str, str]:
        return {"system": self.system, "code": self.value, "display": self.display}


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """One number with its unit and the concept it is a value of.

    Attributes
    ----------
    quantity:
        Stable machine name, for instance ``suv_max`` or ``volume``.
    unit:
        Unit as shown to people (``g/mL``, ``mL``, ``mm``).
    concept:
        The SR concept name of the NUM item (TID 300/1419).
    unit_code:
        The UCUM code of the unit as written into the SR.
    derivation:
        Modifier (121401, DCM, "Derivation"): maximum, mean ...; None where it does not apply.
    """

    quantity: str
    value: float
    unit: str
    concept: Code
    unit_code: Code
    derivation: Code | None = None

    def as_dict(self) -> dict[str, Any]:
        return {"quantity": self.quantity, "value": self.value, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class MaskRegion:
    """A binary mask kept as its bounding box: a whole-body scan may hold hundreds of components.

    Attributes
    ----------
    values:
        The mask inside the bounding box, (slice, row, column).
    start:
        Index (slice, row, column) of ``values[0, 0, 0]`` in the volume.
    shape:
        Shape of the whole volume.
    """

    values: BoolMask
    start: tuple[int, int, int]
    shape: tuple[int, int, int]

    @classmethod
    def from_mask(cls, mask: NDArray[Any]) -> MaskRegion:
        """Crop a full (slice, row, column) mask to what it holds.

        Raises
        ------
        ValueError
            The mask has not three dimensions, or is empty: an empty segment is no finding.
        """
        if mask.ndim != 3:
            raise ValueError(f"A mask is (slice, row, column); this one has {mask.ndim} axes.")
        present = mask.astype(bool, copy=False)
        starts: list[int] = []
        for axis in range(3):
            others = tuple(other for other in range(3) if other != axis)
            filled = np.flatnonzero(present.any(axis=others))
            if filled.size == 0:
                raise ValueError("The mask is empty: an empty segment is no finding.")
            starts.append(int(filled[0]))
            # The next axis is searched within what the one before left.
            kept = slice(int(filled[0]), int(filled[-1]) + 1)
            present = present[(slice(None),) * axis + (kept,)]
        return cls(
            values=np.ascontiguousarray(present),
            start=(starts[0], starts[1], starts[2]),
            shape=(int(mask.shape[0]), int(mask.shape[1]), int(mask.shape[2])),
        )

    @property
    def box(self) -> tuple[slice, slice, slice]:
        """The slices that cut this region out of an array of the volume's shape."""
        first, second, third = (
            slice(begin, begin + length)
            for begin, length in zip(self.start, self.values.shape, strict=True)
        )
        return first, second, third

    @property
    def voxel_count(self) -> int:
        return int(np.count_nonzero(self.values))

    def to_mask(self) -> BoolMask:
        """The mask at the full size of the volume (a new array each time)."""
        full = np.zeros(self.shape, dtype=bool)
        full[self.box] = self.values
        return full


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """One thing found: it becomes one finding, one SEG and one SR.

    Attributes
    ----------
    label:
        Shown to people; says what was measured and claims no more.
    code, category:
        Segmented property type and category (PS3.3 C.8.20.4).
    site, laterality:
        Anatomic region, where it is known.
    region:
        The binary mask; build with ``MaskRegion.from_mask(mask)``. ``mask`` gives the full array.
    probability:
        0 to 1 when the model gives one; None when it does not (a threshold has no probability).
    tracking_uid:
        Left None, the encoding derives it from the job key.
    box_lps:
        The model's own box in LPS millimetres, lowest and highest corner, where it gave a box
        and the region is drawn from it; None where the region is what the model gave.
    tg263:
        Its name in radiotherapy planning, where the model's side-car names one.
    """

    label: str
    code: Code
    category: Code
    region: MaskRegion
    site: Code | None = None
    laterality: Code | None = None
    measurements: tuple[MeasuredValue, ...] = ()
    probability: float | None = None
    urgency: Urgency = "routine"
    tracking_identifier: str = ""
    tracking_uid: str | None = None
    box_lps: tuple[Corner, Corner] | None = None
    tg263: str = ""

    @property
    def mask(self) -> BoolMask:
        return self.region.to_mask()

    def value_of(self, quantity: str) -> float:
        """The value of one measurement; KeyError when it was not measured."""
        for measured in self.measurements:
            if measured.quantity == quantity:
                return measured.value
        raise KeyError(quantity)


@dataclass(frozen=True, slots=True)
class SeriesStatement:
    """What a model says of a whole series, without a place in it: a classification.

    It becomes one finding and one SR, and no SEG: to mark every voxel would say more than the
    model does.

    Attributes
    ----------
    code, category:
        The class and what kind of thing it is, as of a segment.
    measurements:
        The probability of every class the model knows.
    probability:
        That of the class stated.
    """

    label: str
    code: Code
    category: Code
    site: Code | None = None
    laterality: Code | None = None
    measurements: tuple[MeasuredValue, ...] = ()
    probability: float | None = None
    urgency: Urgency = "routine"
    tracking_identifier: str = ""
    tracking_uid: str | None = None


@dataclass(frozen=True, slots=True)
class ValueMap:
    """One number for each voxel; it becomes one DICOM Parametric Map.

    Attributes
    ----------
    quantity, unit:
        What the numbers are and their unit (UCUM), as codes.
    values:
        (slice, row, column), finite.
    floor:
        A map with no value above it says nothing, and is not stored.
    """

    label: str
    quantity: Code
    unit: Code
    values: NDArray[np.float32]
    floor: float


@dataclass(frozen=True, slots=True)
class AnalysisOutcome:
    """How a run ended. "Found nothing" and "did not run" never look alike.

    Attributes
    ----------
    segments, statements:
        What was found: things with a place, and things said of the whole series.
    reason_code, reason:
        Why the run was out of scope or failed; empty otherwise.
    parameters:
        Everything a reader needs to repeat the run, JSON-able; printed beside the results.
    warnings:
        Assumptions the run had to make, each ``(code, message)``.
    """

    kind: OutcomeKind
    segments: tuple[SegmentResult, ...] = ()
    reason_code: str = ""
    reason: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[tuple[str, str], ...] = ()
    statements: tuple[SeriesStatement, ...] = ()
    maps: tuple[ValueMap, ...] = ()

    @classmethod
    def from_segments(
        cls,
        *,
        segments: Sequence[SegmentResult],
        parameters: Mapping[str, Any],
        warnings: Sequence[tuple[str, str]] = (),
        maps: Sequence[ValueMap] = (),
    ) -> AnalysisOutcome:
        return cls(
            kind="findings" if segments else "no_findings",
            segments=tuple(segments),
            parameters=dict(parameters),
            warnings=tuple(warnings),
            maps=tuple(maps),
        )

    @classmethod
    def out_of_scope(
        cls, *, reason_code: str, reason: str, parameters: Mapping[str, Any] | None = None
    ) -> AnalysisOutcome:
        return cls(
            kind="out_of_scope",
            reason_code=reason_code,
            reason=reason,
            parameters=dict(parameters or {}),
        )

    @classmethod
    def failed(
        cls, *, reason_code: str, reason: str, parameters: Mapping[str, Any] | None = None
    ) -> AnalysisOutcome:
        return cls(
            kind="failed", reason_code=reason_code, reason=reason, parameters=dict(parameters or {})
        )
