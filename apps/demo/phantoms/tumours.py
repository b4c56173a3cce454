"""Lesions of known place, size and shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.demo.phantoms.canvas import Box, Canvas
from apps.demo.phantoms.noise import SmoothNoise, seeded
from apps.demo.phantoms.shapes import Floats

SITES = (
    "lung",
    "lung_right",
    "lung_left",
    "lung_right_upper",
    "lung_right_lower",
    "lung_left_upper",
    "lung_left_lower",
    "liver",
    "node",
)


@dataclass(frozen=True)
class TumourSpec:
    """A lesion to plant.

    Parameters
    ----------
    site
        One of ``SITES``; the place inside it is drawn from the seed.
    diameter_mm
        Diameter of the sphere that the irregular shape is grown around.
    centre_lps
        Place it here (mm) instead. A follow-up passes the place of the baseline.
    irregularity
        0 is a sphere, 1 strongly lobulated.
    spiculation
        0 none, 1 many strands into the lung. Strands are not part of the truth mask.
    necrosis
        0 none, 1 a large core of low attenuation.
    suv
        Standardised uptake of the lesion on the registered PET.
    identity
        The same in baseline and follow-up: keeps the shape, whatever the size.
    """

    site: str
    diameter_mm: float
    centre_lps: tuple[float, float, float] | None = None
    irregularity: float = 0.6
    spiculation: float = 0.7
    necrosis: float = 0.3
    suv: float = 9.0
    identity: int = 0

    def __post_init__(self) -> None:
        if self.site not in SITES:
            raise ValueError(f"unknown tumour site {self.site!r}; one of {', '.join(SITES)}")
        if not 3 <= self.diameter_mm <= 120:
            raise ValueError("diameter_mm must lie between 3 and 120")


@dataclass(frozen=True)
class PlacedTumour:
    """A lesion with its centre in the anatomy's own millimetres (x, y, z)."""

    spec: TumourSpec
    centre: tuple[float, float, float]
    scale: tuple[float, float, float]


def choose_centre(
    *,
    spec: TumourSpec,
    depth_mm: Floats,
    allowed: np.ndarray,
    points: np.ndarray,
    taken: list[PlacedTumour],
    seed: int,
) -> tuple[float, float, float]:
    """A place inside an organ, away from other lesions.

    Parameters
    ----------
    depth_mm
        Depth below the organ's surface at every candidate point.
    points
        Candidates, shape (n, 3), x, y, z.
    """
    rng = seeded(seed, f"tumour {spec.identity} {spec.site}")
    radius = spec.diameter_mm / 2
    wanted = radius * (0.75 if spec.site.startswith("lung") else 1.0) + 2
    good = allowed & (depth_mm > wanted)
    for other in taken:
        gap = np.linalg.norm(points - np.asarray(other.centre), axis=1)
        good &= gap > radius + other.spec.diameter_mm / 2 + 8
    if not good.any():
        good = allowed & (depth_mm >= np.quantile(depth_mm[allowed], 0.9))
    candidates = np.flatnonzero(good)
    chosen = points[rng.choice(candidates)]
    return float(chosen[0]), float(chosen[1]), float(chosen[2])


def tumour_distance(canvas: Canvas, placed: PlacedTumour, seed: int) -> tuple[Box, Floats]:
    """Distance to the lesion on the fine grid of its box, in true millimetres."""
    spec, radius = placed.spec, placed.spec.diameter_mm / 2
    pad = radius * 0.6 + 10
    part = []
    for axis, positions in enumerate((canvas.axes.z, canvas.axes.y, canvas.axes.x)):
        centre, scale = placed.centre[2 - axis], placed.scale[2 - axis]
        inside = np.flatnonzero(np.abs(positions - centre) * scale <= radius + pad)
        part.append(slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(0, 0))
    box = Box((part[0], part[1], part[2]), (part[0], part[1], part[2]))
    plain = canvas.plain_coordinates(box)
    if 0 in plain.shape:
        return box, np.empty(plain.shape, dtype=np.float32)
    dx, dy, dz = (
        (axis - placed.centre[i]) * placed.scale[i]
        for i, axis in enumerate((plain.x, plain.y, plain.z))
    )
    distance = np.sqrt(dx * dx + dy * dy + dz * dz) - radius
    # The bumps are tied to the lesion and scale with it, so that growth keeps the shape.
    z, y, x = (
        (positions[p] - placed.centre[2 - axis]) * placed.scale[2 - axis] / radius * 10
        for axis, (positions, p) in enumerate(
            zip((canvas.axes.z, canvas.axes.y, canvas.axes.x), part, strict=True)
        )
    )
    for scale_mm, strength in ((8.5, 0.22), (4.2, 0.10)):
        bumps = SmoothNoise(seed, f"tumour shape {spec.identity} {scale_mm}", scale_mm)
        distance = distance + spec.irregularity * strength * radius * bumps.on_axes(z, y, x)
    return box, distance.astype(np.float32)


def paint_tumour(
    canvas: Canvas, placed: PlacedTumour, box: Box, distance: Floats, seed: int
) -> None:
    spec = placed.spec
    if spec.site == "liver":
        _paint_metastasis(canvas, spec, box, distance, seed)
        return
    texture = 9 * canvas.noise(SmoothNoise(seed, f"tumour texture {spec.identity}", 5.0), box)
    if spec.site.startswith("lung"):
        canvas.blend(box, distance - 1.0, -560.0, 7.0, opacity=0.55)  # ground-glass margin
        _paint_spicules(canvas, placed, seed)
    canvas.blend(box, distance, 54 + texture, canvas.edge_mm)
    if spec.necrosis and spec.diameter_mm > 18:
        core = distance + spec.diameter_mm * (0.36 - 0.14 * spec.necrosis) + 0.25 * texture
        canvas.blend(box, core, 24 + texture, 5.0, opacity=0.9)


def _paint_metastasis(
    canvas: Canvas, spec: TumourSpec, box: Box, distance: Floats, seed: int
) -> None:
    """Darker than the liver, with a faintly enhancing rim and a darker centre."""
    texture = 7 * canvas.noise(SmoothNoise(seed, f"tumour texture {spec.identity}", 4.0), box)
    canvas.blend(box, distance, 78 + texture, 3.2)
    canvas.blend(box, distance + 0.16 * spec.diameter_mm, 54 + texture, 4.0)
    if spec.necrosis and spec.diameter_mm > 14:
        canvas.blend(
            box, distance + 0.32 * spec.diameter_mm, 34 + texture, 5.0, opacity=spec.necrosis
        )


def _paint_spicules(canvas: Canvas, placed: PlacedTumour, seed: int) -> None:
    spec = placed.spec
    rng = seeded(seed, f"spicules {spec.identity}")
    centre, scale = np.asarray(placed.centre), np.asarray(placed.scale)
    radius = spec.diameter_mm / 2
    for _ in range(int(60 * spec.spiculation)):
        direction = rng.normal(0, 1, 3)
        direction /= np.linalg.norm(direction)
        reach = radius * (1.15 + 0.55 * rng.uniform()) + 2
        start = centre + direction * radius * 0.75 / scale
        bend = rng.normal(0, 0.12, 3)
        middle = centre + (direction + bend * 0.5) * (radius * 0.75 + reach) / 2 / scale
        end = centre + (direction + bend) * reach / scale
        thick = 0.5 + 0.9 * rng.uniform()
        canvas.paint_strand(start, middle, (thick * 1.6, thick), 10.0)
        canvas.paint_strand(middle, end, (thick, 0.25), -60.0)
