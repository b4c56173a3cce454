"""Stomach, small bowel and colon: tubes with contents, packed around the solid organs."""

from __future__ import annotations

import numpy as np

from apps.demo.phantoms import anatomy as tissue
from apps.demo.phantoms.abdomen import Belly
from apps.demo.phantoms.canvas import Box, Canvas
from apps.demo.phantoms.noise import SmoothNoise, seeded
from apps.demo.phantoms.shapes import (
    Coordinates,
    Floats,
    ellipsoid,
    floats,
    smooth_max,
    smooth_min,
)
from apps.demo.phantoms.vessels import Tube, grow_tree, paint_tree, tube_distance

_COLON = (
    Tube(
        "ascending colon",
        [(-92, 24, -190), (-94, 22, -150), (-90, 16, -120), (-78, -8, -112)],
        21,
        19,
    ),
    Tube(
        "transverse colon",
        [(-78, -12, -112), (-50, -50, -108), (0, -62, -112), (52, -54, -92), (88, -22, -62)],
        18,
        16,
    ),
    Tube(
        "descending colon",
        [(92, -12, -60), (102, 22, -80), (102, 26, -130), (98, 22, -190)],
        14.5,
        13.5,
    ),
)


class Gut:
    """The hollow organs of one canvas; they yield to the solid ones of ``belly``."""

    def __init__(self, canvas: Canvas, belly: Belly) -> None:
        self.canvas, self.belly, self.seed = canvas, belly, belly.seed

    def paint_stomach(self) -> None:
        canvas = self.canvas
        box = canvas.box((-40, -95, -115), (115, 55, 50))
        at = canvas.coordinates(box)
        fundus = ellipsoid(at, (62, 2, 2), (37, 40, 32))
        _, tail = tube_on(
            canvas,
            box,
            Tube(
                "stomach",
                [
                    (58, -8, -2),
                    (60, -32, -30),
                    (42, -54, -62),
                    (10, -58, -80),
                    (-22, -46, -82),
                    (-34, -30, -84),
                ],
                30,
                12,
            ),
        )
        folds = canvas.coarse_noise(SmoothNoise(self.seed, "rugae", 7.0), box)
        outer = smooth_min(fundus, tail, 14)
        outer = smooth_max(outer, self.belly.cavity(box) + 2.5, 6)
        outer = smooth_max(outer, -self._on(box, self.belly.liver_box, self.belly.liver) + 2, 4)
        spleen = self._on(box, self.belly.spleen_box, self.belly.spleen)
        outer = smooth_max(outer, 2 - spleen, 4)
        canvas.paint(box, outer, tissue.BOWEL_WALL)
        lumen = outer + 4.2 + 1.5 * np.maximum(folds, 0)
        food = canvas.noise(SmoothNoise(self.seed, "food", 6.0), box)
        canvas.paint(box, floats(lumen), floats(28 + 10 * food))
        level = -26 + 2.0 * np.sin(at.x / 40)
        canvas.paint(box, floats(np.maximum(lumen, at.y - level)), -985.0)

    def _on(self, target: Box, source: Box, field: Floats) -> Floats:
        """A boxed distance field seen from another box; far away outside its own."""
        whole = self.canvas.empty(self.canvas.whole())
        whole[source.coarse] = field
        return whole[target.coarse]

    def paint_bowel(self) -> None:
        canvas = self.canvas
        box = canvas.box((-125, -85, -240), (125, 60, -46), 0)
        at = canvas.coordinates(box)
        if 0 in at.shape:
            return
        taken = self._taken(box)
        self._paint_mesenteric_vessels()
        self._paint_small_bowel(box, at, taken)
        stool = SmoothNoise(self.seed, "stool", 5.0)
        for tube in _COLON:
            tube_box, field = tube_distance(canvas, tube, step_mm=7.0)
            if 0 in field.shape:
                continue
            haustra = canvas.coarse_noise(SmoothNoise(self.seed, "haustra", 17.0), tube_box)
            field = field + 2.6 * haustra
            field = smooth_max(field, self.belly.cavity(tube_box) + 2, 5)
            liver = self._on(tube_box, self.belly.liver_box, self.belly.liver)
            field = smooth_max(field, 2 - liver, 4)
            canvas.paint(tube_box, field, tissue.BOWEL_WALL)
            mottled = canvas.noise(stool, tube_box)
            content = np.where(mottled > 0.9, -420.0, 20 + 42 * mottled).astype(np.float32)
            canvas.paint(tube_box, field + 2.4, content)
            where = canvas.coordinates(tube_box)
            top = {"transverse colon": -58.0}.get(tube.name, 8.0)
            gas = np.maximum(field + 3.2, where.y - top - 5 * haustra)
            canvas.paint(tube_box, gas.astype(np.float32), -970.0)

    def _taken(self, box: Box) -> Floats:
        taken = self._on(box, self.belly.liver_box, self.belly.liver)
        for side in (-1, 1):
            taken = np.minimum(
                taken, self._on(box, self.belly.kidney_box(side), self.belly.kidney(side)) - 8
            )
        return np.minimum(taken, self._on(box, self.belly.spleen_box, self.belly.spleen))

    def _paint_small_bowel(self, box: Box, at: Coordinates, taken: Floats) -> None:
        """Loops: a wandering tube packed into the free part of the cavity."""
        canvas = self.canvas
        rng = seeded(self.seed, "small bowel")
        region = np.maximum(
            np.hypot(at.x / 1.4, (at.y + 26) * 1.2) - 74, at.z + 62 + 0.25 * np.maximum(-at.x, 0)
        )
        free = np.maximum(region, 4 - taken)
        free = np.maximum(free, self.belly.cavity(box) + 4).astype(np.float32)
        feathers = canvas.coarse_noise(SmoothNoise(self.seed, "mucosa", 3.4), box)
        warp = canvas.coarse_noise(SmoothNoise(self.seed, "loops", 14.0), box)
        contents = rng.uniform(8, 48, 48)
        for x, y, z, i in _loop_centres(rng):
            direction = rng.normal(0, 1, 3)
            end = np.array([x, y, z]) + 26 * direction / np.linalg.norm(direction)
            piece = tube_distance(
                canvas, Tube("loop", [(x, y, z), (end[0], end[1], end[2])], 10.5, 10.0)
            )
            self._paint_loop(
                region=box,
                piece=piece,
                free=free,
                warp=warp,
                feathers=feathers,
                content_hu=float(contents[i % 48]),
            )

    def _paint_loop(
        self,
        *,
        region: Box,
        piece: tuple[Box, Floats],
        free: Floats,
        warp: Floats,
        feathers: Floats,
        content_hu: float,
    ) -> None:
        box, field = piece
        part = tuple(
            slice(max(b.start, r.start), min(b.stop, r.stop))
            for b, r in zip(box.coarse, region.coarse, strict=True)
        )
        if any(p.stop <= p.start for p in part):
            return
        inner = self.canvas.box_of(*part)
        of_loop = tuple(
            slice(p.start - b.start, p.stop - b.start)
            for p, b in zip(part, box.coarse, strict=True)
        )
        of_region = tuple(
            slice(p.start - r.start, p.stop - r.start)
            for p, r in zip(part, region.coarse, strict=True)
        )
        shape = np.maximum(field[of_loop] + 1.6 * warp[of_region], free[of_region])
        self.canvas.paint(inner, shape, tissue.BOWEL_WALL + 14)
        lumen = shape + 2.4 + 1.1 * np.maximum(feathers[of_region], -0.6)
        self.canvas.paint(inner, floats(lumen), content_hu if content_hu > 12 else -860.0)

    def _paint_mesenteric_vessels(self) -> None:
        rng = seeded(self.seed, "mesenteric vessels")
        count = 90
        targets = rng.uniform((-75, -66, -190), (75, -4, -92), (count, 3))
        tree = grow_tree(rng, (0.0, -18.0, -86.0), targets, leaf_radius_mm=0.55, murray=3.0)
        paint_tree(self.canvas, tree, tissue.PORTAL_BLOOD - 30, largest_mm=2.6, smallest_mm=0.5)


def _loop_centres(rng: np.random.Generator) -> list[tuple[float, float, float, int]]:
    """Starting points of the loops on a jittered lattice."""
    found = []
    index = 0
    for z in np.arange(-190, -64, 21):
        for y in np.arange(-62, 12, 21):
            for x in np.arange(-74, 80, 22):
                jitter = rng.uniform(-6, 6, 3)
                if rng.uniform() < 0.66:
                    found.append((x + jitter[0], y + jitter[1], z + jitter[2], index))
                index += 1
    return found


def tube_on(canvas: Canvas, box: Box, tube: Tube) -> tuple[Box, Floats]:
    """A tube's distance seen from a given box."""
    whole = canvas.empty(canvas.whole())
    own, field = tube_distance(canvas, tube, step_mm=6.0)
    whole[own.coarse] = field
    return box, whole[box.coarse]
