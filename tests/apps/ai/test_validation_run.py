"""A model on a folder of phantoms: through the real runner, to figures known beforehand."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from apps.ai import conf, storage
from apps.ai.choices import ValidationState
from apps.ai.models import Finding, Job, ModelVersion, ValidationRun
from apps.ai.validation_runs import running, services
from apps.core.actors import Actor
from apps.imaging.models import Instance, Series, Study
from tests.apps.ai.validation_phantoms import (
    SHAPE,
    ball,
    write_manifest,
    write_study,
)

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
