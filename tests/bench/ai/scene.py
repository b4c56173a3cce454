"""A 300-slice CT of a phantom with lesions, in a house with its AI worker, and as plain files.

The phantom is drawn at half the resolution and every voxel doubled along each axis, with noise of
its own, so that drawing it costs seconds instead of minutes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from apps.demo.dicom.common import PhantomPatient, PhantomStudy
from apps.demo.dicom.ct import write_ct
from apps.demo.phantoms import PhantomVolume, TumourSpec, generate_ct
from tests.e2e.harness import Stack

SLICES, ROWS, COLUMNS = 300, 512, 512
BUNDLE = Path(__file__).resolve().parents[3] / "apps" / "ai" / "bundles" / "phantom_tumour"
STUDY = PhantomStudy(
    patient=PhantomPatient("BENCH-AI", "Bench^Phantom", "19600101", "F"),
    key="bench-ai",
    date="20260101",
    time="101500",
    description="CT 300 slices",
    accession_number="BA1",
)
LESIONS = (TumourSpec("liver", 34, suv=7.0, identity=1), TumourSpec("lung_right", 28, identity=2))


@dataclass(frozen=True)
class Files:
    """The series as files: DICOM, and the NIfTI that a bundle's own script reads."""

    dicom: Path
    nifti: Path
    hounsfield: NDArray[np.int16]

    def paths(self) -> list[Path]:
        """In slice order."""
        return sorted(self.dicom.glob("*.dcm"))


def write_series(directory: Path) -> Files:
    """(slice, row, column) = 300 × 512 × 512, 1.2 × 0.74 × 0.74 mm."""
    half = generate_ct(
        seed=11, shape=(SLICES // 2, ROWS // 2, COLUMNS // 2), spacing_mm=(2.4, 1.48, 1.48),
        tumours=LESIONS, noise_hu=0, with_truth=False,
    )  # fmt: skip
    volume = _doubled(half)
    dicom = directory / "dicom"
    dicom.mkdir(parents=True)
    for number, dataset in enumerate(write_ct(study=STUDY, volume=volume, description="bench")):
        dataset.save_as(dicom / f"{number:04d}.dcm", enforce_file_format=True)
    nifti = directory / "nifti" / "series.nii.gz"
    nifti.parent.mkdir()
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine_lps
    image = nibabel.Nifti1Image(np.ascontiguousarray(volume.hu.transpose(2, 1, 0)), affine)
    nibabel.openers.Opener.default_compresslevel = 1
    nibabel.save(image, nifti)
    return Files(dicom=dicom, nifti=nifti, hounsfield=volume.hu)


def _doubled(half: PhantomVolume) -> PhantomVolume:
    hounsfield = half.hu
    for axis in range(3):
        hounsfield = hounsfield.repeat(2, axis=axis)
    noise = np.random.default_rng(5).normal(0, 10, hounsfield.shape).astype(np.float32)
    noisy = np.clip(np.rint(hounsfield + noise), -1024, 3071).astype(np.int16)
    spacing_mm = tuple(one / 2 for one in half.spacing_mm)
    affine = half.affine_lps @ np.diag([0.5, 0.5, 0.5, 1.0])
    # The first small voxel's centre lies a quarter of a large one before the large one's.
    affine[:3, 3] = (half.affine_lps @ np.array([-0.25, -0.25, -0.25, 1.0]))[:3]
    return replace(half, hu=noisy, spacing_mm=spacing_mm, affine_lps=affine, truth={})


@dataclass
class Scene:
    """A house with the series and the approved bundle; Django of this process speaks to it."""

    house: Stack
    files: Files
    team: Any
    version: Any
    series: Any


@contextmanager
def open_scene(*, directory: Path) -> Iterator[Scene]:
    files = write_series(directory / "files")
    house = Stack(directory=directory / "house", orthanc=False, frontend=False)
    try:
        house.start()
        _speak_to(house)
        team, series = _bring_in(files)
        yield Scene(house, files, team, _approve(team, directory / "bundle"), series)
    finally:
        house.stop()


def _speak_to(house: Stack) -> None:
    os.environ |= {
        **{name: house.urls()[name] for name in ("DATABASE_URL", "REDIS_URL")},
        "CONSILIUM_VAR": str(house.state_directory),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    import django

    django.setup()


def _bring_in(files: Files) -> tuple[Any, Any]:
    from apps.cases.services import create_patient
    from apps.imaging.models import Series
    from apps.imaging.services import import_files
    from tests.people import SYSTEM, make_case_team

    patient = create_patient(
        actor=SYSTEM, patient_id=STUDY.patient.patient_id, issuer="", name="Bench^Phantom",
        birth_date=date(1960, 1, 1), sex="F",
    )  # fmt: skip
    team = make_case_team(patient=patient)
    done = import_files(actor=team.actor("radiologist"), case_id=team.case_id, paths=[files.dicom])
    verdicts = {(one.verdict, one.reason) for one in done.files.all()}
    if verdicts != {("stored", "")}:
        raise AssertionError(f"not imported: {verdicts}")
    return team, Series.objects.get()


def _approve(team: Any, copy: Path) -> Any:
    from apps.ai import services
    from tests.apps.ai.world import put_into_use
    from tests.people import SYSTEM

    shutil.copytree(BUNDLE, copy)
    version = services.install_bundle(actor=SYSTEM, source=copy, slug="bench")
    return put_into_use(team=team, version=version)
