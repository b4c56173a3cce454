"""Maps that a side-car asks for: the probability a model gave each voxel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.ai.analyses.results import Code, ValueMap
from apps.ai.runner.label_maps import LabelledGrid
from apps.ai.side_car import OutputPart

PROBABILITY = Code("DCM", "122157", "Probability")
NO_UNIT = Code("UCUM", "1", "no units")
#: Slices whose every voxel is less likely than this are left out of the map.
FLOOR = 0.01
MAX_MAP_BYTES = 512 * 1024**2

Warnings = tuple[tuple[str, str], ...]


def find_probability_maps(
    *, grid: LabelledGrid, outputs: Sequence[OutputPart]
) -> tuple[tuple[ValueMap, ...], Warnings]:
    """One for each output that asks for it; what cannot be had is a warning, never a guess."""
    maps: list[ValueMap] = []
    warnings: list[tuple[str, str]] = []
    for output in outputs:
        if not output.probability_map:
            continue
        values = _soft_values(grid, output)
        if values is None:
            message = f"The bundle's output holds labels only, no probability of {output.label}."
            warnings.append(("no_probability_map", message))
        elif not (values > FLOOR).any():
            continue
        elif np.isin(values, (0.0, 1.0)).all():
            message = f"The output for {output.label} is a mask of zeros and ones, no probability."
            warnings.append(("no_probability_map", message))
        elif _stored_bytes(values) > MAX_MAP_BYTES:
            message = f"The probability map of {output.label} is larger than the limit."
            warnings.append(("map_too_large", message))
        else:
            maps.append(
                ValueMap(
                    label=f"Probability of {output.label}",
                    quantity=PROBABILITY,
                    unit=NO_UNIT,
                    values=values,
                    floor=FLOOR,
                )
            )
    return tuple(maps), tuple(warnings)


def _soft_values(grid: LabelledGrid, output: OutputPart) -> NDArray[np.float32] | None:
    soft: NDArray[np.floating[Any] | np.uint8] | None = grid.soft
    index = output.value
    if output.channel is not None:
        soft, index = grid.channels, output.channel
    if soft is None or index is None or index >= soft.shape[0]:
        return None
    return np.ascontiguousarray(soft[index], dtype=np.float32)


def _stored_bytes(values: NDArray[np.float32]) -> int:
    slices = int((values > FLOOR).any(axis=(1, 2)).sum())
    return slices * int(values.shape[1]) * int(values.shape[2]) * int(values.itemsize)
