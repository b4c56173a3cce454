"""Which mapping of a map is applied, and which unit it may bring (PS3.3 C.7.6.16.2.11)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from apps.imaging.real_world import is_parametric_map, read_real_world


def _item(code: str = "/min", **elements: Any) -> Dataset:
    item, unit = Dataset(), Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator = code, "UCUM"
    item.MeasurementUnitsCodeSequence = [unit]
    fields: dict[str, Any] = {
        "RealWorldValueSlope": 0.002,
        "RealWorldValueIntercept": 0.1,
        "DoubleFloatRealWorldValueFirstValueMapped": 0.0,
        "DoubleFloatRealWorldValueLastValueMapped": 400.0,
    }
    for keyword, value in (fields | elements).items():
        if value is not None:
            setattr(item, keyword, value)
    return item


def _map(*, shared: list[Dataset], frames: list[list[Dataset]] | None = None) -> Dataset:
    header = Dataset()
    header.SOPClassUID = "1.2.840.10008.5.1.4.1.1.30"
    groups = Dataset()
    groups.RealWorldValueMappingSequence = shared
    header.SharedFunctionalGroupsSequence = [groups]
    per_frame = []
    for items in frames or []:
        one = Dataset()
        if items:
            one.RealWorldValueMappingSequence = items
        per_frame.append(one)
    header.PerFrameFunctionalGroupsSequence = per_frame
    return header


def test_stored_numbers_become_those_of_the_quantity_and_others_nothing() -> None:
    header = _map(shared=[_item()])
    assert is_parametric_map(header)
    mapping = read_real_world(header, frame=1)
    assert mapping is not None and mapping.unit == "/min"
    found = mapping.apply(np.array([0, 250, 400, 401, -1], np.float32))
    np.testing.assert_allclose(found, [0.1, 0.6, 0.9, np.nan, np.nan])


def test_a_frame_has_its_own_mapping_before_the_shared_one() -> None:
    header = _map(shared=[_item()], frames=[[], [_item(RealWorldValueSlope=3.0)]])
    slopes = [read_real_world(header, frame=one).slope for one in (1, 2)]  # type: ignore[union-attr]
    assert slopes == [0.002, 3.0]


@pytest.mark.parametrize(
    "items",
    [
        [],
        [_item(), _item()],
        [_item(RealWorldValueSlope=None)],
        [_item(RealWorldValueIntercept=None)],
    ],
    ids=["none", "several", "table", "no intercept"],
)
def test_what_is_no_one_line_is_not_guessed_at(items: list[Dataset]) -> None:
    assert read_real_world(_map(shared=items), frame=1) is None


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("1", ""),
        ("{ratio}", ""),
        ("um2/s", "um2/s"),
        ("{SUVbw}g/ml", "{SUVbw}g/ml"),
        ("ml/(100.g)", ""),
        ("{Meier, Anna}ml", "ml"),
        ("Meier Anna", ""),
        ("DOE^JANE", ""),
        ("Jane-Doe", ""),
        ("10*-6.mm2/s", "10*-6.mm2/s"),
        ("mL/min/100.mL", "mL/min/100.mL"),
        ("kBq/mL", "kBq/mL"),
        ("mm[Hg]", "mm[Hg]"),
        ("[hnsf'U]", "[hnsf'U]"),
        ("%", "%"),
        ("ms-1", "ms-1"),
    ],
)
def test_a_unit_is_a_unit_and_never_words(code: str, unit: str) -> None:
    mapping = read_real_world(_map(shared=[_item(code)]), frame=1)
    assert mapping is not None and mapping.unit == unit
