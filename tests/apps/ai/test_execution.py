"""A job from the request to its findings: archive, scope, runner, SEG and SR, and back."""

import os
import signal
import threading
import time
from io import BytesIO

import highdicom as hd
import numpy as np
import pydicom
import pytest

from apps.ai import execution, services, storage
from apps.ai.exporting import export_accepted_finding
from apps.ai.models import Finding, FindingExport, Job
from apps.ai.objects import person_name, read_mask, rebuild_segment
from apps.imaging.models import Instance
from tests.apps.ai import world
from tests.apps.ai.bundles import write_bundle
from tests.apps.ai.conftest import import_ct
from tests.apps.ai.phantom_files import BOXES, SHAPE, write_ct

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_runner")]


def run_one(team, version, series) -> Job:
    job = world.request(team=team, version=version, series=series)
    assert execution.run_waiting_jobs(worker="test") == 1
    job.refresh_from_db()
    return job


def test_bundle_finds_the_boxes_and_each_gets_seg_and_sr(
    phantom_team, approved_bundle, phantom_series
):
    job = run_one(phantom_team, approved_bundle, phantom_series)
    assert (job.state, job.reason_message) == ("findings", "")
    findings = list(job.findings.order_by("number"))
    assert len(findings) == 2
    for finding, box in zip(findings, BOXES, strict=True):
        truth = np.zeros(SHAPE, dtype=bool)
        truth[box] = True
        mask = read_mask(finding=finding)
        assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.9
        segmentation = hd.seg.segread(
            BytesIO(storage.get_bytes(sha256=finding.segmentation_sha256))
        )
        assert segmentation.SOPInstanceUID == finding.segmentation_uid
        assert segmentation.StudyInstanceUID == phantom_series.study.study_instance_uid
        frames = segmentation.get_pixels_by_source_instance(
            source_sop_instance_uids=[*job.grid["sop_instance_uids"]],
            segment_numbers=[1],
            assert_missing_frames_are_empty=True,
        )
        assert (frames[..., 0].astype(bool) == mask).all()
        report = pydicom.dcmread(BytesIO(storage.get_bytes(sha256=finding.report_sha256)))
        assert report.VerificationFlag == "UNVERIFIED"
        assert finding.sop_instance_uid in job.grid["sop_instance_uids"]
        assert rebuild_segment(finding=finding).value_of("volume") > 0.05
    (low, high), centroid = findings[0].bbox_lps, findings[0].centroid_lps
    assert all(a < c < b for a, c, b in zip(low, centroid, high, strict=True))
    # column 31.5 × 0.75 − 10, row 12.5 × 0.5 − 20, slice 5 × 2 (see make_slice)
    assert centroid == pytest.approx([31.5 * 0.75 - 10, 12.5 * 0.5 - 20, 10.0], abs=1.0)


def test_real_ct_is_out_of_scope_with_the_reason_and_nothing_is_computed(
    phantom_team, approved_bundle, house
):
    folder = write_ct(house / "real", patient_id="PH-1", birth_date="19610504", synthetic=False)
    job = run_one(phantom_team, approved_bundle, import_ct(phantom_team, folder))
    assert (job.state, job.reason_code) == ("out_of_scope", "phantom_only")
    assert "phantoms only" in job.reason_message
    assert execution.model_runner().starts == 0


def test_nothing_bright_is_no_findings(phantom_team, approved_bundle, house):
    folder = write_ct(house / "empty", patient_id="PH-1", birth_date="19610504", empty=True)
    job = run_one(phantom_team, approved_bundle, import_ct(phantom_team, folder))
    assert (job.state, job.reason_code) == ("no_findings", "")
    assert not Finding.objects.exists()


def test_model_error_fails_with_the_reason_and_is_not_tried_again(phantom_team, house):
    root = write_bundle(house / "source" / "broken", inference={"network_def": "$1 / 0"})
    version = services.register_bundle(actor=world.INSTALLER, root=root, slug="broken")
    world.put_into_use(team=phantom_team, version=version)
    folder = write_ct(house / "ct", patient_id="PH-1", birth_date="19610504")
    job = run_one(phantom_team, version, import_ct(phantom_team, folder))
    assert (job.state, job.reason_code, job.attempts) == ("failed", "model_error", 1)
    assert job.reason_message


def test_changed_copy_of_the_bundle_is_not_run(phantom_team, approved_bundle, phantom_series):
    from apps.ai.conf import bundle_store

    path = bundle_store() / approved_bundle.tree_sha256 / "configs" / "inference.json"
    path.chmod(0o644)
    path.write_text(path.read_text() + " ")
    job = run_one(phantom_team, approved_bundle, phantom_series)
    assert (job.state, job.reason_code) == ("failed", "bundle_changed")


def test_killed_runner_gives_the_job_back_and_the_second_attempt_completes_it_once(
    phantom_team, approved_bundle, phantom_series
):
    runner = execution.model_runner()
    killed = threading.Event()

    def kill_once():
        while runner.pid is None or not runner.confinement:
            time.sleep(0.02)
        os.kill(runner.pid, signal.SIGKILL)
        killed.set()

    threading.Thread(target=kill_once).start()
    job = world.request(team=phantom_team, version=approved_bundle, series=phantom_series)
    assert execution.run_waiting_jobs(worker="first") == 1
    assert killed.wait(5)
    job.refresh_from_db()
    assert (job.state, job.reason_code, job.attempts) == ("queued", "runner_died", 1)
    deadline = time.monotonic() + 20
    while not execution.run_waiting_jobs(worker="second") and time.monotonic() < deadline:
        time.sleep(0.5)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("findings", 2)
    assert job.findings.count() == 2


def test_cancel_stops_a_running_job(phantom_team, house, monkeypatch):
    monkeypatch.setattr("apps.ai.conf.HEARTBEAT_S", 0.5)
    root = write_bundle(
        house / "source" / "slow", inference={"network_def": "$__import__('time').sleep(300)"}
    )
    version = services.register_bundle(actor=world.INSTALLER, root=root, slug="slow")
    world.put_into_use(team=phantom_team, version=version)
    folder = write_ct(house / "ct", patient_id="PH-1", birth_date="19610504")
    job = world.request(team=phantom_team, version=version, series=import_ct(phantom_team, folder))

    def cancel():
        from django.db import connection

        try:
            while Job.objects.get(pk=job.pk).stage != "load_model":
                time.sleep(0.2)
            services.cancel_job(actor=phantom_team.actor("radiologist"), job_id=job.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=cancel)
    thread.start()
    execution.run_waiting_jobs(worker="test")
    thread.join()
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert execution.model_runner().pid is None


def test_accepted_finding_is_stored_with_its_verified_report_and_dismissed_is_not(
    phantom_team, approved_bundle, phantom_series
):
    job = run_one(phantom_team, approved_bundle, phantom_series)
    kept, dropped = job.findings.order_by("number")
    actor = phantom_team.actor("radiologist")
    services.accept_finding(
        actor=actor, finding_id=kept.pk, case_id=phantom_team.case_id, version=1
    )
    services.dismiss_finding(
        actor=actor, finding_id=dropped.pk, case_id=phantom_team.case_id, version=1,
        reason_code="duplicate",
    )  # fmt: skip
    export = FindingExport.objects.get()
    export_accepted_finding(export_id=export.pk)
    export_accepted_finding(export_id=export.pk)
    export.refresh_from_db()
    assert (export.state, export.error_message, export.attempts) == ("stored", "", 1)
    stored = set(
        Instance.objects.filter(study=phantom_series.study)
        .exclude(series=phantom_series)
        .values_list("sop_instance_uid", flat=True)
    )
    assert stored == {kept.segmentation_uid, kept.report_uid, export.verified_report_uid}
    verified = pydicom.dcmread(BytesIO(storage.get_bytes(sha256=export.verified_report_sha256)))
    assert verified.VerificationFlag == "VERIFIED"
    assert str(verified.VerifyingObserverSequence[0].VerifyingObserverName) == "Person^Radiologist"
    predecessor = verified.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    assert predecessor.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == kept.report_uid


@pytest.mark.parametrize(
    ("shown", "dicom"),
    [
        ("Ada B. Lovelace", "Lovelace^Ada B."),
        ("Plato", "Plato"),
        ("a^b=c\\d", "d^a b c"),
        ("", "Unknown"),
    ],
)
def test_names_become_dicom_person_names(shown, dicom):
    assert person_name(shown) == dicom
