"""RT Structure Sets: valid for dciodvfy, and every voxel back by our own reader and rasteriser."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from apps.ai.analyses.results import Code, MaskRegion
from apps.ai.encoding import EncodingRefused, encode_structure_set
from apps.ai.encoding.structure_set import StructureRegion, StructureSetUids
from apps.imaging.radiotherapy.dvh import cells_of
from apps.imaging.radiotherapy.rasters import rasterise
from apps.imaging.radiotherapy.structures import StructureSet, read_structure_set
from tests.apps.ai.encoded import NOW, SHAPE, blob, planes, validate
from tests.apps.ai.real_data import load_series, shared_data
from tests.apps.ai.synthetic_series import SPACING_MM, series_headers

UIDS = StructureSetUids.derive(series_key="series", contents=["a", "b"])
GRIDS = ["axial", "oblique", "reversed", "tilted", "uneven"]


def headers_of(grid: str) -> list[Dataset]:
    """``tilted``: a gantry of 15°, slices sheared along columns. ``uneven``: one gap is wider."""
    headers = series_headers(orientation="axial" if grid in {"tilted", "uneven"} else grid)  # type: ignore[arg-type]
    for index, header in enumerate(headers):
        position = np.array(header.ImagePositionPatient, dtype=float)
        if grid == "tilted":
            position[1] += index * SPACING_MM[0] * np.tan(np.deg2rad(15))
        if grid == "uneven" and index > 5:
            position[2] += 1.25
        header.ImagePositionPatient = [f"{value:.8f}" for value in position]
    return headers


def phantom() -> np.ndarray:
    """A ball with a hole through it, an island in the hole, and a piece at a corner."""
    z, y, x = np.indices(SHAPE)
    from_axis = np.hypot((y - 11) * 1.25, (x - 9) * 0.75)
    ball = from_axis**2 + ((z - 5.5) * 1.2) ** 2 < 36
    mask = ball & (from_axis > 2.4) | (ball & (from_axis < 0.9))
    mask[6, 20, 16] = mask[6, 21, 17] = True
    return mask


def region(mask: np.ndarray, name: str = "GTVp", **changes: Any) -> StructureRegion:
    values: dict[str, Any] = {
        "name": name,
        "interpreted_type": "GTV",
        "code": Code("SCT", "108369006", "Neoplasm"),
        "description": "Tumour 1",
        "region": MaskRegion.from_mask(mask),
        "interpreter": "Rossi^Ada",
        "origin": "Phantom tumour 1.0.0",
    }
    return StructureRegion(**{**values, **changes})


def encode(headers: list[Dataset], *regions: StructureRegion) -> bytes:
    return encode_structure_set(
        source_headers=headers,
        regions=regions,
        uids=UIDS,
        label="AI_ACCEPTED",
        series_number=9004,
        content_at=NOW,
    )


def read_back(data: bytes) -> StructureSet:
    return read_structure_set(pydicom.dcmread(BytesIO(data)).to_json_dict())


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


@pytest.mark.parametrize("grid", GRIDS)
def test_it_is_valid_and_the_masks_come_back_from_a_phantom_with_a_hole(
    grid: str, tmp_path: Path
) -> None:
    headers = headers_of(grid)
    masks = [phantom(), blob()]
    data = encode(headers, region(masks[0]), region(masks[1], "Liver", interpreted_type="ORGAN"))
    validate({"structure_set": data}, tmp_path)
    read = read_back(data)
    assert (read.label, read.approval, read.unreadable) == ("AI_ACCEPTED", "UNAPPROVED", 0)
    assert [(one.name, one.interpreted_type, one.algorithm) for one in read.regions] == [
        ("GTVp", "GTV", "AUTOMATIC"),
        ("Liver", "ORGAN", "AUTOMATIC"),
    ]
    for one, mask in zip(read.regions, masks, strict=True):
        back = rasterise(one.areas, planes(headers))
        assert dice(back, mask) >= 0.99
        assert np.array_equal(back, mask)  # in fact every voxel
        assert one.frame_of_reference_uid == headers[0].FrameOfReferenceUID


@pytest.mark.parametrize("grid", GRIDS)
def test_each_contour_lies_in_the_plane_of_the_image_it_names(grid: str) -> None:
    headers = headers_of(grid)
    places = {str(one.SOPInstanceUID): plane for one, plane in zip(headers, planes(headers))}  # noqa: B905
    (one,) = read_back(encode(headers, region(phantom()))).regions
    for contour in one.contours:
        plane = places[contour.sop_instance_uid]
        assert np.abs((contour.points_lps - plane.origin) @ plane.normal).max() < 1e-3
    assert {c.sop_instance_uid for c in one.contours} == {
        str(h.SOPInstanceUID) for h, p in zip(headers, phantom(), strict=True) if p.any()
    }


def test_the_planning_volume_is_that_of_the_voxels() -> None:
    """By the reader's own shape between slices (0135), which rounds the ends: within 5 %."""
    (one,) = read_back(encode(headers_of("axial"), region(phantom()))).regions
    voxels_ml = phantom().sum() * float(np.prod(SPACING_MM)) / 1000
    assert float(cells_of(one.areas).volumes_ml.sum()) == pytest.approx(voxels_ml, rel=0.05)


def test_a_flip_of_the_rows_would_show() -> None:
    headers = headers_of("axial")
    (one,) = read_back(encode(headers, region(phantom()))).regions
    assert dice(rasterise(one.areas, planes(headers)), phantom()[:, ::-1]) < 0.95


def test_it_names_the_images_the_study_and_who_stands_behind_it() -> None:
    headers = headers_of("axial")
    document = pydicom.dcmread(BytesIO(encode(headers, region(blob()))))
    (frame,) = document.ReferencedFrameOfReferenceSequence
    (study,) = frame.RTReferencedStudySequence
    (series,) = study.RTReferencedSeriesSequence
    assert frame.FrameOfReferenceUID == headers[0].FrameOfReferenceUID
    assert study.ReferencedSOPInstanceUID == headers[0].StudyInstanceUID
    assert series.SeriesInstanceUID == headers[0].SeriesInstanceUID
    assert [one.ReferencedSOPInstanceUID for one in series.ContourImageSequence] == [
        one.SOPInstanceUID for one in headers
    ]
    (observed,) = document.RTROIObservationsSequence
    assert observed.ROIInterpreter == "Rossi^Ada"
    assert observed.RTROIIdentificationCodeSequence[0].CodeValue == "108369006"
    (roi,) = document.StructureSetROISequence
    assert roi.ROIGenerationDescription == "Phantom tumour 1.0.0"
    assert "ReviewDate" not in document  # nobody approved it
    assert (document.PatientID, document.PatientName) == ("P-1", "Phantom^Ada")


def test_equal_inputs_give_equal_bytes_and_other_contents_another_uid() -> None:
    headers = headers_of("axial")
    assert encode(headers, region(blob())) == encode(headers_of("axial"), region(blob()))
    other = StructureSetUids.derive(series_key="series", contents=["a"])
    assert other.instance != UIDS.instance
    assert other.series == UIDS.series


def test_a_contour_longer_than_explicit_vr_can_say_comes_back_whole() -> None:
    """A comb with 512 teeth on each side."""
    headers = series_headers()
    for header in headers:
        header.Rows, header.Columns = 1024, 9
    mask = np.zeros((len(headers), 1024, 9), dtype=bool)
    mask[4, ::2, :] = mask[4, :, 4] = True
    data = encode(headers, region(mask))
    (contour,) = pydicom.dcmread(BytesIO(data)).ROIContourSequence[0].ContourSequence
    assert len(contour.get_item("ContourData").value) > 0xFFFF
    (one,) = read_back(data).regions
    assert np.array_equal(rasterise(one.areas, planes(headers)), mask)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda hs: [delattr(h, "FrameOfReferenceUID") for h in hs], "no_frame_of_reference"),
        (
            lambda hs: [setattr(h, "FrameOfReferenceUID", "1." + "2" * 70) for h in hs],
            "invalid_frame_of_reference",
        ),
        (lambda hs: setattr(hs[3], "FrameOfReferenceUID", "1.2.3"), "mixed_source_images"),
        (
            lambda hs: setattr(hs[3], "ImageOrientationPatient", [1, 0, 0, 0, 0.996, 0.087]),
            "not_parallel",
        ),
        (
            lambda hs: setattr(hs[3], "ImagePositionPatient", hs[2].ImagePositionPatient),
            "duplicate_position",
        ),
        (lambda hs: hs.pop(), "mask_shape_mismatch"),
        (lambda hs: [setattr(h, "NumberOfFrames", 2) for h in hs], "multi_frame_source"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(change: Any, code: str) -> None:
    headers = series_headers()
    change(headers)
    with pytest.raises(EncodingRefused) as refused:
        encode(headers, region(blob()))
    assert refused.value.code == code


def test_no_region_is_no_structure_set() -> None:
    with pytest.raises(EncodingRefused) as refused:
        encode(series_headers())
    assert refused.value.code == "no_regions"


REAL_SERIES = [
    ("01-ct-chest-adenocarcinoma-A0001", "CT"),
    ("03-petctmr-sarcoma-STS_001", "MR_T1", "image"),
]


@pytest.mark.parametrize("parts", REAL_SERIES, ids=["ct-chest", "mr-sarcoma"])
def test_real_series_carry_it_validly(parts: tuple[str, ...], tmp_path: Path) -> None:
    series = load_series(shared_data(*parts))
    mask = np.zeros(series.voxels.shape, dtype=bool)
    middle = mask.shape[0] // 2
    mask[middle - 3 : middle + 2, 100:150, 90:160] = True
    mask[middle, 120:130, 110:120] = False
    data = encode(series.headers, region(mask))
    validate({"structure_set": data}, tmp_path)
    (one,) = read_back(data).regions
    assert np.array_equal(rasterise(one.areas, planes(series.headers)), mask)
