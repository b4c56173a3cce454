"""Who and what stands behind an object: algorithm, person, predecessor, UIDs; equal bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from apps.ai.encoding import (
    FindingUids,
    derive_uid,
)
from tests.apps.ai.encoded import encode, finding, read, validate
from tests.apps.ai.synthetic_series import series_headers


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


def test_equal_inputs_give_equal_bytes() -> None:
    first = encode(series_headers(), finding())
    second = encode(series_headers(), finding())
    assert first == second


def test_uids_depend_on_the_job_the_number_and_the_review_and_are_valid() -> None:
    uids = [FindingUids.derive(job_key=key, number=n) for key in ("a", "b") for n in (1, 2)]
    instances = {u.segmentation for u in uids} | {u.report for u in uids}
    instances |= {u.verified_report(review_key=key) for u in uids for key in ("x", "y")}
    assert len(instances) == 16
    # OHIF shows one object of a series and leaves the others out (decision 0257).
    series = {u.segmentation_series for u in uids} | {u.report_series for u in uids}
    series |= {u.verified_series for u in uids}
    series |= {
        u.amended(segmentation=f"2.25.{n}").segmentation_series for u in uids for n in (8, 9)
    }
    assert len(series) == 12 + 2, "an amended SEG has one series, whoever amended it"
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
