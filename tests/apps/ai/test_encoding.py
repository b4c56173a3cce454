"""SEG and TID 1500 objects: valid for dciodvfy, read back equal, saying what and where."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pytest

from apps.ai.analyses import pet_lesions
from apps.ai.analyses.results import Code
from tests.apps.ai.encoded import (
    ALGORITHM,
    assert_geometry_reads_back,
    assert_mask_reads_back,
    assert_report_reads_back,
    blob,
    encode,
    finding,
    read,
    validate,
)
from tests.apps.ai.real_data import load_series, shared_data
from tests.apps.ai.synthetic_series import series_headers


@pytest.mark.parametrize("modality", ["CT", "PT", "MR"])
@pytest.mark.parametrize("orientation", ["axial", "oblique", "reversed"])
def test_objects_are_valid_and_read_back_equal(
    modality: str, orientation: Any, tmp_path: Path
) -> None:
    headers = series_headers(modality=modality, orientation=orientation)
    segment = finding()
    objects = encode(headers, segment)
    assert_mask_reads_back(objects["seg"], headers, blob())
    assert_geometry_reads_back(objects["seg"], headers, blob())
    assert_report_reads_back(objects["report"], objects, segment, headers)
    assert_report_reads_back(objects["verified"], objects, segment, headers)
    validate(objects, tmp_path)


REAL_SERIES = [
    ("01-ct-chest-adenocarcinoma-A0001", "CT"),
    ("03-petctmr-sarcoma-STS_001", "CT", "image"),
    ("03-petctmr-sarcoma-STS_001", "PET", "image"),
    ("03-petctmr-sarcoma-STS_001", "MR_T1", "image"),
    ("04-pet-raw-BQML-STS_001", "image"),
]


@pytest.mark.parametrize("parts", REAL_SERIES, ids=["-".join(p)[:40] for p in REAL_SERIES])
def test_objects_of_real_series_are_valid_and_read_back_equal(
    parts: tuple[str, ...], tmp_path: Path
) -> None:
    folder = shared_data(*parts)
    if not list(folder.glob("*.dcm")):
        folder = next(path.parent for path in sorted(folder.rglob("*.dcm")))
    series = load_series(folder)
    mask = np.zeros(series.voxels.shape, dtype=bool)
    middle = mask.shape[0] // 2
    mask[middle - 3 : middle + 2, 10:20, 12:17] = True
    mask[middle, 30, 31] = True
    segment = finding(mask)
    objects = encode(series.headers, segment)
    assert_mask_reads_back(objects["seg"], series.headers, mask)
    assert_geometry_reads_back(objects["seg"], series.headers, mask)
    assert_report_reads_back(objects["report"], objects, segment, series.headers)
    validate(objects, tmp_path)
    for data in objects.values():
        document = read(data)
        assert document.StudyInstanceUID == series.headers[0].StudyInstanceUID
        assert document.PatientID == series.headers[0].PatientID
        assert document.PatientName == series.headers[0].PatientName


def test_every_finding_of_the_sarcoma_scan_encodes_from_its_analysis(tmp_path: Path) -> None:
    series = load_series(shared_data("04-pet-raw-BQML-STS_001", "image"))
    outcome = pet_lesions.run(
        volume=series, headers=series.headers, parameters={}, progress=lambda f, s: None
    )
    for number in (1, 2, len(outcome.segments)):
        segment = outcome.segments[number - 1]
        objects = encode(series.headers, segment, number=number)
        assert_mask_reads_back(objects["seg"], series.headers, segment.mask)
        assert_report_reads_back(objects["report"], objects, segment, series.headers)
        folder = tmp_path / str(number)
        folder.mkdir()
        validate(objects, folder)


def test_only_slices_that_hold_a_part_become_frames() -> None:
    seg = read(encode(series_headers(), finding())["seg"])
    assert int(seg.NumberOfFrames) == int(blob().any(axis=(1, 2)).sum())
    assert seg.SegmentationType == "BINARY"
    measures = seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert [float(value) for value in measures.PixelSpacing] == [1.25, 0.75]
    assert float(measures.SliceThickness) == 2.5
    assert float(measures.SpacingBetweenSlices) == pytest.approx(2.5)


def test_the_segment_says_what_it_is_and_what_made_it() -> None:
    seg = read(encode(series_headers(), finding())["seg"])
    (item,) = seg.SegmentSequence
    assert item.SegmentLabel == "Uptake above threshold 1"
    assert item.SegmentAlgorithmType == "AUTOMATIC"
    assert item.SegmentedPropertyTypeCodeSequence[0].CodeValue == "C85402"
    identification = item.SegmentationAlgorithmIdentificationSequence[0]
    assert identification.AlgorithmName == ALGORITHM.name
    assert identification.AlgorithmVersion == "1.0.0"
    assert "threshold=SUVbw >= 4 g/mL" in str(identification.AlgorithmParameters)
    assert seg.ContentLabel == "AI_UNVERIFIED"


def test_site_and_laterality_are_written_in_both_objects() -> None:
    segment = finding(
        site=Code("SCT", "39607008", "Lung"), laterality=Code("SCT", "7771000", "Left")
    )
    objects = encode(series_headers(), segment)
    region = read(objects["seg"]).SegmentSequence[0].AnatomicRegionSequence[0]
    assert region.CodeValue == "39607008"
    assert region.AnatomicRegionModifierSequence[0].CodeValue == "7771000"
    (group,) = hd.sr.srread(
        BytesIO(objects["report"])
    ).content.get_volumetric_roi_measurement_groups()
    (site,) = group.finding_sites
    assert site.value.value == "39607008"
    assert site.laterality.value == "7771000"


def test_the_probability_of_a_model_is_a_measurement_and_is_valid(tmp_path: Path) -> None:
    segment = finding(probability=0.87, measurements=())
    objects = encode(series_headers(), segment)
    document = hd.sr.srread(BytesIO(objects["report"]))
    (group,) = document.content.get_volumetric_roi_measurement_groups()
    (measurement,) = group.get_measurements()
    assert (measurement.name.value, measurement.value) == ("122157", 0.87)
    validate(objects, tmp_path)
