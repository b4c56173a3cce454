"""Pictures of single frames, as thumbnails and `rendered` show them."""

import io
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut

from apps.imaging.archive.pixels import PALETTE_TAGS, draw_picture
from tests.apps.imaging.dicom import data_folder


def picture(values: np.ndarray, profile: dict[str, Any]) -> np.ndarray:
    return np.asarray(
        Image.open(io.BytesIO(draw_picture(values, profile=profile, form="PNG", side=None)))
    )


def palette(**changes: Any) -> dict[str, Any]:
    """Index 0 is red, 1 is green, 2 is blue; 16-bit entries."""
    header = Dataset()
    for n, name in enumerate(("Red", "Green", "Blue")):
        setattr(header, f"{name}PaletteColorLookupTableDescriptor", [3, 0, 16])
        entries = np.zeros(3, dtype="<u2")
        entries[n] = 0xFF00
        setattr(header, f"{name}PaletteColorLookupTableData", entries.tobytes())
    document = header.to_json_dict()
    return {"00280004": {"vr": "CS", "Value": ["PALETTE COLOR"]}, **document, **changes}


def test_indices_are_shown_in_the_colours_of_their_palette() -> None:
    drawn = picture(np.array([[0, 1, 2]], dtype=np.uint8), palette())
    assert drawn.tolist() == [[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]


def test_colours_of_more_than_eight_bits_keep_their_upper_ones() -> None:
    profile = {"00280004": {"vr": "CS", "Value": ["RGB"]}, "00280101": {"vr": "US", "Value": [12]}}
    values = np.array([[[0, 16, 4095]]], dtype=np.uint16)
    assert picture(values, profile).tolist() == [[[0, 1, 255]]]


@pytest.mark.parametrize("missing", PALETTE_TAGS)
def test_an_incomplete_palette_is_shown_grey(missing: str) -> None:
    profile = palette()
    del profile[missing]
    assert picture(np.array([[0, 1, 2]], dtype=np.uint8), profile).ndim == 2


def test_a_real_palette_image_looks_as_pydicom_says() -> None:
    found = 0
    for prefix in ("13-", "14-"):
        for path in sorted(data_folder(prefix).rglob("*.dcm")):
            try:
                dataset = pydicom.dcmread(path)
            except pydicom.errors.InvalidDicomError:
                continue
            if dataset.get("PhotometricInterpretation") != "PALETTE COLOR":
                continue
            if "RedPaletteColorLookupTableData" not in dataset or "PixelData" not in dataset:
                continue
            values = dataset.pixel_array
            values = values[0] if values.ndim == 3 else values
            colours = apply_color_lut(values, dataset)
            expected = colours >> 8 if colours.dtype.itemsize > 1 else colours
            profile = dataset.to_json_dict(1 << 20, lambda element: "")
            assert np.array_equal(picture(values, profile), expected), path.name
            found += 1
    assert found >= 1


def element(value: float) -> dict[str, Any]:
    return {"vr": "DS", "Value": [value]}


def test_a_window_written_in_stored_values_blackens_nothing() -> None:
    """As in set 07's SER maps: slope 0.001, values up to 3, and a window of 3,000."""
    values = np.linspace(0, 3000, 256, dtype=np.int16).reshape(16, 16)
    profile = {
        "00280101": element(16),
        "00281053": element(0.001),
        "00281050": element(1500),
        "00281051": element(3000),
    }
    assert picture(values, profile).max() == 255
    believed = profile | {"00281050": element(15), "00281051": element(30)}
    assert picture(values, believed).max() < 30
