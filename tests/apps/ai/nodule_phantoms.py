"""Chest CT phantoms with known nodules, and how many of them the analysis finds.

Drawn on slices of 1.5 mm and averaged to thicker ones, as a scanner does: a small nodule then
fades into the lung above and below it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from scipy import ndimage

from apps.ai.analyses import chest_ct_nodules
from apps.ai.analyses.nodule_card import MEASURED
from apps.ai.analyses.results import AnalysisOutcome
from apps.demo.phantoms import TumourSpec, generate_ct
from apps.demo.phantoms.generate import COARSE_SHAPE, COARSE_SPACING_MM
from tests.apps.ai.synthetic_pet import SyntheticVolume

THIN_MM = 1.5
SHAPE = (200, 400, 400)
PIXEL_MM = 0.9
#: Diameters are drawn from these, one nodule of each in every scan.
DRAWN_MM = ((4.0, 6.0), (6.0, 8.0), (8.0, 12.0), (12.0, 20.0), (20.0, 30.0))
#: Share of the nodules from 8 mm on that are put against the pleura.
ON_PLEURA = 0.45
#: No seed of the demo hospital, the phantom bundle or its held-out set.
FIRST_SEED = 70_000
#: The rules were set on 24 seeds from ``FIRST_SEED``; the figures of the card are from here. These
#: seeds were drawn once, after the rules stood. 70100 to 70123 had been looked at (decision 0222).
MEASURED_FROM = 70_300
MEASURED_SCANS = 6


@dataclass(frozen=True)
class NodulePhantom:
    """A phantom scan.

    Attributes
    ----------
    hu
        (slice, row, column), float32.
    nodules
        Number of the nodule, 0 outside of them; the same shape.
    lungs
        1 in the right lung, 2 in the left, nodules and vessels included; the same shape.
    """

    seed: int
    hu: NDArray[np.float32]
    nodules: NDArray[np.uint8]
    lungs: NDArray[np.uint8]
    affine_lps: NDArray[np.float64]
    spacing_mm: tuple[float, float, float]
    diameters_mm: tuple[float, ...]


def draw_nodules(seed: int) -> tuple[TumourSpec, ...]:
    """One solid nodule of every size band, smooth to spiculated; some of the larger ones lie
    against the pleura and are cut flat by it."""
    rng = np.random.default_rng(seed)
    points_lps, depth_mm = _survey_lungs(seed)
    specs = []
    for number, (low, high) in enumerate(DRAWN_MM):
        diameter_mm = float(rng.uniform(low, high))
        centre = None
        if low >= 8 and rng.random() < ON_PLEURA:
            radius = diameter_mm / 2
            near = np.flatnonzero((depth_mm > 0.1 * radius) & (depth_mm < 0.6 * radius))
            x, y, z = points_lps[rng.choice(near)]
            centre = (float(x), float(y), float(z))
        specs.append(
            TumourSpec(
                site="lung",
                diameter_mm=diameter_mm,
                centre_lps=centre,
                irregularity=float(rng.uniform(0.1, 0.7)),
                spiculation=float(rng.choice([0.0, 0.0, 0.5])),
                necrosis=0.0,
                identity=number,
            )
        )
    # Those whose place is given come first: the others are placed clear of them.
    return tuple(sorted(specs, key=lambda spec: spec.centre_lps is None))


def _survey_lungs(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points of the lungs away from the hila (x, y, z), and how deep below the pleura they lie."""
    coarse = generate_ct(seed=seed, shape=COARSE_SHAPE, spacing_mm=COARSE_SPACING_MM, noise_hu=0)
    lungs = coarse.truth["lung_left"] | coarse.truth["lung_right"]
    depth = ndimage.distance_transform_edt(lungs) * COARSE_SPACING_MM[0] - 2.0
    voxels = np.argwhere(lungs)
    points = voxels[:, ::-1] @ coarse.affine_lps[:3, :3].T + coarse.affine_lps[:3, 3]
    hila = np.array([(50, 26, 128), (-44, 16, 128)])
    away = np.linalg.norm(points[:, None] - hila, axis=2).min(axis=1) > 50
    away &= points[:, 2] > 0
    return points[away], depth[lungs][away]


def draw_scan(
    *, seed: int, averaged: int = 2, with_nodules: bool = True, noise_hu: float = 20.0
) -> NodulePhantom:
    """One phantom; ``averaged`` thin slices make one of the scan."""
    specs = draw_nodules(seed) if with_nodules else ()
    drawn = generate_ct(
        seed=seed,
        shape=SHAPE,
        spacing_mm=(THIN_MM, PIXEL_MM, PIXEL_MM),
        tumours=specs,
        noise_hu=noise_hu,
    )
    nodules = np.zeros(SHAPE, dtype=np.uint8)
    for number in range(len(specs)):
        nodules[drawn.truth[f"tumour_{number}"]] = number + 1
    lungs = np.zeros(SHAPE, dtype=np.uint8)
    lungs[drawn.truth["lung_right"]] = 1
    lungs[drawn.truth["lung_left"]] = 2
    thin = NodulePhantom(
        seed=seed,
        hu=drawn.hu.astype(np.float32),
        nodules=nodules,
        lungs=lungs,
        affine_lps=drawn.affine_lps,
        spacing_mm=drawn.spacing_mm,
        diameters_mm=tuple(_equivalent_mm(nodules == n + 1) for n in range(len(specs))),
    )
    return thicken(thin, averaged=averaged)


@lru_cache(maxsize=1)
def first_measured() -> NodulePhantom:
    """The first phantom the card's figures are from; drawing one takes a minute."""
    return draw_scan(seed=MEASURED_FROM, averaged=2)


def thicken(scan: NodulePhantom, *, averaged: int) -> NodulePhantom:
    """Average neighbouring slices; a voxel belongs to what most of its slices belong to."""
    count = len(scan.hu) // averaged
    affine = scan.affine_lps.copy()
    affine[:3, 3] += affine[:3, 2] * (averaged - 1) / 2
    affine[:3, 2] *= averaged
    return NodulePhantom(
        seed=scan.seed,
        hu=scan.hu[: count * averaged].reshape(count, averaged, *scan.hu.shape[1:]).mean(axis=1),
        nodules=_majority(scan.nodules, count, averaged),
        lungs=_majority(scan.lungs, count, averaged),
        affine_lps=affine,
        spacing_mm=(scan.spacing_mm[0] * averaged, *scan.spacing_mm[1:]),
        diameters_mm=scan.diameters_mm,
    )


def _majority(labels: NDArray[np.uint8], count: int, averaged: int) -> NDArray[np.uint8]:
    grouped = labels[: count * averaged].reshape(count, averaged, *labels.shape[1:])
    return grouped[:, averaged // 2]


def _equivalent_mm(mask: NDArray[np.bool_]) -> float:
    """Diameter of the sphere of the same volume."""
    volume_mm3 = float(mask.sum()) * THIN_MM * PIXEL_MM**2
    return float((6 * volume_mm3 / np.pi) ** (1 / 3))


def as_series(scan: NodulePhantom) -> SyntheticVolume:
    """The phantom as an analysis gets it."""
    headers = []
    for index in range(len(scan.hu)):
        header = Dataset()
        header.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        header.SOPInstanceUID = f"1.2.826.0.1.3680043.10.9.{scan.seed}.{index + 1}"
        header.Modality = "CT"
        header.RescaleSlope, header.RescaleIntercept = 1, 0
        position = scan.affine_lps[:3, 3] + index * scan.affine_lps[:3, 2]
        header.ImagePositionPatient = [float(value) for value in position]
        header.SliceThickness = scan.spacing_mm[0]
        headers.append(header)
    origin = scan.affine_lps[:3, 3]
    return SyntheticVolume(
        voxels=scan.hu,
        headers=headers,
        spacing_mm=scan.spacing_mm,
        origin_lps=(float(origin[0]), float(origin[1]), float(origin[2])),
    )


@dataclass(frozen=True)
class ScanScore:
    """How one scan came out.

    ``found``, ``on_pleura`` and ``diameters_mm`` (of the sphere of the true volume) go by nodule;
    ``errors_mm`` is the same diameter of the candidate less the true one, where found.
    """

    diameters_mm: tuple[float, ...]
    found: tuple[bool, ...]
    on_pleura: tuple[bool, ...]
    errors_mm: tuple[float, ...]
    false_positives: int


def score(scan: NodulePhantom, outcome: AnalysisOutcome) -> ScanScore:
    """A nodule is found by a candidate whose centre lies within the nodule's radius of its centre
    (the rule of LUNA16, Setio 2017); every other candidate is a false positive."""
    step = np.array(scan.spacing_mm)
    count = len(scan.diameters_mm)
    centres = ndimage.center_of_mass(scan.nodules > 0, scan.nodules, range(1, count + 1))
    best: dict[int, float] = {}
    false_positives = 0
    for segment in outcome.segments:
        region = segment.region
        centre = np.argwhere(region.values).mean(axis=0) + region.start
        gaps_mm = np.linalg.norm((np.array(centres) - centre) * step, axis=1)
        inside = np.flatnonzero(gaps_mm <= np.array(scan.diameters_mm) / 2)
        if not inside.size:
            false_positives += 1
            continue
        equivalent_mm = (6 * region.voxel_count * np.prod(step) / np.pi) ** (1 / 3)
        number = int(inside[0])
        best[number] = float(equivalent_mm - scan.diameters_mm[number])
    return ScanScore(
        diameters_mm=scan.diameters_mm,
        found=tuple(number in best for number in range(count)),
        on_pleura=tuple(_on_pleura(scan, number + 1) for number in range(count)),
        errors_mm=tuple(best.values()),
        false_positives=false_positives,
    )


def _on_pleura(scan: NodulePhantom, number: int) -> bool:
    """A tenth of the nodule's surface or more touches what is no lung."""
    found = ndimage.find_objects((scan.nodules == number).astype(np.uint8))
    if not found:
        return False
    box = tuple(slice(max(0, part.start - 1), part.stop + 1) for part in found[0])
    mask = scan.nodules[box] == number
    shell = ndimage.binary_dilation(mask) & ~mask
    return bool(np.mean(scan.lungs[box][shell] == 0) >= 0.1)


def analyse(scan: NodulePhantom) -> tuple[AnalysisOutcome, ScanScore]:
    series = as_series(scan)
    outcome = chest_ct_nodules.run(
        volume=series, headers=series.headers, parameters={}, progress=lambda _f, _s: None
    )
    return outcome, score(scan, outcome)


def tabulate(scores: Sequence[ScanScore]) -> str:
    """Sensitivity by size band with 95 % Wilson interval, and false positives per scan."""
    lines = []
    sizes = np.concatenate([s.diameters_mm for s in scores])
    found = np.concatenate([s.found for s in scores])
    for low, high in ((3, 6), (6, 8), (8, 12), (12, 20), (20, 32), (3, 32)):
        inside = (sizes >= low) & (sizes < high)
        hits, count = int(found[inside].sum()), int(inside.sum())
        if count:
            bounds = "-".join(f"{100 * bound:.0f}" for bound in wilson(hits, count))
            lines.append(f"{low:2d} to {high:2d} mm: {hits}/{count} ({bounds} %)")
    pleural = np.concatenate([s.on_pleura for s in scores])
    for name, part in (("on the pleura", pleural), ("clear of it", ~pleural)):
        lines.append(f"{name}: {int(found[part].sum())}/{int(part.sum())}")
    false_positives = [s.false_positives for s in scores]
    lines.append(
        f"false positives per scan: mean {np.mean(false_positives):.2f}, "
        f"most {max(false_positives)}, {len(scores)} scans"
    )
    errors = np.concatenate([s.errors_mm for s in scores])
    lines.append(f"equivalent diameter off by {errors.mean():+.1f} mm (sd {errors.std():.1f})")
    return "\n".join(lines)


def wilson(hits: int, count: int) -> tuple[float, float]:
    z = 1.959964
    centre = (hits + z * z / 2) / (count + z * z)
    half = z / (count + z * z) * np.sqrt(hits * (count - hits) / count + z * z / 4)
    return float(centre - half), float(centre + half)


def figures(scores: Sequence[ScanScore]) -> dict[str, Any]:
    """As the card's ``MEASURED`` holds them."""
    sizes = np.concatenate([s.diameters_mm for s in scores])
    found = np.concatenate([s.found for s in scores])
    pleural = np.concatenate([s.on_pleura for s in scores])

    def counted(part: NDArray[np.bool_]) -> tuple[int, int]:
        return int(found[part].sum()), int(part.sum())

    bands = ((3, 6), (6, 8), (8, 12), (12, 20), (20, 32))
    errors = np.concatenate([s.errors_mm for s in scores])
    false_positives = [s.false_positives for s in scores]
    return {
        "scans": len(scores),
        "sensitivity": {
            f"{low}-{high} mm": counted((sizes >= low) & (sizes < high)) for low, high in bands
        },
        "clear_of_pleura": counted(~pleural),
        "on_pleura": counted(pleural),
        "false_positives_per_scan": round(float(np.mean(false_positives)), 2),
        "most_false_positives": max(false_positives),
        "diameter_error_mm": (round(float(errors.mean()), 1), round(float(errors.std()), 1)),
    }


def main() -> None:
    """``python -m tests.apps.ai.nodule_phantoms [SCANS] [THICKNESS ...]``.

    Slices of 3 mm are those of the model card; with the card's number of scans the figures are
    compared with it, and the command fails where they differ.
    """
    scans = int(sys.argv[1]) if len(sys.argv) > 1 else MEASURED_SCANS
    thicknesses = [int(one) for one in sys.argv[2:]] or [2]
    by_thickness: dict[int, list[ScanScore]] = {one: [] for one in thicknesses}
    for number in range(scans):
        thin = draw_scan(seed=MEASURED_FROM + number, averaged=1)
        for averaged, scores in by_thickness.items():
            scores.append(analyse(thicken(thin, averaged=averaged))[1])
        print(f"seed {thin.seed} done: {scores[-1]}", file=sys.stderr, flush=True)
    for averaged, scores in by_thickness.items():
        print(f"slices of {averaged * THIN_MM:g} mm\n{tabulate(scores)}\n{figures(scores)}\n")
    if scans == MEASURED_SCANS and 2 in by_thickness:
        measured = figures(by_thickness[2])
        differ = {name: value for name, value in measured.items() if MEASURED[name] != value}
        if differ:
            sys.exit(f"The card says otherwise: {differ}")


if __name__ == "__main__":
    main()
