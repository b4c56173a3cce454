"""Compute the examinations into files, once, with what is true about them beside."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from apps.demo.dicom.ct import SERIES as CT_SERIES
from apps.demo.dicom.ct import write_ct
from apps.demo.dicom.pet import SERIES as PET_SERIES
from apps.demo.dicom.pet import PhantomPet, generate_pet, write_pet
from apps.demo.dicom.radiotherapy import (
    SphericalDose,
    sphere_mask,
    write_dose,
    write_plan,
    write_structures,
)
from apps.demo.hospital.recipes import StudyRecipe
from apps.demo.hospital.truth import describe_dvh, describe_pet, describe_volume
from apps.demo.phantoms import PhantomVolume, TumourSpec, generate_ct, place_tumours

GENERATOR_VERSION = 1
"""Raise it when the phantoms or their objects change: cached files are then made anew."""

PTV_MARGIN_MM = 9.0
PRESCRIPTION_GY = 54.0
FRACTIONS = 3


def fingerprint(recipe: StudyRecipe) -> str:
    """What a cached examination depends on."""
    return hashlib.sha256(f"{GENERATOR_VERSION} {recipe!r}".encode()).hexdigest()


def is_built(*, recipe: StudyRecipe, root: Path) -> bool:
    truth = root / recipe.key / "truth.json"
    if not truth.exists():
        return False
    return bool(json.loads(truth.read_text())["fingerprint"] == fingerprint(recipe))


def build_each(
    *, recipes: tuple[StudyRecipe, ...], root: Path, processes: int | None = None
) -> Iterator[tuple[StudyRecipe, bool]]:
    """Yield each recipe once its files are there, with whether they were computed now.

    What is cached comes at once; the rest as it is done, in up to two processes.
    """
    missing = []
    for one in recipes:
        if is_built(recipe=one, root=root):
            yield one, False
        else:
            missing.append(one)
    if not missing:
        return
    root.mkdir(parents=True, exist_ok=True)
    workers = processes or min(2, os.cpu_count() or 1, len(missing))
    if workers == 1:
        for one in missing:
            build_study(recipe=one, root=root)
            yield one, True
        return
    # A fresh interpreter each: forking a process with database threads is unsafe.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(build_study, recipe=one, root=root): one for one in missing}
        for future in as_completed(futures):
            future.result()
            yield futures[future], True


def build_all(
    *, recipes: tuple[StudyRecipe, ...], root: Path, processes: int | None = None
) -> list[str]:
    """Build what is missing; keys of the examinations that were computed now."""
    each = build_each(recipes=recipes, root=root, processes=processes)
    return [one.key for one, was_built in each if was_built]


def lesions_of(recipe: StudyRecipe) -> tuple[TumourSpec, ...]:
    """The lesions of an examination at their places and sizes of that day."""
    shift = recipe.pose.shift_lps
    placed = place_tumours(seed=recipe.seed, tumours=recipe.tumours, sex=recipe.study.patient.sex)
    growth = recipe.growth or (1.0,) * len(placed)
    return tuple(
        replace(
            one,
            diameter_mm=one.diameter_mm * factor,
            centre_lps=_shift(one.centre_lps, shift),
        )
        for one, factor in zip(placed, growth, strict=True)
    )


def _shift(
    point: tuple[float, float, float] | None, by: tuple[float, float, float]
) -> tuple[float, float, float] | None:
    return None if point is None else (point[0] + by[0], point[1] + by[1], point[2] + by[2])


def build_study(*, recipe: StudyRecipe, root: Path) -> Path:
    """Write one examination: its objects, ``truth.json`` and ``masks.npz``. All or nothing."""
    target, partial = root / recipe.key, root / f".{recipe.key}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    study, lesions = recipe.study, lesions_of(recipe)
    shape, spacing = recipe.grid
    volume = generate_ct(
        seed=recipe.seed,
        shape=shape,
        spacing_mm=spacing,
        tumours=lesions,
        noise_seed=int(hashlib.sha256(recipe.key.encode()).hexdigest()[:8], 16),
        sex=study.patient.sex,
        pose=recipe.pose,
    )
    truth: dict[str, Any] = {
        "fingerprint": fingerprint(recipe),
        "synthetic": True,
        "seed": recipe.seed,
        "patient_id": study.patient.patient_id,
        "study_instance_uid": study.uid,
        "frame_of_reference_uid": study.frame_of_reference_uid,
        "ct": {
            "series_instance_uid": study.series_uid(CT_SERIES),
            **describe_volume(volume),
        },
    }
    masks: dict[str, NDArray[np.bool_]] = {"ct_tumour": volume.truth["tumour"]}
    for ds in write_ct(study=study, volume=volume, description=study.description):
        _save(ds, partial)
    if recipe.with_pet:
        pet = generate_pet(
            seed=recipe.seed, tumours=lesions, sex=study.patient.sex, pose=recipe.pose,
            grid=recipe.pet_grid,
        )  # fmt: skip
        truth["pet"] = _write_pet(recipe, pet, partial)
        masks |= {f"pet_{name}": mask for name, mask in pet.truth.items() if "tumour" in name}
    if recipe.with_radiotherapy:
        truth["radiotherapy"] = _write_radiotherapy(recipe, volume, partial)
    _write_masks(partial / "masks.npz", masks)
    (partial / "truth.json").write_text(json.dumps(truth, indent=1, sort_keys=True))
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
    return target


def _save(ds: Dataset, folder: Path) -> None:
    name = f"{ds.Modality}-{int(ds.InstanceNumber):04d}.dcm"
    pydicom.dcmwrite(folder / name, ds, enforce_file_format=True)


def _write_pet(recipe: StudyRecipe, pet: PhantomPet, folder: Path) -> dict[str, Any]:
    objects = list(write_pet(study=recipe.study, pet=pet))
    for ds in objects:
        _save(ds, folder)
    return {
        "series_instance_uid": recipe.study.series_uid(PET_SERIES),
        **describe_pet(pet=pet, objects=objects),
    }


def _write_radiotherapy(recipe: StudyRecipe, volume: PhantomVolume, folder: Path) -> dict[str, Any]:
    study, centre = recipe.study, volume.tumour_centres_lps[0]
    radius = volume.tumours[0].diameter_mm / 2 + PTV_MARGIN_MM
    # 95 % of the prescription at the surface of the target.
    maximum = PRESCRIPTION_GY * 1.10
    half = radius / (maximum / (0.95 * PRESCRIPTION_GY) - 1) ** 0.25
    dose = SphericalDose(centre, maximum, half)
    structures = {
        "BODY": volume.truth["body"],
        "GTV": volume.truth["tumour_0"],
        "PTV": sphere_mask(volume, centre, radius),
        "LUNG_L": volume.truth["lung_left"],
        "LUNG_R": volume.truth["lung_right"],
        "HEART": volume.truth["heart"],
        "CORD": volume.truth["cord"],
    }
    rtstruct = write_structures(study=study, volume=volume, masks=structures)
    plan = write_plan(
        study=study,
        structures=rtstruct,
        dose=dose,
        prescription_gy=PRESCRIPTION_GY,
        fractions=FRACTIONS,
        target_roi=list(structures).index("PTV") + 1,
    )
    rtdose = write_dose(study=study, volume=volume, plan=plan, dose=dose)
    for ds in (rtstruct, plan, rtdose):
        _save(ds, folder)
    return describe_dvh(volume=volume, dose=dose, ptv_radius_mm=radius, structures=structures)


def _write_masks(path: Path, masks: dict[str, NDArray[np.bool_]]) -> None:
    packed: dict[str, Any] = {}
    for name, mask in masks.items():
        packed[name] = np.packbits(mask)
        packed[f"{name}_shape"] = np.asarray(mask.shape)
    np.savez_compressed(path, **packed)


def read_mask(*, folder: Path, name: str) -> NDArray[np.bool_]:
    """A truth mask that was written beside an examination."""
    with np.load(folder / "masks.npz") as stored:
        shape = tuple(int(n) for n in stored[f"{name}_shape"])
        count = int(np.prod(shape))
        return np.unpackbits(stored[name], count=count).reshape(shape).astype(bool)
