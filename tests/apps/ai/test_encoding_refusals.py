"""What the encoders refuse, what they leave alone, and whose clock they write."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apps.ai.encoding import (
    EncodingRefused,
    FindingUids,
    encode_measurement_report,
)
from tests.apps.ai.encoded import ALGORITHM, NOW, OBSERVER, encode, finding, read
from tests.apps.ai.synthetic_series import series_headers


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
