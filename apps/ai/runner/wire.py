"""Outcomes across the process boundary: numbers as JSON, masks as one packed file.

The worker reads what the runner wrote as hostile: every field is bounded and typed, and a mask
file must be exactly as long as its boxes say.
"""

from __future__ import annotations

import json
import os
from math import prod
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, field_validator

from apps.ai.analyses.results import (
    AnalysisOutcome,
    Code,
    MaskRegion,
    MeasuredValue,
    SegmentResult,
    SeriesStatement,
    ValueMap,
)

MAX_SEGMENTS = 2_000
MAX_STATEMENTS = 20
MAX_PARAMETERS_BYTES = 256 * 1024
MAX_MASK_VOXELS = 1 << 30
MAX_MAPS = 4
MAX_MAP_VOXELS = 1 << 29
ShortText = Annotated[str, Field(max_length=400)]
LongText = Annotated[str, Field(max_length=4_000)]
Index = Annotated[int, Field(ge=0, le=100_000)]


Millimetres = Annotated[FiniteFloat, Field(ge=-100_000, le=100_000)]
WireCorner = tuple[Millimetres, Millimetres, Millimetres]


class WireError(ValueError):
    """The runner answered with something that is no outcome."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WireCode(_Strict):
    system: Annotated[str, Field(max_length=16)]
    value: Annotated[str, Field(max_length=64)]
    display: Annotated[str, Field(max_length=200)]

    @classmethod
    def pack(cls, code: Code) -> WireCode:
        return cls(system=code.system, value=code.value, display=code.display)

    def unpack(self) -> Code:
        return Code(system=self.system, value=self.value, display=self.display)


class WireMeasurement(_Strict):
    quantity: Annotated[str, Field(max_length=60)]
    value: FiniteFloat
    unit: Annotated[str, Field(max_length=30)]
    concept: WireCode
    unit_code: WireCode
    derivation: WireCode | None = None


class WireStatement(_Strict):
    label: ShortText
    code: WireCode
    category: WireCode
    site: WireCode | None
    laterality: WireCode | None
    measurements: Annotated[list[WireMeasurement], Field(max_length=300)]
    probability: Annotated[FiniteFloat, Field(ge=0, le=1)] | None
    urgency: Literal["routine", "urgent", "critical"]
    tracking_identifier: ShortText


class WireSegment(WireStatement):
    start: tuple[Index, Index, Index]
    size: tuple[Index, Index, Index]
    box_lps: tuple[WireCorner, WireCorner] | None = None
    tg263: Annotated[str, Field(max_length=16)] = ""


class WireMap(_Strict):
    label: ShortText
    quantity: WireCode
    unit: WireCode
    floor: FiniteFloat


class WireOutcome(_Strict):
    kind: Literal["findings", "no_findings", "out_of_scope", "failed"]
    reason_code: Annotated[str, Field(max_length=80)]
    reason: LongText
    parameters: dict[str, Any]
    warnings: Annotated[list[tuple[ShortText, LongText]], Field(max_length=100)]
    segments: Annotated[list[WireSegment], Field(max_length=MAX_SEGMENTS)]
    statements: Annotated[list[WireStatement], Field(max_length=MAX_STATEMENTS)] = []
    maps: Annotated[list[WireMap], Field(max_length=MAX_MAPS)] = []

    @field_validator("parameters")
    @classmethod
    def _bounded(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(parameters, allow_nan=False)) > MAX_PARAMETERS_BYTES:
            raise ValueError("larger than the limit")
        return parameters


def pack_outcome(*, outcome: AnalysisOutcome, mask_file: Path) -> dict[str, Any]:
    """Write masks to ``mask_file``, maps beside it, and return the rest as a document."""
    segments = []
    with mask_file.open("wb") as stream:
        for segment in outcome.segments:
            stream.write(np.packbits(segment.region.values.ravel()).tobytes())
            segments.append(_pack_segment(segment))
    with _map_file(mask_file).open("wb") as stream:
        for one in outcome.maps:
            stream.write(np.ascontiguousarray(one.values, dtype="<f4").tobytes())
    packed = WireOutcome(
        kind=outcome.kind,
        reason_code=outcome.reason_code[:80],
        reason=outcome.reason[:4_000],
        parameters=dict(outcome.parameters),
        warnings=[(code[:400], message[:4_000]) for code, message in outcome.warnings],
        segments=segments,
        statements=[WireStatement(**_pack_shared(statement)) for statement in outcome.statements],
        maps=[
            WireMap(
                label=one.label,
                quantity=WireCode.pack(one.quantity),
                unit=WireCode.pack(one.unit),
                floor=one.floor,
            )
            for one in outcome.maps
        ],
    )
    return packed.model_dump(mode="json")


def unpack_outcome(
    *, document: Any, mask_file: Path, shape: tuple[int, int, int]
) -> AnalysisOutcome:
    """Rebuild the outcome for a volume of ``shape`` (slice, row, column).

    Raises
    ------
    WireError
        Anything about the document or the mask file is not as it must be.
    """
    try:
        wire = WireOutcome.model_validate(document)
    except ValueError as error:
        raise WireError(f"the runner's outcome breaks the contract: {error}") from error
    if (wire.kind == "findings") != bool(wire.segments or wire.statements):
        raise WireError("the outcome's kind and its results contradict each other")
    payload = _read_masks(mask_file, wire) if wire.segments else b""
    segments, offset = [], 0
    for item in wire.segments:
        length = (prod(item.size) + 7) // 8
        region = _unpack_region(item, payload[offset : offset + length], shape)
        offset += length
        segments.append(_unpack_segment(item, region))
    return AnalysisOutcome(
        kind=wire.kind,
        segments=tuple(segments),
        reason_code=wire.reason_code,
        reason=wire.reason,
        parameters=wire.parameters,
        warnings=tuple(wire.warnings),
        statements=tuple(SeriesStatement(**_unpack_shared(item)) for item in wire.statements),
        maps=_read_maps(_map_file(mask_file), wire, shape) if wire.maps else (),
    )


def _pack_segment(segment: SegmentResult) -> WireSegment:
    return WireSegment(
        **_pack_shared(segment),
        start=segment.region.start,
        size=_as_triple(segment.region.values.shape),
        box_lps=segment.box_lps,
        tg263=segment.tg263,
    )


def _pack_shared(result: SegmentResult | SeriesStatement) -> dict[str, Any]:
    return {
        "label": result.label,
        "code": WireCode.pack(result.code),
        "category": WireCode.pack(result.category),
        "site": WireCode.pack(result.site) if result.site else None,
        "laterality": WireCode.pack(result.laterality) if result.laterality else None,
        "measurements": [
            WireMeasurement(
                quantity=measured.quantity,
                value=float(measured.value),
                unit=measured.unit,
                concept=WireCode.pack(measured.concept),
                unit_code=WireCode.pack(measured.unit_code),
                derivation=WireCode.pack(measured.derivation) if measured.derivation else None,
            )
            for measured in result.measurements
        ],
        "probability": None if result.probability is None else float(result.probability),
        "urgency": result.urgency,
        "tracking_identifier": result.tracking_identifier,
    }


def _unpack_segment(item: WireSegment, region: MaskRegion) -> SegmentResult:
    return SegmentResult(
        **_unpack_shared(item), region=region, box_lps=item.box_lps, tg263=item.tg263
    )


def _unpack_shared(item: WireStatement) -> dict[str, Any]:
    return {
        "label": item.label,
        "code": item.code.unpack(),
        "category": item.category.unpack(),
        "site": item.site.unpack() if item.site else None,
        "laterality": item.laterality.unpack() if item.laterality else None,
        "measurements": tuple(
            MeasuredValue(
                quantity=measured.quantity,
                value=measured.value,
                unit=measured.unit,
                concept=measured.concept.unpack(),
                unit_code=measured.unit_code.unpack(),
                derivation=measured.derivation.unpack() if measured.derivation else None,
            )
            for measured in item.measurements
        ),
        "probability": item.probability,
        "urgency": item.urgency,
        "tracking_identifier": item.tracking_identifier,
    }


def _unpack_region(item: WireSegment, packed: bytes, shape: tuple[int, int, int]) -> MaskRegion:
    for begin, length, limit in zip(item.start, item.size, shape, strict=True):
        if length < 1 or begin + length > limit:
            raise WireError("a mask lies outside its volume")
    bits = np.unpackbits(np.frombuffer(packed, dtype=np.uint8), count=prod(item.size))
    values = bits.astype(bool).reshape(item.size)
    if not values.any():
        raise WireError("a mask is empty")
    return MaskRegion(values=values, start=item.start, shape=shape)


def _read_masks(mask_file: Path, wire: WireOutcome) -> bytes:
    if sum(prod(item.size) for item in wire.segments) > MAX_MASK_VOXELS:
        raise WireError("the masks are larger than the limit")
    expected = sum((prod(item.size) + 7) // 8 for item in wire.segments)
    return _read_exactly(mask_file, expected, what="mask")


def _read_maps(
    map_file: Path, wire: WireOutcome, shape: tuple[int, int, int]
) -> tuple[ValueMap, ...]:
    count = len(wire.maps)
    if count * prod(shape) > MAX_MAP_VOXELS:
        raise WireError("the maps are larger than the limit")
    raw = _read_exactly(map_file, count * prod(shape) * 4, what="map")
    values = np.frombuffer(raw, dtype="<f4").reshape(count, *shape)
    if not np.isfinite(values).all():
        raise WireError("a map holds no numbers somewhere")
    return tuple(
        ValueMap(
            label=item.label,
            quantity=item.quantity.unpack(),
            unit=item.unit.unpack(),
            values=values[index],
            floor=item.floor,
        )
        for index, item in enumerate(wire.maps)
    )


def _map_file(mask_file: Path) -> Path:
    return mask_file.with_name("maps.bin")


def _read_exactly(path: Path, expected: int, *, what: str) -> bytes:
    try:
        # The runner owns this directory: a link planted there must not be followed.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise WireError(f"the {what} file is missing") from error
    with os.fdopen(descriptor, "rb") as stream:
        if os.fstat(descriptor).st_size != expected:
            raise WireError(f"the {what} file has the wrong length")
        return stream.read(expected)


def _as_triple(values: tuple[int, ...]) -> tuple[int, int, int]:
    first, second, third = values
    return int(first), int(second), int(third)
