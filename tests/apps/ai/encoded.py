"""A finding as the encoders take it, and what every encoded object has to show."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from scipy.spatial import cKDTree

from apps.ai.analyses import codes as our_codes
from apps.ai.analyses.results import MaskRegion, MeasuredValue, SegmentResult
from apps.ai.encoding import (
    AlgorithmIdentity,
    FindingUids,
    VerifyingObserver,
    encode_measurement_report,
    encode_segmentation,
)
from apps.imaging.radiotherapy.rasters import Plane
from apps.imaging.real_world import is_parametric_map, read_real_world
from tests.apps.ai.synthetic_series import COLUMNS, ROWS, SLICES

NOW = datetime(2026, 11, 22, 14, 5, 6, 789000, tzinfo=UTC)
ALGORITHM = AlgorithmIdentity(
    name="PET uptake by threshold",
    version="1.0.0",
    manufacturer="Consilium",
    kind="threshold",
    parameters={"threshold": "SUVbw >= 4 g/mL", "connectivity": "26"},
)
OBSERVER = VerifyingObserver(
    name="Rossi^Ada", organization="Demo Hospital", verified_at=datetime(2026, 11, 22, 15, 0, 0)
)
SHAPE = (SLICES, ROWS, COLUMNS)


def blob(shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """A lopsided mask, with a hole, over some of the slices: a flip anywhere would show."""
    mask = np.zeros(shape, dtype=bool)
    mask[3:7, 5:12, 4:10] = True
    mask[4, 8, 6] = False
    mask[3, 4, 4] = mask[8, 20, 15] = True
    return mask


def finding(mask: np.ndarray | None = None, **changes: Any) -> SegmentResult:
    values: dict[str, Any] = {
        "label": "Uptake above threshold 1",
        "code": our_codes.REGION_OF_INTEREST,
        "category": our_codes.SPATIAL_CONCEPT,
        "region": MaskRegion.from_mask(blob() if mask is None else mask),
        "measurements": (
            MeasuredValue(
                "suv_max", 7.910674095153809, "g/mL", our_codes.SUV_BODY_WEIGHT,
                our_codes.UNIT_SUV_BODY_WEIGHT, our_codes.MAXIMUM,
            ),
            MeasuredValue(
                "suv_mean", 4.77864, "g/mL", our_codes.SUV_BODY_WEIGHT,
                our_codes.UNIT_SUV_BODY_WEIGHT, our_codes.MEAN,
            ),
            MeasuredValue(
                "metabolic_tumour_volume", 48.792575905539534, "mL",
                our_codes.METABOLIC_VOLUME, our_codes.UNIT_MILLILITRE,
            ),
            MeasuredValue(
                "total_lesion_glycolysis", 233.16, "g", our_codes.TOTAL_LESION_GLYCOLYSIS,
                our_codes.UNIT_GRAM,
            ),
        ),
    }  # fmt: skip
    return SegmentResult(**{**values, **changes})


def encode(
    headers: list[Dataset], segment: SegmentResult, *, number: int = 1, **changes: Any
) -> dict[str, bytes]:
    """The three objects of an accepted finding."""
    shared: dict[str, Any] = {
        "source_headers": headers,
        "segment": segment,
        "algorithm": ALGORITHM,
        "uids": FindingUids.derive(job_key="job", number=number),
        "number": number,
        "content_at": NOW,
        **changes,
    }
    seg = encode_segmentation(series_number=9001, **shared)
    report = encode_measurement_report(series_number=9002, segmentation=seg, **shared)
    verified = encode_measurement_report(
        series_number=9003, segmentation=seg, verified_by=OBSERVER, predecessor=report,
        review_key="review", **shared,
    )  # fmt: skip
    return {"seg": seg, "report": report, "verified": verified}


def read(data: bytes) -> Dataset:
    return pydicom.dcmread(BytesIO(data))


#: dicom3tools of 2022 predates Synthetic Data (0008,001C), which PS3.3 C.12.1 has since 2023.
UNKNOWN_TO_DCIODVFY = (
    "Error - </(0008,001c)> - Attribute with an even group number is not a recognized standard "
    "attribute"
)


#: What dciodvfy calls the objects we make, once it has recognised one.
KINDS = ("Comprehensive3DSR", "Segmentation", "RTStructureSet", "ParametricMap")


def validate(objects: dict[str, bytes], folder: Path) -> None:
    """dciodvfy finds no error in any of them."""
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy (Debian package dicom3tools) is not installed")
    for name, data in objects.items():
        path = folder / f"{name}.dcm"
        path.write_bytes(data)
        result = subprocess.run(
            [program, "-new", str(path)], check=False, capture_output=True, text=True
        )
        said = result.stdout + result.stderr
        errors = [line for line in said.splitlines() if line.startswith("Error")]
        errors = [line for line in errors if line != UNKNOWN_TO_DCIODVFY]
        assert not errors, f"{name}: {errors}"
        assert any(kind in said for kind in KINDS), said


def assert_mask_reads_back(seg_bytes: bytes, headers: list[Dataset], mask: np.ndarray) -> None:
    seg = hd.seg.segread(BytesIO(seg_bytes))
    pixels = seg.get_pixels_by_source_instance(
        source_sop_instance_uids=[header.SOPInstanceUID for header in headers],
        segment_numbers=[1],
        assert_missing_frames_are_empty=True,
    )
    assert np.array_equal(pixels[..., 0].astype(bool), mask)


def assert_geometry_reads_back(seg_bytes: bytes, headers: list[Dataset], mask: np.ndarray) -> None:
    """Every voxel's place in the patient is the source's: compared in LPS, not in indices."""
    seg = hd.seg.segread(BytesIO(seg_bytes))
    assert seg.FrameOfReferenceUID == headers[0].FrameOfReferenceUID
    volume = seg.get_volume(combine_segments=True)
    found = np.argwhere(volume.array > 0)
    lps = (volume.affine @ np.c_[found, np.ones(len(found))].T).T[:, :3]
    expected = np.concatenate(
        [_points_lps(header, plane) for header, plane in zip(headers, mask, strict=True)]
    )
    assert len(lps) == len(expected)
    for these, those in ((lps, expected), (expected, lps)):
        distance, _ = cKDTree(those).query(these)
        assert distance.max() < 0.01


def _points_lps(header: Dataset, plane: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(plane)
    direction_row, direction_column = np.array(header.ImageOrientationPatient, dtype=float).reshape(
        2, 3
    )
    row_mm, column_mm = (float(value) for value in header.PixelSpacing)
    return (
        np.array(header.ImagePositionPatient, dtype=float)
        + columns[:, None] * column_mm * direction_row
        + rows[:, None] * row_mm * direction_column
    )


def assert_report_reads_back(
    data: bytes, objects: dict[str, bytes], segment: SegmentResult, headers: list[Dataset]
) -> Any:
    document = hd.sr.srread(BytesIO(data))
    seg = read(objects["seg"])
    assert document.CompletionFlag == "COMPLETE"
    (group,) = document.content.get_volumetric_roi_measurement_groups()
    assert group.tracking_identifier == (segment.tracking_identifier or segment.label)
    assert group.tracking_uid == seg.SegmentSequence[0].TrackingUID
    assert group.finding_type.value == segment.code.value
    assert group.referenced_segment[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == (
        seg.SOPInstanceUID
    )
    measured = group.get_measurements()
    assert [item.value for item in measured] == [m.value for m in segment.measurements]
    assert [item.name.value for item in measured] == [m.concept.value for m in segment.measurements]
    assert [item.unit.value for item in measured] == [
        m.unit_code.value for m in segment.measurements
    ]
    assert [item.derivation.value if item.derivation else None for item in measured] == [
        m.derivation.value if m.derivation else None for m in segment.measurements
    ]
    evidence = {uid for _, _, uid, _ in document.get_evidence()}
    used = {
        str(header.SOPInstanceUID)
        for header, plane in zip(headers, segment.mask, strict=True)
        if plane.any()
    }
    assert evidence == used | {seg.SOPInstanceUID}
    return document


def read_values(data: bytes, uids: list[str], shape: tuple[int, ...]) -> np.ndarray:
    """By our reader's mapping, each frame at the image it names."""
    header = pydicom.dcmread(BytesIO(data))
    assert is_parametric_map(header)
    stored = np.frombuffer(header.FloatPixelData, dtype="<f4").reshape(
        int(header.NumberOfFrames), header.Rows, header.Columns
    )
    back = np.zeros(shape)
    for number, group in enumerate(header.PerFrameFunctionalGroupsSequence, start=1):
        mapping = read_real_world(header, frame=number)
        assert mapping is not None
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        back[uids.index(str(source.ReferencedSOPInstanceUID))] = mapping.apply(stored[number - 1])
    return back


def planes(headers: list[Dataset]) -> list[Plane]:
    return [
        Plane(
            position_lps=one.ImagePositionPatient,
            orientation=one.ImageOrientationPatient,
            pixel_spacing_mm=one.PixelSpacing,
            rows=one.Rows,
            columns=one.Columns,
        )
        for one in headers
    ]
