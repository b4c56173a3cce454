"""Local validation on real studies, read in place: RT Structure Sets, a NIfTI beside them, DROs."""

from __future__ import annotations

import shutil
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from apps.ai.models import ModelVersion, ValidationRun
from apps.ai.validation_runs import running, services
from apps.core.actors import Actor
from apps.imaging.loose import read_loose
from apps.imaging.radiotherapy.filling import fill_contours
from apps.imaging.radiotherapy.structures import read_structure_set
from apps.imaging.research.grid import read_grid
from tests.apps.ai.real_data import (
    load_series,
    rasterise_contours,
    read_nifti_mask,
    shared_data,
)
from tests.apps.ai.test_validation_run import cases_of
from tests.apps.ai.validation_phantoms import write_manifest

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("fresh_runner"),
    pytest.mark.slow,
]
STS = "03-petctmr-sarcoma-STS_001"


@pytest.fixture
def versions(house: Path) -> dict[str, ModelVersion]:
    call_command("register_models", stdout=StringIO())
    found = ModelVersion.objects.select_related("model")
    return {one.model.slug: one for one in found}


def run_on(version: ModelVersion, folder: Path) -> ValidationRun:
    run = services.create_run(
        actor=Actor.system("test"), version_id=version.pk, folder=folder.name, limit=None
    )
    claimed = services.claim_run(run_id=run.pk, worker="test")
    assert claimed is not None
    running.run_claimed(run=claimed, folder=folder)
    run.refresh_from_db()
    assert (run.state, run.reason_message) == ("finished", "")
    return run


def say(*words: Any) -> None:
    """Figures for the report; shown with ``-s``."""
    print(*words, file=sys.stderr)


@pytest.mark.parametrize("modality", ["PET", "CT", "MR_T1"])
def test_filled_contours_are_the_masks_ibsi_published(tmp_path: Path, modality: str) -> None:
    """The IBSI data set gives each GTV as RT Structure Set and as the mask its figures rest on."""
    images = shared_data(STS, modality, "image")
    files = [*sorted(images.glob("*.dcm")), shared_data(STS, modality, "mask", "RS.dcm")]
    loose = read_loose(files, scratch=tmp_path)
    by_kind = {one.kind: one for one in loose.series.values()}
    grid = read_grid(by_kind["image"])
    (structures,) = (read_structure_set(one) for one in by_kind["rtstruct"].metadata())
    region = next(one for one in structures.regions if one.name.startswith("GTV_Mass"))

    filled = fill_contours(region.contours, affine_lps=grid.affine_lps, shape=grid.shape)

    series = load_series(images)
    ours = rasterise_contours(files[-1], region.name, series)
    assert (filled == ours).all(), "the other way round the polygon"
    published = read_nifti_mask(shared_data(STS, "reference-nifti", f"{modality}_mask.nii.gz"))
    # NIfTI runs along +x, +y (RAS); the DICOM rows run the other way, as the slices may.
    turns = [published[::s, ::r, ::c] for s in (1, -1) for r in (1, -1) for c in (1, -1)]
    best = max(2 * (turn & filled).sum() / (turn.sum() + filled.sum()) for turn in turns)
    say(modality, "voxels", int(filled.sum()), "published", int(published.sum()), "Dice", best)
    assert best > 0.97


def test_the_sarcomas_pet_is_evaluated_and_its_neighbours_are_named(
    versions: dict[str, ModelVersion],
) -> None:
    run = run_on(versions["pet-uptake"], shared_data(STS))

    cases = cases_of(run)
    assert {name: (one["state"], one["reason_code"]) for name, one in cases.items()} == {
        "CT": ("out_of_scope", "modality"),
        "MR_T1": ("out_of_scope", "modality"),
        "PET": ("evaluated", ""),
        "reference-nifti": ("refused", "no_images"),
    }
    assert cases["CT"]["reference_lesions"] == 1
    say("STS_001 PET", cases["PET"])
    say("detection", run.metrics["detection"])
    assert "placed_by_geometry" in {code for code, _ in cases["PET"]["remarks"]}
    assert cases["PET"]["lesions_found"] == 1


def test_digital_reference_objects(versions: dict[str, ModelVersion]) -> None:
    run = run_on(versions["pet-uptake"], shared_data("22-suv-dro"))

    for name, one in cases_of(run).items():
        say(name, one["state"], one["reason_code"], one["reason"], one["overlaps"])
    say("overlap", run.metrics["overlap"])
    say("detection", run.metrics["detection"])
    assert run.studies_evaluated + run.studies_out_of_scope + run.studies_refused == 8


def test_a_folder_of_everything_ends_each_study_by_a_name(
    versions: dict[str, ModelVersion],
) -> None:
    """All numbered sets of real files as if they were studies: none breaks the run."""
    folder = shared_data()
    run = run_on(versions["pet-uptake"], folder)

    cases = cases_of(run)
    for name, one in cases.items():
        said = {key: one[key] for key in ("lesions_found", "false_positives", "overlaps")}
        say(name, one["state"], one["reason_code"], one["reason"], said, one["remarks"])
    assert len(cases) >= 20
    assert all(one["reason_code"] for one in cases.values() if one["state"] != "evaluated")
    assert not [one for one in cases.values() if one["reason_code"] == "internal_error"]
    assert np.isfinite(run.progress)


def test_two_pet_series_of_the_sarcoma_against_the_mass_alone(
    versions: dict[str, ModelVersion], tmp_path: Path
) -> None:
    """Named labels: the oedema drawn beside the mass in 04 is not compared."""
    folder = tmp_path / "sarcoma"
    shutil.copytree(shared_data(STS, "PET"), folder / "sts-001-suv")
    shutil.copytree(shared_data("04-pet-raw-BQML-STS_001"), folder / "sts-001-bqml")
    write_manifest(
        folder,
        name="STS_001, PET",
        labels=[{"label": "GTV_Mass"}, {"label": "GTV_Mass_PET"}],
        matching="centre",
        score="suv_max",
    )

    run = run_on(versions["pet-uptake"], folder)

    for name, one in cases_of(run).items():
        say(name, one["lesions_found"], one["false_positives"], one["duplicates"], one["overlaps"])
    say("detection", run.metrics["detection"])
    assert run.studies_evaluated == 2
    assert run.metrics["detection"]["froc"]["reason"] == ""
