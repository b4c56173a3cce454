"""Studies that cannot be used: each by its name, and the run goes on with the others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from apps.ai.choices import ValidationState
from apps.ai.models import ModelVersion
from apps.ai.runner.client import RunnerError
from apps.ai.validation_runs import running
from tests.apps.ai.test_validation_run import LARGE, cases_of, pet_version, run_folder
from tests.apps.ai.validation_phantoms import pet_slices, write_manifest, write_study
from tests.apps.imaging.dicom import make_series, to_bytes, write_files

__all__ = ["pet_version"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_runner")]


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
