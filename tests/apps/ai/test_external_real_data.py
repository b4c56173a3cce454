"""SEG, SR and maps written by others, read in place; what is expected stands in the docs too.

docs/external-findings.md holds the same table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest

from apps.ai import objects
from apps.ai.models import ExternalFinding, ExternalObject, Finding, Job
from apps.imaging.models import Instance
from apps.imaging.services import import_files
from tests.apps.ai.external_objects import READ_TASK, OutboxMessage, read_study_objects
from tests.apps.ai.real_data import shared_data
from tests.people import make_case_team, make_patient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def archive_root(tmp_path: Path, settings: Any) -> None:
    settings.ARCHIVE_ROOT = tmp_path / "archive"


@dataclass(frozen=True)
class Expected:
    """One object: what becomes of it, and of a finding its model, version and remarks."""

    file: str
    outcome: str
    model: str = ""
    version: str = ""
    label: str = ""
    remarks: tuple[str, ...] = ()
    reason: str = ""
    has_mask: bool = False


TABLE = {
    "11-seg-sr-dcmqi/ct-3slice": [
        Expected("liver.dcm", "taken", "QIICR · SlicerEditor", "unknown", "Liver", has_mask=True),
        Expected("partial_overlaps.dcm", "not_ai"),
    ],
    "11-seg-sr-dcmqi/23x38x3": [
        Expected(
            "seg/label.seg", "taken", "QIICR · SlicerEditor", "unknown", "Liver", has_mask=True
        ),
    ],
    "11-seg-sr-dcmqi/sr-example": [
        Expected("seg.dcm", "not_ai"),
        Expected("sr.dcm", "not_ai"),
    ],
    "07-mr-breast-SEG-UCSF-BR-06": [
        Expected(
            "SEG/1-1.dcm",
            "taken",
            "GE MEDICAL SYSTEMS · Background Threshold, VOI limits",
            "unknown",
            "Breast",
            remarks=("placed_by_geometry", "fraction_threshold"),
            has_mask=True,
        ),
    ],
    "12-seg-sr-highdicom-ct": [
        Expected(
            "seg_image_ct_binary.dcm",
            "taken",
            "Manufacturer · test",
            "v1.0",
            "first segment",
            remarks=("images_missing",),
        ),
    ],
    "14-transfer-syntaxes": [
        Expected("parametric_map_float.dcm", "not_ai"),
    ],
}


def take_in(folder: Path, patient_id: str) -> None:
    """Every file of a folder that belongs to a patient, into a case of theirs, and read."""
    team = make_case_team(patient=make_patient(patient_id=patient_id, issuer=""))
    import_files(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        paths=[folder],
        mismatch_reason="Public data set of this test case",
    )
    for message in OutboxMessage.objects.filter(task=READ_TASK):
        read_study_objects(study_id=message.kwargs["study_id"])


@pytest.mark.parametrize("folder", list(TABLE))
def test_each_real_object_becomes_what_the_table_says(folder: str) -> None:
    root = shared_data(*folder.split("/"))
    expected = TABLE[folder]
    headers = {
        one.file: pydicom.dcmread(root / one.file, stop_before_pixels=True) for one in expected
    }
    take_in(root, str(headers[expected[0].file].PatientID))
    for one in expected:
        uid = str(headers[one.file].SOPInstanceUID)
        kept = ExternalObject.objects.get(sop_instance_uid=uid)
        assert (kept.outcome, kept.reason_code) == (one.outcome, one.reason), one.file
        if one.outcome != "taken":
            continue
        external = ExternalFinding.objects.select_related("finding__job__version__model").get(
            pixels_uid=uid
        )
        found = external.finding
        version = found.job.version
        assert (version.model.name, version.version, found.label) == (
            one.model,
            one.version,
            one.label,
        )
        assert {remark["code"] for remark in external.remarks} == set(one.remarks), one.file
        assert bool(found.mask_sha256) == one.has_mask, one.file


def test_the_dcmqi_liver_is_voxel_for_voxel_what_highdicom_reads(db: None) -> None:
    root = shared_data("11-seg-sr-dcmqi", "ct-3slice")
    seg = hd.seg.segread(root / "liver.dcm")
    take_in(root, str(seg.PatientID))
    found = Finding.objects.select_related("job").get()
    uids = found.job.grid["sop_instance_uids"]
    expected = seg.get_pixels_by_source_instance(
        source_sop_instance_uids=uids, segment_numbers=[1], assert_missing_frames_are_empty=True,
        ignore_spatial_locations=True,
    )[..., 0]  # fmt: skip
    laid = objects.read_mask(finding=found)
    assert expected.any()
    assert np.array_equal(laid, expected.astype(bool))
    centroid = np.array(found.centroid_lps)
    (low, high) = (np.array(corner) for corner in found.bbox_lps)
    assert ((low < centroid) & (centroid < high)).all()


def test_no_real_series_leaves_an_object_without_an_answer(db: None) -> None:
    """Whatever lies in the highdicom folder, each SEG and SR has its line."""
    root = shared_data("12-seg-sr-highdicom-ct")
    take_in(root, "77654033")
    rows = Instance.objects.filter(sop_class_uid__contains=".66.4")
    assert rows.exists()
    assert ExternalObject.objects.filter(sop_class_uid__contains=".66.4").count() == rows.count()
    assert not Job.objects.filter(reason_code="internal_error").exists()
