"""Draw a whole phantom: the one entry point."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from apps.demo.phantoms import anatomy as tissue
from apps.demo.phantoms.abdomen import Belly
from apps.demo.phantoms.anatomy import Anatomy
from apps.demo.phantoms.body import Surfaces, paint_body_wall, paint_table
from apps.demo.phantoms.bowel import Gut
from apps.demo.phantoms.canvas import Axes, Canvas, Warp
from apps.demo.phantoms.noise import make_quantum_noise
from apps.demo.phantoms.shapes import Floats
from apps.demo.phantoms.skeleton import Spine, paint_ribs, paint_scapulae, paint_sternum
from apps.demo.phantoms.thorax import Chest
from apps.demo.phantoms.tumours import (
    PlacedTumour,
    TumourSpec,
    choose_centre,
    paint_tumour,
    tumour_distance,
)
from apps.demo.phantoms.vessels import Tree

FULL_SHAPE = (120, 512, 512)
FULL_SPACING_MM = (3.0, 0.74, 0.74)
COARSE_SHAPE = (92, 96, 96)
COARSE_SPACING_MM = (4.0, 4.0, 4.0)
TOP_Z_MM = 222.0
CENTRE_Y_MM = 22.0


@dataclass(frozen=True)
class Pose:
    """How the patient lies this time.

    Parameters
    ----------
    shift_lps
        Where the patient's own origin lies in the scanner, mm.
    breath_mm
        How much higher the diaphragm stands than at the reference breath.
    """

    shift_lps: tuple[float, float, float] = (0.0, 0.0, 0.0)
    breath_mm: float = 0.0


@dataclass(frozen=True)
class PhantomVolume:
    """A phantom CT and what is true about it.

    Attributes
    ----------
    hu
        int16, (slice, row, column); slices run from foot to head.
    truth
        Boolean masks of the same shape: ``body``, ``lung_left``, ``lung_right``, ``heart``,
        ``liver``, ``spleen``, ``kidney_left``, ``kidney_right``, ``aorta``, ``cord``,
        ``tumour`` (all lesions) and ``tumour_0``, ``tumour_1``, ... in the order asked for.
    affine_lps
        4 x 4; (column, row, slice, 1) to LPS millimetres.
    spacing_mm
        (slice, row, column).
    """

    hu: NDArray[np.int16]
    truth: dict[str, NDArray[np.bool_]]
    affine_lps: NDArray[np.float64]
    spacing_mm: tuple[float, float, float]
    anatomy: Anatomy
    tumours: tuple[TumourSpec, ...]
    tumour_centres_lps: tuple[tuple[float, float, float], ...]
    pose: Pose = field(default_factory=Pose)

    def volume_ml(self, name: str) -> float:
        """Volume of one truth mask."""
        return float(self.truth[name].sum() * np.prod(self.spacing_mm) / 1000)


@dataclass(frozen=True)
class _Plan:
    """What is decided once per patient, whatever the grid: branches and where to put lesions."""

    trees: dict[str, Tree]
    points: NDArray[np.float64]
    lung_depth: Floats
    liver_depth: Floats
    side: Floats
    upper: NDArray[np.bool_]
    clear_of_hilum: NDArray[np.bool_]


@lru_cache(maxsize=4)
def _plan(person: Anatomy) -> _Plan:
    axes = Axes(np.arange(-170.0, 236, 5), np.arange(-125.0, 130, 5), np.arange(-180.0, 181, 5))
    canvas = Canvas(axes, Warp(person.seed), tissue.AIR)
    surfaces = Surfaces(canvas, person, 0.0)
    spine = Spine(canvas, surfaces)
    column = canvas.empty(canvas.whole())
    column[spine.box.coarse] = spine.body_outline
    chest, belly = Chest(canvas, surfaces, column), Belly(canvas, surfaces)
    trees = {**chest.plant_trees(), **belly.plant_trees()}
    lung = -chest.lungs
    liver = np.full_like(lung, -1000)
    liver[belly.liver_box.coarse] = -belly.liver
    keep = np.flatnonzero((lung > 3).ravel() | (liver > 3).ravel())
    grid = np.stack(np.meshgrid(axes.z, axes.y, axes.x, indexing="ij"), axis=-1).reshape(-1, 3)
    points = grid[keep][:, ::-1]
    hilum = np.minimum(
        *(np.linalg.norm(points - h, axis=1) for h in ((50, 26, 128), (-44, 16, 128)))
    )
    return _Plan(
        trees=trees,
        points=points,
        lung_depth=lung.ravel()[keep],
        liver_depth=liver.ravel()[keep],
        side=surfaces.at.x.ravel()[keep],
        upper=chest.oblique.ravel()[keep] > 4,
        clear_of_hilum=hilum > 32,
    )


def generate_ct(
    *,
    seed: int,
    shape: tuple[int, int, int] = FULL_SHAPE,
    spacing_mm: tuple[float, float, float] = FULL_SPACING_MM,
    tumours: tuple[TumourSpec, ...] | list[TumourSpec] = (),
    noise_hu: float = 11.0,
    noise_seed: int | None = None,
    sex: str | None = None,
    pose: Pose | None = None,
    with_truth: bool = True,
) -> PhantomVolume:
    """Draw the CT of one phantom patient, arms raised, portal-venous phase.

    Parameters
    ----------
    seed
        Fixes the patient. The same seed on another grid is the same patient.
    shape, spacing_mm
        (slice, row, column). ``COARSE_SHAPE`` with ``COARSE_SPACING_MM`` covers the same
        region as the full grid in a few seconds.
    tumours
        Lesions to plant; where ``centre_lps`` is absent their place is drawn from the seed.
    noise_hu
        Deviation of the quantum noise in the middle of the body; 0 for none.
    noise_seed
        Another value gives another exposure of the same patient.
    with_truth
        Without it only the masks of the lesions are kept.
    """
    person = Anatomy.sample(seed, sex)
    pose = pose or Pose()
    scale = (person.width, person.depth, person.height)
    shift = pose.shift_lps
    z = TOP_Z_MM - spacing_mm[0] * np.arange(shape[0])[::-1]
    y = CENTRE_Y_MM + spacing_mm[1] * (np.arange(shape[1]) - (shape[1] - 1) / 2)
    x = spacing_mm[2] * (np.arange(shape[2]) - (shape[2] - 1) / 2)
    axes = Axes(
        z=np.asarray((z - shift[2]) / scale[2], dtype=np.float64),
        y=np.asarray((y - shift[1]) / scale[1], dtype=np.float64),
        x=np.asarray((x - shift[0]) / scale[0], dtype=np.float64),
    )
    plan = _plan(person)
    placed = _place(plan, tumours, person, scale, shift)
    truth, hu = _draw(
        axes=axes, person=person, pose=pose, plan=plan, placed=placed, organs=with_truth
    )
    if noise_hu:
        _add_noise(hu, noise_hu, seed if noise_seed is None else noise_seed, spacing_mm)
    affine = np.diag([spacing_mm[2], spacing_mm[1], spacing_mm[0], 1.0])
    affine[:3, 3] = (x[0], y[0], z[0])
    centres = tuple(
        tuple(float(c * s + d) for c, s, d in zip(p.centre, scale, shift, strict=True))
        for p in placed
    )
    return PhantomVolume(
        hu=np.clip(np.rint(hu), -1024, 3071).astype(np.int16),
        truth=truth,
        affine_lps=affine,
        spacing_mm=spacing_mm,
        anatomy=person,
        tumours=tuple(tumours),
        tumour_centres_lps=centres,  # type: ignore[arg-type]
        pose=pose,
    )


def place_tumours(
    *,
    seed: int,
    tumours: tuple[TumourSpec, ...],
    sex: str | None = None,
    pose: Pose | None = None,
) -> tuple[TumourSpec, ...]:
    """The same lesions with their places written down, without drawing anything.

    A follow-up takes the places of its baseline, so that only size and pose differ.
    """
    person = Anatomy.sample(seed, sex)
    scale = (person.width, person.depth, person.height)
    shift = (pose or Pose()).shift_lps
    placed = _place(_plan(person), tumours, person, scale, shift)
    return tuple(
        replace(
            p.spec,
            centre_lps=(
                p.centre[0] * scale[0] + shift[0],
                p.centre[1] * scale[1] + shift[1],
                p.centre[2] * scale[2] + shift[2],
            ),
        )
        for p in placed
    )


def _place(
    plan: _Plan,
    tumours: tuple[TumourSpec, ...] | list[TumourSpec],
    person: Anatomy,
    scale: tuple[float, float, float],
    shift: tuple[float, float, float],
) -> list[PlacedTumour]:
    placed: list[PlacedTumour] = []
    for spec in tumours:
        if spec.centre_lps is not None:
            centre = tuple(
                (c - d) / s for c, s, d in zip(spec.centre_lps, scale, shift, strict=True)
            )
        elif spec.site == "node":
            centre = (-20.0, 6.0, 158.0)  # right lower paratracheal, station 4R
        else:
            depth, allowed = _candidates(plan, spec.site)
            centre = choose_centre(
                spec=spec,
                depth_mm=depth,
                allowed=allowed,
                points=plan.points,
                taken=placed,
                seed=person.seed,
            )
        placed.append(PlacedTumour(spec, centre, scale))  # type: ignore[arg-type]
    return placed


def _candidates(plan: _Plan, site: str) -> tuple[Floats, NDArray[np.bool_]]:
    if site == "liver":
        return plan.liver_depth, plan.liver_depth > 3
    allowed = (plan.lung_depth > 3) & plan.clear_of_hilum & (plan.points[:, 2] > -10)
    if "right" in site:
        allowed &= plan.side < 0
    if "left" in site:
        allowed &= plan.side > 0
    if site.endswith("upper"):
        allowed &= plan.upper
    if site.endswith("lower"):
        allowed &= ~plan.upper
    return plan.lung_depth, allowed


def _draw(
    *,
    axes: Axes,
    person: Anatomy,
    pose: Pose,
    plan: _Plan,
    placed: list[PlacedTumour],
    organs: bool,
) -> tuple[dict[str, NDArray[np.bool_]], Floats]:
    canvas = Canvas(axes, Warp(person.seed), tissue.AIR)
    surfaces = Surfaces(canvas, person, pose.breath_mm)
    spine = Spine(canvas, surfaces)
    column = canvas.empty(canvas.whole())
    column[spine.box.coarse] = spine.body_outline
    chest, belly = Chest(canvas, surfaces, column), Belly(canvas, surfaces)
    middle = np.abs(canvas.coarse_axes.x) < 60
    back = canvas.coarse_axes.y[np.where((surfaces.skin[:, :, middle] < 0).any(axis=(0, 2)))[0][-1]]
    paint_table(canvas, float(back))
    paint_body_wall(canvas, surfaces)
    chest.paint_mediastinum()
    belly.paint_background()
    chest.paint_lungs(plan.trees)
    chest.paint_great_vessels()
    gut = Gut(canvas, belly)
    gut.paint_bowel()
    gut.paint_stomach()
    belly.paint_vessels()
    belly.paint_solid_organs(plan.trees)
    paint_ribs(canvas, surfaces)
    paint_sternum(canvas, surfaces)
    paint_scapulae(canvas, surfaces)
    spine.paint()
    truth = _organ_truth(canvas, surfaces, spine, chest, belly) if organs else {}
    truth.update(_plant(canvas, chest, placed, person.seed))
    return truth, canvas.hu


def _plant(
    canvas: Canvas, chest: Chest, placed: list[PlacedTumour], seed: int
) -> dict[str, NDArray[np.bool_]]:
    truth = {"tumour": np.zeros(canvas.axes.shape, dtype=bool)}
    lungs = canvas.refine(chest.lungs, chest.surfaces.box)
    for index, tumour in enumerate(placed):
        box, distance = tumour_distance(canvas, tumour, seed)
        mask = np.zeros(canvas.axes.shape, dtype=bool)
        if distance.size:
            if tumour.spec.site.startswith("lung"):
                # A mass flattens against the pleura; it does not cross it here.
                distance = np.maximum(distance, lungs[box.fine] - 1.0)
            paint_tumour(canvas, tumour, box, distance, seed)
            mask[box.fine] = distance < 0
        truth[f"tumour_{index}"] = mask
        truth["tumour"] |= mask
    return truth


def _organ_truth(
    canvas: Canvas, surfaces: Surfaces, spine: Spine, chest: Chest, belly: Belly
) -> dict[str, NDArray[np.bool_]]:
    whole = surfaces.box
    lungs = canvas.refine(chest.lungs, whole) < 0
    left = canvas.refine(surfaces.at.x, whole) > 0
    boxed = {
        "heart": (chest.heart_box, chest.pericardium),
        "aorta": chest.vessels["aorta"],
        "liver": (belly.liver_box, belly.liver),
        "spleen": (belly.spleen_box, belly.spleen),
        "kidney_right": (belly.kidney_box(-1), belly.kidney(-1)),
        "kidney_left": (belly.kidney_box(1), belly.kidney(1)),
        "cord": (spine.box, spine.canal()),
    }
    truth = {
        "body": canvas.refine(surfaces.skin, whole) < 0,
        "lung_right": lungs & ~left,
        "lung_left": lungs & left,
    }
    for name, (box, distance) in boxed.items():
        mask = np.zeros(canvas.axes.shape, dtype=bool)
        if distance.size:
            mask[box.fine] = canvas.refine(distance, box) < 0
        truth[name] = mask
    truth["liver"] &= ~truth["kidney_right"]
    return truth


def _add_noise(
    hu: Floats, noise_hu: float, seed: int, spacing_mm: tuple[float, float, float]
) -> None:
    """Noise grows with the attenuation along the rays: shoulders and centre are noisier."""
    slices, rows, columns = hu.shape
    noise = make_quantum_noise(seed=seed, shape=(slices, rows, columns), spacing_mm=spacing_mm)
    density = np.clip(hu[:, ::4, ::4].astype(np.float32) + 1000, 0, 2500)
    thickness = density.mean(axis=(1, 2))
    strength = np.sqrt(thickness / max(float(np.median(thickness)), 1.0))
    y = (np.arange(rows) - rows / 2)[:, None] / (rows / 2)
    x = (np.arange(columns) - columns / 2)[None, :] / (columns / 2)
    centre = 0.62 + 0.55 * np.exp(-(x**2 + y**2) / 0.30)
    hu += noise * (noise_hu * strength[:, None, None] * centre[None]).astype(np.float32)
