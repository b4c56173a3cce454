"""SEG and TID 1500: valid for dciodvfy, read back equal, the same bytes for the same inputs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from apps.ai.analyses import codes as our_codes
from apps.ai.analyses import pet_lesions
from apps.ai.analyses.results import Code, MaskRegion, MeasuredValue, SegmentResult
from apps.ai.encoding import (
    AlgorithmIdentity,
    EncodingRefused,
    FindingUids,
    VerifyingObserver,
    derive_uid,
    encode_measurement_report,
    encode_segmentation,
)
from tests.apps.ai.real_data import load_series, shared_data
from tests.apps.ai.synthetic_series import COLUMNS, ROWS, SLICES, series_headers

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
        assert "Comprehensive3DSR" in said or "Segmentation" in said, said


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
    order, expected_order = _sorted(lps), _sorted(expected)
    assert np.abs(order - expected_order).max() < 0.01


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


def _sorted(points: np.ndarray) -> np.ndarray:
    rounded = np.round(points, 1)
    return points[np.lexsort(rounded.T)]


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


def text_items(dataset: Dataset, code: str) -> list[Any]:
    """Values of all content items with this concept, anywhere in the tree."""
    found: list[Any] = []
    for item in dataset.get("ContentSequence") or []:
        name = (
            item.ConceptNameCodeSequence[0].CodeValue if "ConceptNameCodeSequence" in item else ""
        )
        if name == code:
            found.append(
                item.get("TextValue")
                or item.get("UID")
                or item.get("PersonName")
                or item.ConceptCodeSequence[0].CodeValue
            )
        found += text_items(item, code)
    return found


def test_the_report_names_the_algorithm_by_tid_4019() -> None:
    report = read(encode(series_headers(), finding())["report"])
    assert text_items(report, "111001") == ["PET uptake by threshold"]
    assert text_items(report, "111003") == ["1.0.0"]
    assert text_items(report, "122405") == ["Consilium"]
    assert text_items(report, "111002") == ["connectivity=26", "threshold=SUVbw >= 4 g/mL"]
    assert text_items(report, "121005") == [codes.DCM.Device.value]


def test_the_report_of_the_algorithm_is_complete_and_unverified() -> None:
    report = read(encode(series_headers(), finding())["report"])
    assert (report.CompletionFlag, report.VerificationFlag) == ("COMPLETE", "UNVERIFIED")
    assert "VerifyingObserverSequence" not in report
    assert "PredecessorDocumentsSequence" not in report


def test_the_accepted_report_names_the_person_and_its_predecessor() -> None:
    objects = encode(series_headers(), finding())
    report, verified = read(objects["report"]), read(objects["verified"])
    assert (verified.CompletionFlag, verified.VerificationFlag) == ("COMPLETE", "VERIFIED")
    (observer,) = verified.VerifyingObserverSequence
    assert str(observer.VerifyingObserverName) == "Rossi^Ada"
    assert observer.VerifyingOrganization == "Demo Hospital"
    assert str(observer.VerificationDateTime).startswith("20261122150000")
    (study,) = verified.PredecessorDocumentsSequence
    assert study.StudyInstanceUID == report.StudyInstanceUID
    (series,) = study.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == report.SeriesInstanceUID
    (instance,) = series.ReferencedSOPSequence
    assert instance.ReferencedSOPInstanceUID == report.SOPInstanceUID
    assert verified.SOPInstanceUID != report.SOPInstanceUID
    assert text_items(verified, "121008") == ["Rossi^Ada"]
    assert text_items(verified, "112040") == text_items(report, "112040")


@pytest.mark.parametrize(
    "missing", ["verified_by", "predecessor", "review_key"], ids=lambda name: f"no {name}"
)
def test_half_a_verification_is_refused(missing: str) -> None:
    headers, segment = series_headers(), finding()
    objects = encode(headers, segment)
    given: dict[str, Any] = {
        "verified_by": OBSERVER, "predecessor": objects["report"], "review_key": "review",
    }  # fmt: skip
    del given[missing]
    with pytest.raises(EncodingRefused) as refused:
        encode_measurement_report(
            source_headers=headers, segment=segment, algorithm=ALGORITHM,
            uids=FindingUids.derive(job_key="job", number=1), number=1, series_number=9003,
            content_at=NOW, segmentation=objects["seg"], **given,
        )  # fmt: skip
    assert refused.value.code == "incomplete_verification"


def test_a_report_about_another_findings_segmentation_is_refused() -> None:
    headers, segment = series_headers(), finding()
    other = encode(headers, segment, number=2)
    with pytest.raises(EncodingRefused) as refused:
        encode_measurement_report(
            source_headers=headers, segment=segment, algorithm=ALGORITHM,
            uids=FindingUids.derive(job_key="job", number=1), number=1, series_number=9002,
            content_at=NOW, segmentation=other["seg"],
        )  # fmt: skip
    assert refused.value.code == "segmentation_mismatch"


def test_equal_inputs_give_equal_bytes() -> None:
    first = encode(series_headers(), finding())
    second = encode(series_headers(), finding())
    assert first == second


def test_uids_depend_on_the_job_the_number_and_the_review_and_are_valid() -> None:
    uids = [FindingUids.derive(job_key=key, number=n) for key in ("a", "b") for n in (1, 2)]
    instances = {u.segmentation for u in uids} | {u.report for u in uids}
    instances |= {u.verified_report(review_key=key) for u in uids for key in ("x", "y")}
    assert len(instances) == 16
    assert len({u.segmentation_series for u in uids}) == 2
    assert all(pydicom.uid.UID(uid).is_valid and uid.startswith("2.25.") for uid in instances)
    assert FindingUids.derive(job_key="a", number=1) == uids[0]
    assert derive_uid("ab", "c") != derive_uid("a", "bc")


def test_the_synthetic_flag_is_carried_into_every_object(tmp_path: Path) -> None:
    objects = encode(series_headers(SyntheticData="YES"), finding())
    assert [read(data).SyntheticData for data in objects.values()] == ["YES"] * 3
    validate(objects, tmp_path)
    real = encode(series_headers(), finding())
    assert all("SyntheticData" not in read(data) for data in real.values())


def test_names_in_other_scripts_survive() -> None:
    name = "Yamada^Tarou=山田^太郎"
    headers = series_headers(SpecificCharacterSet=["", "ISO 2022 IR 87"], PatientName=name)
    for data in encode(headers, finding()).values():
        document = read(data)
        assert document.SpecificCharacterSet == "ISO_IR 192"
        assert str(document.PatientName) == name


@pytest.mark.parametrize(
    "keyword",
    ["PatientBirthDate", "AccessionNumber", "StudyID", "ReferringPhysicianName", "PatientSex",
     "StudyTime", "SliceThickness"],
)  # fmt: skip
def test_type_2_attributes_the_source_left_out_are_present_and_empty(
    keyword: str, tmp_path: Path
) -> None:
    objects = encode(series_headers(**{keyword: None}), finding())
    validate(objects, tmp_path)
    if keyword != "SliceThickness":
        assert all(not read(data)[keyword].value for data in objects.values())


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("keyword", "value"), [("StudyID", "X" * 17), ("AccessionNumber", "1" * 20)]
)
def test_a_text_too_long_for_its_vr_is_left_out_and_never_cut(
    keyword: str, value: str, tmp_path: Path
) -> None:
    objects = encode(series_headers(**{keyword: value}), finding())
    assert all(not read(data)[keyword].value for data in objects.values())
    validate(objects, tmp_path)


def test_times_follow_the_time_zone_of_the_source() -> None:
    seg = read(encode(series_headers(TimezoneOffsetFromUTC="+0100"), finding())["seg"])
    assert seg.TimezoneOffsetFromUTC == "+0100"
    assert (seg.ContentDate, seg.ContentTime) == ("20261122", "150506.789000")
    plain = read(encode(series_headers(), finding())["seg"])
    assert plain.ContentTime == "140506.789000"


REFUSED = [
    ({"FrameOfReferenceUID": None}, "no_frame_of_reference"),
    ({"ImageOrientationPatient": None}, "no_frame_of_reference"),
    ({"ImagePositionPatient": None}, "no_frame_of_reference"),
    ({"PixelSpacing": None}, "no_pixel_spacing"),
    ({"NumberOfFrames": 4}, "multi_frame_source"),
    ({"Rows": 99}, "mask_shape_mismatch"),
]


@pytest.mark.parametrize(("changes", "code"), REFUSED)
def test_sources_that_cannot_carry_a_segmentation_are_refused(
    changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(EncodingRefused) as refused:
        encode(series_headers(**changes), finding())
    assert refused.value.code == code


def test_images_of_two_patients_are_refused() -> None:
    headers = series_headers()
    headers[3].PatientID = "P-2"
    with pytest.raises(EncodingRefused) as refused:
        encode(headers, finding())
    assert refused.value.code == "mixed_source_images"


def test_the_source_headers_are_left_as_they_were() -> None:
    headers = series_headers(PatientSex="unknown", StudyID=None)
    before = [header.to_json() for header in headers]
    encode(headers, finding())
    assert [header.to_json() for header in headers] == before


ENCODE_A_ONE_WORD_NAME = """
import logging
from apps.ai.encoding import *
from tests.apps.ai.test_encoding import encode, finding, series_headers
logging.basicConfig(level=logging.DEBUG)
encode(series_headers(PatientName="SECRETNAME"), finding())
"""


def test_no_patient_name_reaches_a_log_or_a_warning() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", ENCODE_A_ONE_WORD_NAME],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert "SECRETNAME" not in done.stdout + done.stderr
