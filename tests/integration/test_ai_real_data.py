"""Real scans through the whole AI path: archive, scope, runner, SEG and SR (../shared/data)."""

from io import BytesIO

import highdicom as hd
import numpy as np
import pytest
from django.core.management import call_command

from apps.ai import execution, services, storage
from apps.ai.models import Model
from apps.ai.objects import read_mask
from apps.demo.dicom.common import PhantomPatient, PhantomStudy
from apps.demo.dicom.ct import write_ct as write_phantom
from apps.demo.training.phantom_cases import HELD_OUT_FROM, draw_phantom
from apps.imaging.models import Series
from apps.imaging.services import import_files
from tests.apps.ai import world
from tests.apps.ai.conftest import approved_bundle, fresh_runner, house
from tests.apps.imaging.dicom import data_folder
from tests.people import make_case_team, make_patient

__all__ = ["approved_bundle", "fresh_runner", "house"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("fresh_runner"),
    pytest.mark.slow,
    pytest.mark.timeout(900),
]


@pytest.fixture
def phantom_team(house):
    return make_case_team(patient=make_patient())


def bring_in(team, prefix: str, modality: str) -> Series:
    """The largest series of a modality of a shared set, in the team's case."""
    import_files(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        paths=[data_folder(prefix)],
        mismatch_reason="Public research data in a test case.",
    )
    series = Series.objects.filter(modality=modality).order_by("-instance_count").first()
    assert series is not None
    return series


def run_one(team, version, series):
    job = world.request(team=team, version=version, series=series)
    assert execution.run_waiting_jobs(worker="test") == 1
    job.refresh_from_db()
    return job


def test_real_ct_ends_out_of_scope_with_its_reason(phantom_team, approved_bundle):
    series = bring_in(phantom_team, "01-", "CT")
    job = run_one(phantom_team, approved_bundle, series)
    assert (job.state, job.reason_code) == ("out_of_scope", "phantom_only")
    assert execution.model_runner().starts == 0, "nothing was computed"


def test_pet_regions_of_a_real_scan_become_findings_with_seg_and_sr(phantom_team):
    call_command("register_models")
    version = Model.objects.get(slug="pet-uptake").versions.get()
    series = bring_in(phantom_team, "04-", "PT")
    job = run_one(phantom_team, version, series)
    assert job.state == "findings", (job.reason_code, job.reason_message)
    findings = list(job.findings.all())
    peaks = [
        measured["value"]
        for finding in findings
        for measured in finding.measurements
        if measured["quantity"] == "suv_max"
    ]
    assert len(peaks) == len(findings) > 1
    assert any(value == pytest.approx(7.911, abs=0.005) for value in peaks), sorted(peaks)[-10:]
    assert not any("umour" in finding.label for finding in findings)
    for finding in findings[:3]:
        segmentation = storage.get_bytes(sha256=finding.segmentation_sha256)
        assert hd.seg.segread(BytesIO(segmentation)).NumberOfFrames >= 1
    services.accept_finding(
        actor=phantom_team.actor("radiologist"),
        finding_id=findings[0].pk,
        case_id=phantom_team.case_id,
        version=1,
    )


def test_pet_analysis_refuses_a_real_ct(phantom_team):
    call_command("register_models")
    version = Model.objects.get(slug="pet-uptake").versions.get()
    job = run_one(phantom_team, version, bring_in(phantom_team, "01-", "CT"))
    assert (job.state, job.reason_code) == ("out_of_scope", "modality")


def test_the_shipped_bundle_finds_the_planted_lesions_of_a_phantom_it_never_saw(
    phantom_team, house
):
    study = PhantomStudy(
        patient=PhantomPatient(
            patient_id=phantom_team.case.patient.patient_id,
            name="Test^Patient",
            birth_date="19610504",
            sex="F",
        ),
        key="held-out",
        date="20260102",
        time="101112",
        description="Phantom",
        accession_number="ACC-7731",
    )
    phantom = draw_phantom(seed=HELD_OUT_FROM + 1)
    folder = house / "phantom"
    folder.mkdir()
    for index, dataset in enumerate(write_phantom(study=study, volume=phantom, description="CT")):
        dataset.save_as(folder / f"{index:03d}.dcm", enforce_file_format=True)
    approvers = [phantom_team.people[who].email for who in ("ai_admin", "radiologist")]
    call_command("register_models", approver=approvers)
    version = Model.objects.get(slug="phantom-tumour").versions.get()
    import_files(
        actor=phantom_team.actor("coordinator"),
        case_id=phantom_team.case_id,
        paths=[folder],
        mismatch_reason="A phantom in a test case.",
    )
    series = Series.objects.get(study__study_instance_uid=study.uid)
    job = run_one(phantom_team, version, series)
    assert job.state == "findings", (job.reason_code, job.reason_message)
    found = np.zeros(phantom.hu.shape, dtype=bool)
    for finding in job.findings.select_related("job"):
        found |= read_mask(finding=finding)
    truth = phantom.truth["tumour"]
    dice = 2 * (found & truth).sum() / (found.sum() + truth.sum())
    assert dice > 0.7, f"Dice {dice:.3f} through archive, runner and back"
