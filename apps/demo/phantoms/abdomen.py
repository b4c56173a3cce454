"""Organs below the diaphragm."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from apps.demo.phantoms import anatomy as tissue
from apps.demo.phantoms.body import Surfaces
from apps.demo.phantoms.canvas import Box, Canvas
from apps.demo.phantoms.noise import SmoothNoise, seeded
from apps.demo.phantoms.shapes import (
    Floats,
    ellipsoid,
    oriented_axes,
    smooth_max,
)
from apps.demo.phantoms.vessels import (
    Tree,
    Tube,
    grow_tree,
    paint_tree,
    sample_inside,
    tube_distance,
)

_SPLANCHNIC = (
    Tube("portal vein", [(-2, 2, -66), (-14, -4, -52), (-30, -4, -36), (-44, -2, -26)], 7.5, 6.5),
    Tube("splenic vein", [(-2, 2, -66), (20, -2, -56), (52, 14, -40), (84, 34, -22)], 5.0, 3.4),
    Tube("superior mesenteric vein", [(-2, 2, -66), (-6, -14, -100), (-4, -24, -160)], 6.0, 4.6),
    Tube(
        "superior mesenteric artery",
        [(5, 3, -56), (5, -10, -72), (6, -16, -100), (6, -26, -160)],
        3.8,
        2.8,
    ),
    Tube("coeliac trunk", [(6, 8, -42), (7, -6, -40), (-18, -8, -38)], 3.6, 2.4),
    Tube("splenic artery", [(7, -6, -40), (36, 2, -36), (62, 22, -30), (86, 36, -16)], 2.8, 2.0),
    Tube("left renal vein", [(-18, 8, -74), (5, -2, -74), (34, 16, -72), (48, 24, -70)], 4.6, 4.2),
    Tube("right renal vein", [(-22, 10, -80), (-38, 18, -84), (-48, 24, -84)], 4.6, 4.2),
    Tube("left renal artery", [(6, 7, -70), (30, 24, -72), (50, 28, -70)], 2.8, 2.2),
    Tube("right renal artery", [(4, 7, -72), (-24, 22, -80), (-48, 28, -84)], 2.8, 2.2),
)
_HEPATIC_VEINS = (
    Tube("right hepatic vein", [(-24, 4, 24), (-48, 8, 8), (-84, 14, -22)], 5.4, 2.6),
    Tube("middle hepatic vein", [(-23, 0, 25), (-34, -18, 10), (-46, -34, -22)], 4.6, 2.4),
    Tube("left hepatic vein", [(-22, -2, 26), (0, -20, 16), (26, -32, 8)], 4.2, 2.0),
)


class Belly:
    """Shapes of the abdomen on one canvas."""

    def __init__(self, canvas: Canvas, surfaces: Surfaces) -> None:
        self.canvas, self.surfaces = canvas, surfaces
        self.person, self.seed = surfaces.person, surfaces.person.seed

    def cavity(self, box: Box) -> Floats:
        return self.surfaces.abdomen[box.coarse]

    @cached_property
    def liver_box(self) -> Box:
        return self.canvas.box((-150, -95, -125), (95, 92, 70))

    @cached_property
    def liver(self) -> Floats:
        box, s = self.liver_box, self.person.liver
        at = self.canvas.coordinates(box)
        # The visceral surface climbs from the right tip to the left lobe.
        tip = -104 * s
        climb = np.clip((at.x + 128) / 150, 0, 1.4)
        under = tip + 84 * climb**1.25 + 0.18 * (at.y + 10) * (at.x < 0)
        floor = (under - at.z) * 0.75
        left = (at.x - (88 * s + 0.25 * (at.z - 10) - 0.45 * (at.y + 70))) * 0.75
        behind = (at.y - (82 - 76 * np.clip((at.x + 48) / 62, 0, 1))) * 0.85
        shape = smooth_max(self.cavity(box) + 0.2, floor.astype(np.float32), 16)
        shape = smooth_max(shape, left.astype(np.float32), 14)
        shape = smooth_max(shape, behind.astype(np.float32), 14)
        kidney = ellipsoid(at, (-61, 36, -82), (33, 33, 58))
        shape = smooth_max(shape, -kidney, 10)
        hilum = ellipsoid(at, (-16, -2, -62), (30, 30, 40))
        shape = smooth_max(shape, -hilum, 10)
        cleft = np.abs(at.x - 2 + 0.22 * at.y + 9 * np.sin(at.y / 17)) - 0.9
        cleft = np.maximum(cleft, at.y + 34 + 0.3 * at.z)
        return smooth_max(shape, -np.maximum(cleft, -at.z - 60).astype(np.float32), 2)

    @cached_property
    def spleen_box(self) -> Box:
        return self.canvas.box((40, -30, -85), (150, 95, 60))

    @cached_property
    def spleen(self) -> Floats:
        at = self.canvas.coordinates(self.spleen_box)
        axes = oriented_axes((0.35, -0.45, -0.8))
        bean = ellipsoid(at, (92, 42, -14), (56, 40, 33), axes)
        notch = ellipsoid(at, (52, 16, -14), (34, 34, 50))
        shape = smooth_max(bean, self.cavity(self.spleen_box) + 1.5, 8)
        return smooth_max(shape, -notch, 8)

    def kidney_box(self, side: int) -> Box:
        return self.canvas.box(
            (min(side * 15, side * 110), -15, -150), (max(side * 15, side * 110), 85, 5)
        )

    def kidney_frame(self, side: int) -> tuple[tuple[float, float, float], np.ndarray]:
        centre = (side * 60.0, 33.0, -82.0 if side < 0 else -70.0)
        return centre, oriented_axes((side * -0.22, -0.16, 0.96))

    def kidney(self, side: int) -> Floats:
        """Renal parenchyma with its sinus cut out; side -1 is the right one."""
        box = self.kidney_box(side)
        at = self.canvas.coordinates(box)
        centre, axes = self.kidney_frame(side)
        outer = ellipsoid(at, centre, (55, 29, 27), axes)
        lobes = 0.9 * self.canvas.coarse_noise(SmoothNoise(self.seed, "kidney", 16.0), box)
        sinus = ellipsoid(at, (centre[0] - side * 15, centre[1] - 8, centre[2]), (19, 13, 30))
        return smooth_max(outer + lobes, -sinus, 5)

    # -- painting ------------------------------------------------------------------------

    def paint_background(self) -> None:
        """Diaphragm, the fat that everything lies in, and the muscles behind it."""
        canvas, surfaces = self.canvas, self.surfaces
        box = surfaces.box
        canvas.paint(box, np.maximum(surfaces.cage + 1.5, 0.1 - surfaces.diaphragm), 60.0)
        mesentery = canvas.noise(SmoothNoise(self.seed, "mesentery", 8.0), box)
        canvas.paint(
            box,
            np.maximum(surfaces.cage + 3.2, 2.4 - surfaces.diaphragm),
            tissue.FAT + 6 * mesentery,
        )
        self._paint_posterior_muscles()

    def _paint_posterior_muscles(self) -> None:
        canvas = self.canvas
        for side in (-1, 1):
            box = canvas.box(
                (min(side * 8, side * 105), -5, -240), (max(side * 8, side * 105), 100, -15), 0
            )
            at = canvas.coordinates(box)
            if 0 in at.shape:
                continue
            down = np.clip((-30 - at.z) / 130, 0, 1.3)
            centre_x, centre_y = side * (27 + 14 * down), 46 - 12 * down
            radius = 4 + 19 * down**0.8
            psoas = np.hypot((at.x - centre_x) * 1.12, (at.y - centre_y) * 0.92) - radius
            canvas.paint(box, psoas.astype(np.float32), tissue.MUSCLE + 2)
            quadratus = np.hypot((at.x - side * 66) * 0.48, (at.y - 58) * 1.05) - 11 * np.clip(
                (-45 - at.z) / 40, 0, 1
            )
            canvas.paint(box, quadratus.astype(np.float32), tissue.MUSCLE)
            crus = np.hypot(
                (at.x - side * 15) * 0.75, (at.y - 18 - 0.1 * at.z) * 0.5
            ) - 7 * np.clip(1 - np.abs(at.z + 30) / 55, 0, 1)
            canvas.paint(box, crus.astype(np.float32), tissue.MUSCLE)

    def paint_solid_organs(self, trees: dict[str, Tree]) -> None:
        canvas = self.canvas
        fine = SmoothNoise(self.seed, "parenchyma belly", 3.6)
        liver_hu = self.person.liver_hu
        canvas.paint(self.liver_box, self.liver, lambda b: liver_hu + 4 * canvas.noise(fine, b))
        for name in ("liver portal", "liver hepatic"):
            paint_tree(
                canvas,
                trees[name],
                tissue.PORTAL_BLOOD - 12,
                largest_mm=4.4,
                smallest_mm=0.45,
                opacity=0.85,
            )
        for tube in _HEPATIC_VEINS:
            canvas.paint(*tube_distance(canvas, tube), tissue.PORTAL_BLOOD - 12)
        canvas.paint(
            self.spleen_box, self.spleen, lambda b: tissue.SPLEEN + 4 * canvas.noise(fine, b)
        )
        self._paint_gallbladder()
        for side in (-1, 1):
            self._paint_kidney(side)
            self._paint_adrenal(side)
        self._paint_pancreas()

    def _paint_gallbladder(self) -> None:
        box = self.canvas.box((-90, -90, -115), (-20, -10, -35), 6)
        at = self.canvas.coordinates(box)
        bladder = ellipsoid(
            at, (-54, -48, -76), (32, 14.5, 15.5), oriented_axes((-0.3, -0.5, -0.8))
        )
        self.canvas.paint(box, bladder - 1.6, 70.0)
        self.canvas.paint(box, bladder, tissue.FLUID - 4)

    def _paint_kidney(self, side: int) -> None:
        canvas, box = self.canvas, self.kidney_box(side)
        at = canvas.coordinates(box)
        centre, axes = self.kidney_frame(side)
        body = self.kidney(side)
        outer = ellipsoid(at, centre, (55, 29, 27), axes)
        canvas.paint(box, body, tissue.RENAL_CORTEX)
        # Pyramids alternate with columns of cortex around the sinus.
        dx, dz = (at.x - centre[0]) * side, at.z - centre[2]
        angle = np.arctan2(dz * 0.62, dx + 6)
        comb = np.cos(angle * 7.0 + 0.06 * (at.y - centre[1]))
        pyramid = np.maximum(outer + 7.5 - 1.5 * comb, 3.5 * (0.05 - comb))
        canvas.paint(
            box, np.maximum(pyramid, body + 1).astype(np.float32), tissue.RENAL_MEDULLA, edge_mm=2.6
        )
        sinus = ellipsoid(at, (centre[0] - side * 12, centre[1] - 6, centre[2]), (19, 13, 29))
        inside = np.maximum(sinus, outer + 2)
        canvas.paint(box, inside, tissue.FAT + 24)
        calyx = np.maximum(np.abs(comb) * 9 - 4.2 + 0.28 * np.abs(sinus + 6), inside + 2)
        canvas.paint(box, calyx.astype(np.float32), 60.0, opacity=0.7)
        pelvis = ellipsoid(at, (centre[0] - side * 17, centre[1] - 8, centre[2] - 3), (12, 6, 13))
        canvas.paint(box, pelvis, tissue.FLUID + 10)

    def _paint_adrenal(self, side: int) -> None:
        x = side * 34.0
        for tail in ((x + side * 8, 40, -36), (x - side * 5, 40, -38)):
            limb = Tube("adrenal", [(x - side * 2, 22, -28), (x, 30, -32), tail], 2.6, 2.0)
            self.canvas.paint(*tube_distance(self.canvas, limb), 76.0)

    def _paint_pancreas(self) -> None:
        organ = Tube(
            "pancreas",
            [
                (-30, -10, -92),
                (-26, -12, -74),
                (-4, -14, -62),
                (26, -12, -52),
                (54, 6, -42),
                (76, 24, -30),
            ],
            13.5,
            9.0,
        )
        box, field = tube_distance(self.canvas, organ)
        lobules = self.canvas.coarse_noise(SmoothNoise(self.seed, "pancreas", 5.0), box)
        self.canvas.paint(box, field + 1.5 * lobules, tissue.PANCREAS)
        clefts = np.maximum(field + 0.5, 2.2 * (lobules + 0.85))
        self.canvas.paint(box, clefts, -20.0, opacity=0.7)

    def paint_vessels(self) -> None:
        for tube in _SPLANCHNIC:
            value = tissue.PORTAL_BLOOD if "vein" in tube.name else tissue.BLOOD
            self.canvas.paint(*tube_distance(self.canvas, tube), value)

    def plant_trees(self) -> dict[str, Tree]:
        mask = np.zeros(self.canvas.coarse_shape, dtype=bool)
        mask[self.liver_box.coarse] = self.liver < -7
        trees = {}
        for name, root, count in (
            ("liver portal", (-40.0, -3.0, -29.0), 190),
            ("liver hepatic", (-26.0, 2.0, 20.0), 120),
        ):
            rng = seeded(self.seed, name)
            targets = sample_inside(rng, self.canvas, mask, count)
            trees[name] = grow_tree(rng, root, targets, leaf_radius_mm=0.62, murray=2.9)
        return trees
