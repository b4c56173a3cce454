"""Encoding from the images under a mask gives the bytes that encoding from all of them gives."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from apps.ai.encoding import prepare_sources, segmentation
from apps.ai.encoding.finish import to_bytes
from apps.ai.encoding.references import SOURCE_IMAGE_SEQUENCE, insert_sequences
from tests.apps.ai.encoded import SHAPE, blob, encode, finding
from tests.apps.ai.real_data import load_series, shared_data
from tests.apps.ai.synthetic_series import SLICES, series_headers


def mask(*slices: int, shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    made = np.zeros(shape, dtype=bool)
    for number in slices:
        made[number, 2 + number % 3 : 9, 4:11] = True
    return made


MASKS = {
    "in the middle": blob(),
    "from the first slice": mask(0, 1, 2),
    "to the last slice": mask(SLICES - 2, SLICES - 1),
    "one slice": mask(5),
    "first slice only": mask(0),
    "with a gap": mask(3, 4, 8),
    "everywhere": mask(*range(SLICES)),
}


def from_all_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was before: the library gets every image and the whole mask."""

    def whole(region: Any) -> tuple[list[int], np.ndarray]:
        return list(range(region.shape[0])), region.to_mask().astype(np.uint8)

    monkeypatch.setattr(segmentation, "_cut", whole)
    monkeypatch.setattr(
        segmentation, "_to_bytes_with_all_images", lambda document, _: to_bytes(document)
    )
    monkeypatch.setattr(segmentation, "_say_spacing_of_all", lambda *_: None)


def uneven(headers: list[Dataset]) -> list[Dataset]:
    """One slice away from where it should be: no spacing is that of all."""
    position = [float(value) for value in headers[7].ImagePositionPatient]
    headers[7].ImagePositionPatient = [*position[:2], position[2] + 0.8]
    return headers


def spaced(headers: list[Dataset]) -> list[Dataset]:
    for header in headers:
        header.SpacingBetweenSlices = 2.5
    return headers


SERIES = {
    "axial": series_headers,
    "oblique": lambda: series_headers(orientation="oblique", modality="MR"),
    "reversed": lambda: series_headers(orientation="reversed", modality="PT"),
    "uneven": lambda: uneven(series_headers()),
    "spacing said": lambda: spaced(series_headers()),
}


@pytest.mark.parametrize("where", MASKS)
@pytest.mark.parametrize("series", SERIES)
def test_the_objects_are_those_made_from_all_images(
    series: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = finding(MASKS[where])
    fast = encode(SERIES[series](), segment)
    from_all_images(monkeypatch)
    slow = encode(SERIES[series](), segment)
    assert fast == slow


def test_of_a_real_series_too(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = load_series(shared_data("01-ct-chest-adenocarcinoma-A0001", "CT")).headers
    shape = (len(headers), int(headers[0].Rows), int(headers[0].Columns))
    segment = finding(mask(30, 31, 32, shape=shape))
    fast = encode(headers, segment)
    from_all_images(monkeypatch)
    assert fast == encode(headers, segment)


def test_headers_prepared_once_serve_every_object_and_stay_as_they_are() -> None:
    headers = series_headers(PatientSex="unknown", AccessionNumber="longer than sixteen letters")
    prepared = prepare_sources(source_headers=headers)
    assert prepare_sources(source_headers=prepared) is prepared
    segment = finding()
    encode(prepared, segment)  # type: ignore[arg-type]
    before = deepcopy([prepared[index] for index in range(len(prepared))])
    again = encode(prepared, segment, number=2)  # type: ignore[arg-type]
    assert again == encode(headers, segment, number=2)
    assert before == list(prepared)


def test_what_is_put_into_a_file_is_put_in_once_and_only_where_it_fits() -> None:
    data = encode(series_headers(), finding())["seg"]
    with pytest.raises(ValueError, match="there already"):
        insert_sequences(data, {SOURCE_IMAGE_SEQUENCE: b""})
    with pytest.raises(ValueError, match="ends before"):
        insert_sequences(data, {0xFFFCFFFF: b""})
