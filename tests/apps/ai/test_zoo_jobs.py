"""Zoo-shaped bundles from the archive to a reviewed finding: several series, boxes, classes."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import generate_uid

from apps.ai import execution, selectors, services, storage
from apps.ai.exceptions import InputsUnclear
from apps.ai.exporting import export_accepted_finding
from apps.ai.models import FindingExport, Job, JobInput, ModelVersion
from apps.ai.objects import read_mask
from apps.core.exceptions import InvalidInput
from apps.imaging.models import Instance, Series
from apps.imaging.services import import_files
from tests.apps.ai import world, zoo
from tests.apps.ai.test_api import client
from tests.apps.imaging.dicom import make_slice, to_bytes, write_files
from tests.people import CaseTeam

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_runner")]

MR_STORAGE = "1.2.840.10008.5.1.4.1.1.4"
MG_STORAGE = "1.2.840.10008.5.1.4.1.1.1.2"


def approve(team: CaseTeam, root: Path, slug: str) -> ModelVersion:
    version = services.install_bundle(actor=world.INSTALLER, source=root, slug=slug)
    return world.put_into_use(team=team, version=version)


def bring_in(team: CaseTeam, folder: Path) -> None:
    patient = team.case.patient
    patient.birth_date = None
    done = import_files(actor=team.actor("radiologist"), case_id=team.case_id, paths=[folder])
    assert {one.verdict for one in done.files.all()} == {"stored"}, [
        (one.name, one.reason) for one in done.files.all()
    ]


def write_mr(folder: Path, *, study_uid: str, description: str, seed: int, **changes) -> Path:
    """Ten slices of 2 mm with 24 × 28 pixels; ``changes`` go into every image."""
    frame = generate_uid(entropy_srcs=[study_uid])
    options = {"count": 10, "spacing_mm": 2.0, "shape": (24, 28), "FrameOfReferenceUID": frame,
               **changes}  # fmt: skip
    count, series_uid = options.pop("count"), generate_uid()
    objects = []
    for index in range(count):
        dataset = make_slice(
            study_uid=study_uid, series_uid=series_uid, index=index, modality="MR", seed=seed,
            patient_id="PH-1", birth_date="19610504", SeriesDescription=description,
            SOPClassUID=MR_STORAGE, RescaleSlope=1, RescaleIntercept=0, **options,
        )  # fmt: skip
        dataset.file_meta.MediaStorageSOPClassUID = MR_STORAGE
        objects.append(to_bytes(dataset))
    write_files(folder / description.replace(" ", "-"), objects)
    return folder


DESCRIPTIONS = {"t1c": "t1 mprage post", "t1": "t1 mprage pre", "t2": "t2 tse", "flair": "flair"}


def write_study(folder: Path, **changes: dict) -> Path:
    study_uid = generate_uid()
    for seed, (role, description) in enumerate(DESCRIPTIONS.items()):
        write_mr(folder, study_uid=study_uid, description=description, seed=seed,
                 **changes.get(role, {}))  # fmt: skip
    return folder


def series_of(role: str) -> Series:
    return Series.objects.get(description=DESCRIPTIONS[role])


def run_all(job: Job) -> Job:
    execution.run_waiting_jobs(worker="test")
    job.refresh_from_db()
    return job


@pytest.fixture
def brain(phantom_team, house) -> ModelVersion:
    return approve(phantom_team, zoo.brats(house / "source" / "brats"), "brain")


def test_four_series_of_a_study_become_one_job_and_overlapping_findings(phantom_team, brain, house):
    """FLAIR has thicker slices: it is laid on the first one's grid, and the job says so."""
    bring_in(phantom_team, write_study(house / "mr", flair={"count": 5, "spacing_mm": 4.0}))
    job = world.request(team=phantom_team, version=brain, series=series_of("t2"))
    again = world.request(team=phantom_team, version=brain, series=series_of("flair"))
    assert again.pk == job.pk, "whichever series was pointed at, it is the same question"
    assert Job.objects.count() == 1
    assert [(one.role, one.series.description) for one in job.inputs.order_by("position")] == list(
        DESCRIPTIONS.items()
    )
    assert job.series == series_of("t1c")
    job = run_all(job)
    assert (job.state, job.reason_message) == ("findings", "")
    assert [code for code, _ in job.warnings] == ["resampled_to_first"]
    findings = {finding.label: finding for finding in job.findings.all()}
    assert set(findings) == {"Tumour core", "Whole tumour", "Enhancing tumour"}
    core, whole = (read_mask(finding=findings[name]) for name in ("Tumour core", "Whole tumour"))
    assert core.any()
    assert (core <= whole).all()
    assert core.shape == (10, 24, 28)


def test_a_series_two_roles_could_mean_is_asked_for_by_name(phantom_team, brain, house):
    folder = write_study(house / "mr")
    study_uid = str(pydicom.dcmread(next(folder.rglob("*.dcm"))).StudyInstanceUID)
    write_mr(folder, study_uid=study_uid, description="t2 tse fs", seed=9)
    bring_in(phantom_team, folder)
    asked = {
        "actor": phantom_team.actor("radiologist"),
        "case_id": phantom_team.case_id,
        "model_id": brain.model_id,
        "series_instance_uid": series_of("t1c").series_instance_uid,
    }
    with pytest.raises(InputsUnclear) as caught:
        services.request_job(**asked)
    assert caught.value.error_code == "inputs_ambiguous"
    assert len(caught.value.details["series"]) == 2
    fat_saturated = Series.objects.get(description="t2 tse fs")
    job = services.request_job(**asked, inputs={"t2": fat_saturated.series_instance_uid})
    assert job.inputs.get(role="t2").series == fat_saturated
    plain = services.request_job(
        **asked, inputs={"t2": Series.objects.get(description="t2 tse").series_instance_uid}
    )
    assert plain.pk != job.pk, "another input is another question"
    with pytest.raises(InvalidInput):
        services.request_job(**asked, inputs={"dwi": fat_saturated.series_instance_uid})
    with pytest.raises(InputsUnclear) as caught:
        services.request_job(**asked, inputs={"t2": series_of("t1").series_instance_uid})
    assert caught.value.error_code == "inputs_missing"


def test_a_missing_sequence_is_named_and_no_job_is_made(phantom_team, brain, house):
    study_uid = generate_uid()
    for seed, role in enumerate(("t1c", "t1", "t2")):
        write_mr(house / "mr", study_uid=study_uid, description=DESCRIPTIONS[role], seed=seed)
    bring_in(phantom_team, house / "mr")
    with pytest.raises(InputsUnclear) as caught:
        world.request(team=phantom_team, version=brain, series=series_of("t1c"))
    assert caught.value.error_code == "inputs_missing"
    assert caught.value.details["role"] == "flair"
    assert not Job.objects.exists()


@pytest.mark.parametrize("code", ["frame_of_reference_mismatch", "inputs_apart"])
def test_series_that_cannot_be_laid_on_each_other_are_out_of_scope(
    phantom_team, brain, house, code
):
    folder = write_study(house / "mr")
    for path in folder.glob("t2-tse/*.dcm"):
        dataset = pydicom.dcmread(path)
        if code == "inputs_apart":
            dataset.ImagePositionPatient[2] += 500
        else:
            dataset.FrameOfReferenceUID = "1.2.3.4"
        dataset.save_as(path)
    bring_in(phantom_team, folder)
    job = run_all(world.request(team=phantom_team, version=brain, series=series_of("t1")))
    assert (job.state, job.reason_code) == ("out_of_scope", code)
    assert execution.model_runner().starts == 0


def test_a_series_that_changed_since_ends_the_job(phantom_team, brain, house):
    bring_in(phantom_team, write_study(house / "mr"))
    job = world.request(team=phantom_team, version=brain, series=series_of("t1"))
    Series.objects.filter(pk=series_of("flair").pk).update(content_sha256="0" * 64)
    job = run_all(job)
    assert (job.state, job.reason_code) == ("failed", "series_changed")
    again = world.request(team=phantom_team, version=brain, series=series_of("t1"))
    assert again.pk != job.pk
    assert JobInput.objects.filter(job=again).count() == 4


def test_boxes_of_a_detector_become_findings_with_their_own_corners(
    phantom_team, phantom_series, house
):
    version = approve(phantom_team, zoo.nodule(house / "source" / "nodule"), "nodule")
    job = run_all(world.request(team=phantom_team, version=version, series=phantom_series))
    assert (job.state, job.reason_message) == ("findings", "")
    findings = list(job.findings.order_by("number"))
    assert [one.probability for one in findings] == sorted(
        (one.probability for one in findings), reverse=True
    )
    for finding in findings:
        low, high = np.array(finding.bbox_lps)
        quantities = {one["quantity"]: one["value"] for one in finding.measurements}
        assert high[0] - low[0] == pytest.approx(quantities["box_left_right"], abs=0.01)
        assert read_mask(finding=finding).any()
        report = pydicom.dcmread(BytesIO(storage.get_bytes(sha256=finding.report_sha256)))
        assert "Width" in str(report)


@pytest.fixture
def mammogram(phantom_team, house) -> Series:
    dataset = make_slice(
        study_uid=generate_uid(), series_uid=generate_uid(), modality="MG", shape=(64, 48),
        patient_id="PH-1", birth_date="19610504", SOPClassUID=MG_STORAGE, RescaleSlope=1,
        RescaleIntercept=0, SeriesDescription="L CC", BodyPartExamined="BREAST",
    )  # fmt: skip
    dataset.file_meta.MediaStorageSOPClassUID = MG_STORAGE
    for keyword in ("FrameOfReferenceUID", "ImagePositionPatient", "ImageOrientationPatient",
                    "PixelSpacing", "SliceThickness"):  # fmt: skip
        delattr(dataset, keyword)
    dataset.ImagerPixelSpacing = [0.1, 0.1]
    write_files(house / "mg", [to_bytes(dataset)])
    bring_in(phantom_team, house / "mg")
    return Series.objects.get(description="L CC")


def test_a_classification_is_reviewed_and_exported_without_a_place(phantom_team, mammogram, house):
    version = approve(phantom_team, zoo.density(house / "source" / "density"), "density")
    job = run_all(world.request(team=phantom_team, version=version, series=mammogram))
    assert (job.state, job.reason_message) == ("findings", "")
    finding = job.findings.get()
    assert (finding.mask_sha256, finding.segmentation_uid) == ("", "")
    probabilities = {one["quantity"]: one["value"] for one in finding.measurements}
    assert sum(probabilities.values()) == pytest.approx(1.0, abs=1e-4)
    assert finding.probability == pytest.approx(max(probabilities.values()), abs=1e-4)
    actor = phantom_team.actor("radiologist")
    row = selectors.get_finding(actor=actor, finding_id=finding.pk, case_id=phantom_team.case_id)
    shown = selectors.describe_finding(finding=row)
    named = {one["name"] for one in shown["measurements"]}
    assert named == {f"Probability: Breast density {letter}" for letter in "ABCD"}
    assert {shown[key] for key in ("mask_url", "centroid_lps", "bbox_lps")} == {None}
    assert shown["sop_instance_uid"] in job.grid["sop_instance_uids"]
    door = client(phantom_team, "radiologist")
    for what in ("mask", "mask-geometry"):
        assert door.get(f"/api/findings/{finding.pk}/{what}").status_code == 404
    services.accept_finding(
        actor=actor, finding_id=finding.pk, case_id=phantom_team.case_id, version=1
    )
    export = FindingExport.objects.get()
    export_accepted_finding(export_id=export.pk)
    export.refresh_from_db()
    assert (export.state, export.error_message) == ("stored", "")
    stored = set(
        Instance.objects.filter(study=mammogram.study)
        .exclude(series=mammogram)
        .values_list("sop_instance_uid", flat=True)
    )
    assert stored == {finding.report_uid, export.verified_report_uid}
    verified = pydicom.dcmread(BytesIO(storage.get_bytes(sha256=export.verified_report_sha256)))
    assert verified.VerificationFlag == "VERIFIED"
    assert "Probability: Breast density A" in str(verified)


def test_the_claim_makes_the_same_bytes_again(phantom_team, mammogram, house):
    """Equal inputs, equal bytes: what a repeated attempt would store is the same object."""
    version = approve(phantom_team, zoo.density(house / "source" / "density"), "density")
    job = world.request(team=phantom_team, version=version, series=mammogram)
    run_all(job)
    first = job.findings.get()
    kept = (first.report_uid, first.report_sha256)
    started = job.first_started_at
    first.delete()
    Job.objects.filter(pk=job.pk).update(state="queued")
    run_all(job)
    assert job.first_started_at == started
    second = job.findings.get()
    assert (second.report_uid, second.report_sha256) == kept
