"""A model on a folder of phantoms: through the real runner, to figures known beforehand."""

from __future__ import annotations

import csv
import io
import json
import os
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from apps.ai import conf, storage
from apps.ai.choices import ValidationState
from apps.ai.exceptions import ValidationNotPossible
from apps.ai.models import Finding, Job, ModelVersion, ValidationRun
from apps.ai.runner.client import RunnerError
from apps.ai.validation_runs import running, services
from apps.core.actors import Actor
from apps.imaging.models import Instance, Series, Study
from tests.apps.ai.validation_phantoms import (
    SHAPE,
    ball,
    pet_slices,
    write_manifest,
    write_study,
)
from tests.apps.imaging.dicom import make_series, to_bytes, write_files

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_runner")]

SYSTEM = Actor.system("test")
LARGE, SMALL = ball((5, 15, 12), 14.0), ball((8, 20, 28), 9.0)


@pytest.fixture
def pet_version(house: Path) -> ModelVersion:
    call_command("register_models", stdout=StringIO())
    return ModelVersion.objects.select_related("model").get(model__slug="pet-uptake")


def run_folder(version: ModelVersion, folder: Path, *, limit: int | None = None) -> ValidationRun:
    run = services.create_run(actor=SYSTEM, version_id=version.pk, folder=folder.name, limit=limit)
    claimed = services.claim_run(run_id=run.pk, worker="test")
    assert claimed is not None
    running.run_claimed(run=claimed, folder=folder)
    run.refresh_from_db()
    return run


def document_of(run: ValidationRun) -> dict[str, Any]:
    return json.loads(storage.get_bytes(sha256=run.metrics_sha256))


def cases_of(run: ValidationRun) -> dict[str, dict[str, Any]]:
    return {one["study"]: one for one in document_of(run)["cases"]}


# --- figures -----------------------------------------------------------------------------------


@pytest.fixture
def phantoms(tmp_path: Path) -> Path:
    """Exact masks as SEG and as NIfTI; one moved by a column; one lesion missed; one empty."""
    folder = tmp_path / "phantoms"
    write_study(folder / "exact-seg", hot=LARGE | SMALL, reference=LARGE | SMALL)
    write_study(folder / "exact-nifti", hot=LARGE, reference=LARGE, kind="nifti")
    write_study(folder / "moved", hot=LARGE, reference=np.roll(LARGE, 1, axis=2))
    write_study(folder / "missed", hot=LARGE, reference=LARGE | SMALL)
    write_study(folder / "false-positive", hot=LARGE | SMALL, reference=LARGE)
    write_study(folder / "healthy", hot=np.zeros(SHAPE, bool), reference=None)
    write_study(folder / "healthy-but-named", hot=SMALL, reference=None)
    write_manifest(
        folder,
        name="Phantoms",
        labels=[{"label": "GTV"}, {"value": 1}],
        score="suv_max",
        studies={"healthy": {"no_lesions": True}, "healthy-but-named": {"no_lesions": True}},
    )
    return folder


def test_figures_are_those_the_phantoms_were_drawn_with(
    pet_version: ModelVersion, phantoms: Path
) -> None:
    run = run_folder(pet_version, phantoms)

    assert (run.state, run.reason_message) == (ValidationState.FINISHED, "")
    cases = cases_of(run)
    assert {one["state"] for one in cases.values()} == {"evaluated"}, cases
    for name in ("exact-seg", "exact-nifti"):
        (overlap,) = cases[name]["overlaps"]
        assert (overlap["masks"], overlap["dice"], overlap["hd95_mm"]) == ("both", 1.0, 0.0)
        assert overlap["volume_error_ml"] == 0.0
    moved = np.roll(LARGE, 1, axis=2)
    (overlap,) = cases["moved"]["overlaps"]
    assert overlap["dice"] == pytest.approx(2 * (moved & LARGE).sum() / (2 * LARGE.sum()))
    assert overlap["hd95_mm"] == pytest.approx(3.0), "one column of 3 mm"
    assert overlap["reference_ml"] == pytest.approx(LARGE.sum() * 5 * 2 * 3 / 1000)
    assert cases["missed"]["overlaps"][0]["dice"] == pytest.approx(
        2 * LARGE.sum() / (2 * LARGE.sum() + SMALL.sum())
    )
    assert cases["healthy"]["overlaps"][0]["masks"] == "both_empty"
    assert cases["healthy"]["outcome"] == "no_findings"
    assert cases["healthy-but-named"]["overlaps"][0]["masks"] == "only_model"
    found = run.metrics["detection"]
    assert (found["scans"], found["lesions"], found["found"]) == (7, 7, 6)
    assert found["false_positives"] == 2
    assert found["sensitivity"]["value"] == pytest.approx(6 / 7)
    # Wilson of 6 in 7, by the formula with z = 1.959964
    assert found["sensitivity"]["lower"] == pytest.approx(0.4869, abs=1e-4)
    assert found["sensitivity"]["upper"] == pytest.approx(0.9743, abs=1e-4)
    assert found["false_positives_per_scan"]["value"] == pytest.approx(2 / 7)
    assert found["scans_without_lesions"] == 2
    assert found["scans_without_lesions_clean"]["value"] == 0.5
    (overlap,) = run.metrics["overlap"]
    assert [overlap[key] for key in ("both", "both_empty", "only_reference", "only_model")] == [
        5, 1, 0, 1,
    ]  # fmt: skip
    froc = found["froc"]
    assert froc["reason"] == "", "the folder names suv_max as score"
    assert froc["points"][-1]["sensitivity"] == pytest.approx(6 / 7)
    assert run.metrics["calibration"]["n"] == 0, "an SUV is no probability"


def test_nothing_enters_a_clinical_table_or_the_archive(
    pet_version: ModelVersion, phantoms: Path
) -> None:
    run_folder(pet_version, phantoms, limit=2)

    for table in (Study, Series, Instance, Job, Finding):
        assert table.objects.count() == 0, table
    archive = conf.result_store().parent
    assert not list((archive / "series").rglob("*")) if (archive / "series").exists() else True
    assert not list((archive / "volumes").rglob("*")) if (archive / "volumes").exists() else True
    left = [one for one in (archive.parent / "ai" / "validation").rglob("*") if one.is_file()]
    assert left == [], "copies of images are removed"


def test_the_same_folder_gives_the_same_digest_and_a_changed_byte_another(
    pet_version: ModelVersion, phantoms: Path
) -> None:
    first, second = (run_folder(pet_version, phantoms, limit=1) for _ in range(2))
    readme = phantoms / "exact-nifti" / "README.txt"
    readme.write_text("a note")
    third = run_folder(pet_version, phantoms, limit=1)

    assert first.dataset_sha256 == second.dataset_sha256 != third.dataset_sha256
    assert first.studies_total == 1
    assert first.metrics["detection"] == second.metrics["detection"]
    (case,) = cases_of(third).values()
    assert case["state"] == "evaluated"
    assert ["other_files", "1 files are no DICOM and passed over."] in case["remarks"]


def test_subgroups_of_ten_are_shown_and_smaller_ones_are_not(
    pet_version: ModelVersion, tmp_path: Path
) -> None:
    folder = tmp_path / "groups"
    for number in range(10):
        write_study(folder / f"f{number:02d}", hot=LARGE, reference=LARGE)
    write_study(folder / "m00", hot=LARGE, reference=SMALL, PatientSex="M")

    rows = {
        (one["axis"], one["value"]): one
        for one in run_folder(pet_version, folder).metrics["subgroups"]
    }

    assert rows["sex", "F"]["sensitivity"]["value"] == 1.0
    assert rows["sex", "F"]["dice"]["median"] == 1.0
    assert set(rows["sex", "M"]) == {"axis", "value", "is_suppressed"}
    assert rows["age", "60-79"]["studies"] == 11, "born 1960, seen 2025"
    assert rows["scanner", "ACME Ring 9"]["studies"] == 11
    assert rows["site", "North"]["studies"] == 11
    assert rows["slice_thickness", "3-5 mm"]["studies"] == 11


# --- what is left out, by name -----------------------------------------------------------------


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """One good study, and every way a study can be unusable beside it."""
    folder = tmp_path / "hostile"
    write_study(folder / "good", hot=LARGE, reference=LARGE)
    write_study(folder / "no-mask", hot=LARGE, reference=None)
    slices = write_study(folder / "truncated", hot=LARGE, reference=LARGE)
    path = folder / "truncated" / "images" / "slice003.dcm"
    path.write_bytes(path.read_bytes()[:900])
    write_study(folder / "missing-slice", hot=LARGE, reference=LARGE)
    (folder / "missing-slice" / "images" / "slice006.dcm").unlink()
    write_study(folder / "mask-of-others", hot=LARGE, reference=LARGE)
    for one in (folder / "mask-of-others" / "images").iterdir():
        one.unlink()
    write_files(folder / "mask-of-others" / "ct", make_series(count=5))
    (folder / "linked-file").mkdir()
    (folder / "linked-file" / "a.dcm").symlink_to("/etc/hostname")
    (folder / "linked-study").symlink_to(folder / "good")
    write_study(folder / "pipe", hot=LARGE, reference=LARGE)
    os.mkfifo(folder / "pipe" / "wait")
    write_study(folder / "two-patients", hot=LARGE, reference=LARGE)
    other = pet_slices(LARGE, PatientID="P-2")
    write_files(folder / "two-patients" / "more", [to_bytes(one) for one in other])
    write_study(folder / "elsewhere", hot=LARGE, reference=None)
    (folder / "elsewhere" / "gtv.nii.gz").write_bytes(b"\x1f\x8b" + b"\0" * 40)
    (folder / "empty").mkdir()
    duplicate = pet_slices(LARGE)
    write_files(folder / "duplicate", [to_bytes(one) for one in duplicate])
    duplicate[0].PatientWeight = 71.0
    write_files(folder / "duplicate" / "again", [to_bytes(duplicate[0])])
    write_study(folder / "wrong-label", hot=LARGE, reference=LARGE, label="Liver")
    write_study(folder / "no-suv", hot=LARGE, reference=LARGE, Units="PROPCNT")
    write_study(folder / "ct", hot=LARGE, reference=LARGE, Modality="CT")
    ambiguous = write_study(folder / "two-series", hot=LARGE, reference=None, kind="nifti")
    again = pet_slices(LARGE, study_uid=ambiguous[0].StudyInstanceUID)
    write_files(folder / "two-series" / "second", [to_bytes(one) for one in again])
    write_manifest(
        folder,
        labels=[{"label": "GTV"}],
        studies={"two-series": {"no_lesions": True}},
    )
    assert slices
    return folder


EXPECTED = {
    "good": ("evaluated", ""),
    "no-mask": ("refused", "no_reference"),
    "truncated": ("refused", "unreadable_file"),
    "missing-slice": ("out_of_scope", "missing_slices"),
    "mask-of-others": ("refused", "no_matching_label"),
    "linked-file": ("refused", "link"),
    "linked-study": ("refused", "link"),
    "pipe": ("refused", "special_file"),
    "two-patients": ("refused", "several_patients"),
    "elsewhere": ("refused", "nifti_bad_gzip"),
    "empty": ("refused", "no_images"),
    "duplicate": ("refused", "duplicate_instance"),
    "wrong-label": ("refused", "no_matching_label"),
    "no-suv": ("out_of_scope", "units_not_convertible"),
    "ct": ("out_of_scope", "modality"),
    "two-series": ("refused", "series_ambiguous"),
}


def test_each_study_that_is_left_out_says_why_and_the_run_goes_on(
    pet_version: ModelVersion, hostile: Path
) -> None:
    run = run_folder(pet_version, hostile)

    assert run.state == ValidationState.FINISHED
    cases = cases_of(run)
    found = {name: (one["state"], one["reason_code"]) for name, one in cases.items()}
    assert found == EXPECTED
    assert all(one["reason"] for name, one in cases.items() if name != "good")
    assert run.metrics["detection"]["sensitivity"]["value"] == 1.0, "left out is not missed"
    assert run.metrics["detection"]["lesions"] == 1
    counts = run.metrics["studies"]
    assert (run.studies_evaluated, counts["evaluated"]) == (1, 1)
    by_code = {one["code"]: one for one in counts["left_out"]}
    assert by_code["modality"]["reference_lesions"] == 1, "read though the model was not run"


def test_a_runner_that_fails_is_a_failed_study_and_no_miss(
    pet_version: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "set"
    write_study(folder / "a", hot=LARGE, reference=LARGE)
    write_study(folder / "b", hot=LARGE, reference=LARGE)
    runner = running.model_runner()
    genuine, calls = type(runner).run, []

    def breaks_at_first(self: Any, **request: Any) -> Any:
        calls.append(1)
        if len(calls) <= running.ATTEMPTS:
            raise RunnerError("runner_died", "The model runner ended by signal 9.", retryable=True)
        return genuine(self, **request)

    monkeypatch.setattr(type(runner), "run", breaks_at_first)
    run = run_folder(pet_version, folder)

    cases = cases_of(run)
    assert (cases["a"]["state"], cases["a"]["reason_code"]) == ("failed", "runner_died")
    assert cases["b"]["state"] == "evaluated"
    assert run.metrics["detection"]["sensitivity"]["value"] == 1.0
    (left,) = run.metrics["studies"]["left_out"]
    assert (left["state"], left["reference_lesions"]) == ("failed", 1)


# --- the report --------------------------------------------------------------------------------


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [
            value or "" for name, value in attrs if name in {"src", "href", "data", "action"}
        ]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_report_needs_nothing_from_outside_and_runs_nothing(
    pet_version: ModelVersion, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    name = "<script>alert(1)</script>"
    write_study(
        folder / "a <b>&amp; x", hot=LARGE, reference=LARGE,
        Manufacturer="<img src=x onerror=1>", InstitutionName='"><svg/onload=1>',
    )  # fmt: skip
    write_study(folder / "=cmd()", hot=LARGE, reference=None, label=name)
    run = run_folder(pet_version, folder)

    html = storage.get_bytes(sha256=run.report_sha256).decode()
    page = Page(html)
    assert page.addresses == []
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert "default-src 'none'" in html
    assert "a <b>&amp; x" in page.text
    for said in (
        "Research use. Not a medical device.",
        run.model_tree_sha256,
        run.dataset_sha256,
        "2 studies: 1 evaluated, 0 out of scope, 0 failed, 1 refused",
        "no_reference",
        "test",
    ):
        assert said in page.text, said
    rows = list(
        csv.DictReader(io.StringIO(storage.get_bytes(sha256=run.rows_sha256).decode("utf-8-sig")))
    )
    assert {one["study"]: one["state"] for one in rows} == {
        "a <b>&amp; x": "evaluated",
        "'=cmd()": "refused",
    }
    assert document_of(run)["note"].startswith("Research use")


def test_a_scanner_or_site_of_a_shown_group_is_escaped(
    pet_version: ModelVersion, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    for number in range(10):
        write_study(folder / f"{number}", hot=LARGE, reference=LARGE,
                    Manufacturer="<script>x</script>")  # fmt: skip
    html = storage.get_bytes(sha256=run_folder(pet_version, folder).report_sha256).decode()

    assert "<script" not in html
    assert "&lt;script&gt;x&lt;/script&gt; Ring 9" in html


# --- the life of a run -------------------------------------------------------------------------


def test_summary_for_the_versions_record(pet_version: ModelVersion, phantoms: Path) -> None:
    run = run_folder(pet_version, phantoms)
    summary = services.summarise_for_record(run)

    assert json.loads(json.dumps(summary)) == summary
    assert summary["model_tree_sha256"] == pet_version.tree_sha256
    assert summary["studies"] == {
        "total": 7, "evaluated": 7, "out_of_scope": 0, "failed": 0, "refused": 0,
    }  # fmt: skip
    assert summary["sensitivity"]["n"] == 7
    unfinished = services.create_run(
        actor=SYSTEM, version_id=pet_version.pk, folder="x", limit=None
    )
    with pytest.raises(ValidationNotPossible):
        services.summarise_for_record(unfinished)


def test_one_run_at_a_time_and_a_doubled_bell_does_nothing(
    pet_version: ModelVersion, phantoms: Path
) -> None:
    first = services.create_run(actor=SYSTEM, version_id=pet_version.pk, folder="a", limit=None)
    with pytest.raises(ValidationNotPossible) as refused:
        services.create_run(actor=SYSTEM, version_id=pet_version.pk, folder="b", limit=None)

    assert refused.value.error_code == "run_open"
    assert services.claim_run(run_id=first.pk, worker="one") is not None
    assert services.claim_run(run_id=first.pk, worker="two") is None


def test_a_run_whose_worker_is_gone_fails_and_says_so(pet_version: ModelVersion) -> None:
    run = services.create_run(actor=SYSTEM, version_id=pet_version.pk, folder="a", limit=None)
    services.claim_run(run_id=run.pk, worker="one")
    ValidationRun.objects.filter(pk=run.pk).update(
        lease_until=timezone.now() - conf.VALIDATION_LEASE
    )

    services.sweep_runs()

    run.refresh_from_db()
    assert (run.state, run.reason_code) == (ValidationState.FAILED, "worker_lost")
    assert not services.report_progress(run_id=run.pk, progress=0.5, stage="late", counts={})


def test_cancelled_between_two_studies_it_ends_without_a_report(
    pet_version: ModelVersion, phantoms: Path
) -> None:
    run = services.create_run(actor=SYSTEM, version_id=pet_version.pk, folder="a", limit=None)
    claimed = services.claim_run(run_id=run.pk, worker="one")
    assert claimed is not None
    seen: list[int] = []

    def cancel_at_the_third() -> None:
        seen.append(1)
        if len(seen) == 3:
            ValidationRun.objects.filter(pk=run.pk).update(cancel_requested=True)

    running.run_claimed(run=claimed, folder=phantoms, between=cancel_at_the_third)

    run.refresh_from_db()
    assert (run.state, run.report_sha256) == (ValidationState.CANCELLED, "")
    assert len(seen) == 3


def test_a_broken_validation_json_fails_the_run(pet_version: ModelVersion, phantoms: Path) -> None:
    (phantoms / "validation.json").write_text("{")
    run = run_folder(pet_version, phantoms)

    assert (run.state, run.reason_code) == (ValidationState.FAILED, "bad_manifest")


def test_the_command_runs_and_writes_its_files(
    pet_version: ModelVersion, phantoms: Path, tmp_path: Path
) -> None:
    said = StringIO()
    call_command(
        "validate_model", "pet-uptake", pet_version.version, str(phantoms),
        "--limit", "2", "--output", str(tmp_path / "out"), stdout=said,
    )  # fmt: skip

    assert "2 studies: 2 evaluated" in said.getvalue()
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [
        "cases.csv",
        "metrics.json",
        "report.html",
    ]
    with pytest.raises(CommandError, match="no version"):
        call_command("validate_model", "pet-uptake", "9.9", str(phantoms), stdout=said)
