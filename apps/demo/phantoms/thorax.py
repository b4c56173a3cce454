"""Heart, great vessels, airways and lungs."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from apps.demo.phantoms import anatomy as tissue
from apps.demo.phantoms.body import Surfaces
from apps.demo.phantoms.canvas import Box, Canvas
from apps.demo.phantoms.noise import SmoothNoise, seeded
from apps.demo.phantoms.shapes import Floats, ellipsoid, oriented_axes, smooth_max, smooth_min
from apps.demo.phantoms.vessels import (
    Tree,
    Tube,
    grow_tree,
    merge,
    paint_tree,
    sample_inside,
    tube_distance,
)

AORTA = Tube(
    "aorta",
    [
        (3, -14, 110),
        (-12, -24, 128),
        (-18, -21, 150),
        (-9, -8, 172),
        (10, 9, 179),
        (23, 27, 168),
        (27, 37, 148),
        (26, 39, 100),
        (21, 36, 50),
        (10, 25, 5),
        (6, 13, -40),
        (5, 7, -90),
        (5, 8, -150),
        (5, 8, -190),
    ],
    15.0,
    8.8,
)
GREAT_ARTERIES = (
    Tube("brachiocephalic trunk", [(-8, -9, 174), (-17, -12, 202), (-30, -4, 236)], 6.8, 5.5),
    Tube("left carotid", [(3, 1, 178), (12, -5, 205), (17, 0, 236)], 4.4, 3.8),
    Tube("left subclavian", [(15, 12, 177), (27, 13, 205), (42, 12, 238)], 5.2, 4.8),
)
SYSTEMIC_VEINS = (
    Tube(
        "superior vena cava",
        [(-27, -14, 186), (-29, -10, 160), (-29, -8, 130), (-33, -10, 104)],
        9.5,
        10.5,
    ),
    Tube(
        "left brachiocephalic vein",
        [(52, -12, 214), (30, -26, 196), (6, -31, 188), (-22, -20, 184)],
        6.5,
        7.5,
    ),
    Tube("right brachiocephalic vein", [(-50, -4, 226), (-36, -10, 204), (-27, -14, 186)], 6, 8),
    Tube(
        "inferior vena cava",
        [
            (-17, 7, -190),
            (-18, 8, -150),
            (-19, 8, -100),
            (-21, 10, -60),
            (-24, 10, -20),
            (-24, 4, 22),
            (-23, -2, 48),
            (-31, -9, 72),
        ],
        10.0,
        11.5,
    ),
    Tube(
        "azygos",
        [
            (-7, 30, -30),
            (-8, 40, 40),
            (-8, 42, 100),
            (-10, 40, 148),
            (-22, 18, 160),
            (-28, -4, 158),
        ],
        3.0,
        4.2,
    ),
)
PULMONARY_ARTERIES = (
    Tube("pulmonary trunk", [(12, -44, 108), (17, -34, 130), (15, -14, 146)], 13.5, 13.0),
    Tube(
        "right pulmonary artery",
        [(14, -13, 146), (-8, 3, 143), (-28, 9, 140), (-46, 14, 132)],
        11.0,
        8.0,
    ),
    Tube(
        "left pulmonary artery",
        [(16, -12, 147), (32, 8, 151), (46, 24, 144), (52, 30, 132)],
        11.0,
        8.0,
    ),
)
PULMONARY_VEINS = (
    Tube("right superior vein", [(-10, 12, 117), (-34, 6, 122), (-52, 0, 134)], 7.5, 5.0),
    Tube("right inferior vein", [(-8, 20, 108), (-34, 26, 100), (-54, 34, 92)], 7.5, 5.0),
    Tube("left superior vein", [(20, 12, 118), (42, 4, 126), (58, -4, 138)], 7.0, 5.0),
    Tube("left inferior vein", [(20, 20, 108), (42, 30, 100), (58, 36, 92)], 7.0, 5.0),
)
AIRWAYS = (
    Tube("trachea", [(0, -4, 240), (0, 2, 215), (1, 10, 185), (3, 18, 153)], 8.6, 8.8),
    Tube("right main bronchus", [(3, 18, 154), (-14, 20, 142), (-34, 21, 133)], 7.4, 6.2),
    Tube("right upper bronchus", [(-24, 20, 139), (-42, 20, 144), (-54, 18, 150)], 5.0, 3.6),
    Tube("right lower bronchus", [(-34, 21, 133), (-44, 22, 116), (-52, 32, 90)], 5.6, 3.4),
    Tube("middle lobe bronchus", [(-43, 20, 118), (-54, 4, 106)], 3.6, 2.8),
    Tube("left main bronchus", [(3, 18, 154), (22, 22, 141), (43, 25, 131)], 6.8, 5.8),
    Tube("left upper bronchus", [(43, 25, 131), (56, 14, 136), (62, 4, 146)], 4.8, 3.2),
    Tube("left lower bronchus", [(43, 25, 131), (50, 32, 114), (56, 40, 88)], 5.2, 3.2),
)
OESOPHAGUS = Tube(
    "oesophagus",
    [
        (3, 12, 240),
        (6, 22, 205),
        (9, 29, 170),
        (9, 33, 140),
        (7, 36, 105),
        (10, 26, 60),
        (16, 12, 30),
        (26, 6, 14),
    ],
    5.8,
    6.5,
)
_HEART_AXES = oriented_axes((0.70, -0.52, -0.49))
_LEFT_HILUM, _RIGHT_HILUM = (50.0, 26.0, 134.0), (-44.0, 16.0, 132.0)


class Chest:
    """Shapes of the chest on one canvas."""

    def __init__(self, canvas: Canvas, surfaces: Surfaces, column: Floats) -> None:
        self.canvas, self.surfaces, self.column = canvas, surfaces, column
        self.person = surfaces.person
        self.seed = self.person.seed

    def _along(self, reach_mm: float, across: float = 0.0, up: float = 0.0) -> np.ndarray:
        origin = np.array([16.0, -24.0, 80.0])
        return origin + np.array([reach_mm, across, up]) @ _HEART_AXES

    # -- distances -----------------------------------------------------------------------

    @cached_property
    def heart_box(self) -> Box:
        return self.canvas.box((-72, -100, 22), (100, 48, 150))

    @cached_property
    def pericardium(self) -> Floats:
        at = self.canvas.coordinates(self.heart_box)
        s = self.person.heart
        main = ellipsoid(at, tuple(self._along(8)), (64 * s, 45 * s, 43 * s), _HEART_AXES)
        atria = ellipsoid(at, (-10, 0, 96), (42 * s, 34 * s, 38 * s))
        return smooth_min(main, atria, 14)

    @cached_property
    def vessels(self) -> dict[str, tuple[Box, Floats]]:
        tubes = (
            AORTA,
            *GREAT_ARTERIES,
            *SYSTEMIC_VEINS,
            *PULMONARY_ARTERIES,
            *PULMONARY_VEINS,
            *AIRWAYS,
            OESOPHAGUS,
        )
        return {t.name: tube_distance(self.canvas, t) for t in tubes}

    @cached_property
    def mediastinum(self) -> Floats:
        """What keeps the lungs apart: heart, great vessels, spine and the fat around them."""
        at = self.surfaces.at
        wide = np.interp(self.surfaces.z, [30, 90, 130, 160, 190, 225], [15, 17, 26, 29, 30, 22])
        edge = self.surfaces.along_z(tissue.CAGE_Z, tissue.CAGE_FRONT)
        front = np.clip((at.y + edge - 14) / 38, 0.10, 1)
        back = 1 - 0.38 * np.clip((at.y - 22) / 24, 0, 1)
        half = wide[:, None, None].astype(np.float32) * front * back
        centre = 2 + 5 * np.clip((at.y - 15) / 30, 0, 1) - 4 * np.clip((-at.y - 30) / 30, 0, 1)
        slab = (np.abs(at.x - centre) - half).astype(np.float32)
        parts = [(self.heart_box, self.pericardium - 3.0)]
        for name, (box, field) in self.vessels.items():
            lobar = "upper bronchus" in name or "lower bronchus" in name or "middle" in name
            grow = 0.4 if lobar or "vein" in name else 3.5
            parts.append((box, field - grow))
        solid = merge(self.canvas, parts)
        solid = smooth_min(solid, self.column - 4.0, 8)
        wobble = 1.6 * self.surfaces.noise("mediastinum", 24.0)
        return smooth_min(solid, slab, 10) + wobble

    @cached_property
    def lungs(self) -> Floats:
        """Both lungs; their side is the sign of x."""
        return smooth_max(self.surfaces.chest, -self.mediastinum, 5.0)

    @cached_property
    def oblique(self) -> Floats:
        """Distance to the oblique fissure, positive above it (upper and middle lobes)."""
        at = self.surfaces.at
        wave = 5 * self.surfaces.noise("fissure", 48.0)
        # It falls from the back at T4 to the front of the diaphragm.
        return (0.66 * (at.z - 94) - 0.75 * (at.y - 6) + wave).astype(np.float32)

    @cached_property
    def fissures(self) -> Floats:
        """Unsigned distance to the nearest fissure; the right lung has a horizontal one too."""
        at = self.surfaces.at
        wave = 4 * self.surfaces.noise("horizontal fissure", 52.0)
        level = np.abs(at.z - 103 - 0.10 * (at.y + 30) - wave) * 0.97
        horizontal = np.where((at.x < 0) & (self.oblique > 0), level, 1000)
        return np.minimum(np.abs(self.oblique), horizontal).astype(np.float32)

    # -- painting ------------------------------------------------------------------------

    def paint_mediastinum(self) -> None:
        canvas, box = self.canvas, self.surfaces.box
        canvas.paint(box, self.surfaces.cage + 0.5, tissue.MUSCLE - 4)
        canvas.paint(box, self.surfaces.cage + 1.6, tissue.FAT + 8)
        self._paint_nodes()

    def _paint_nodes(self) -> None:
        """Small normal lymph nodes scattered in the mediastinal fat."""
        rng = seeded(self.seed, "nodes")
        for _ in range(16):
            centre = rng.uniform((-24, -26, 118), (26, 26, 196))
            radii = rng.uniform(1.6, 3.4, 3) * (1, 1, 1.4)
            low, high = centre - 8, centre + 8
            box = self.canvas.box(tuple(low), tuple(high), 8)
            at = self.canvas.coordinates(box)
            if 0 not in at.shape:
                self.canvas.paint(box, ellipsoid(at, tuple(centre), tuple(radii)), 62.0)

    def paint_lungs(self, trees: dict[str, Tree]) -> None:
        canvas, surfaces = self.canvas, self.surfaces
        box = surfaces.box
        lungs = self.lungs
        at = surfaces.at
        coarse = (
            self.person.lung_hu + 0.42 * at.y + 14 * surfaces.noise("lung patches", 26.0)
        ).astype(np.float32)
        mottle = SmoothNoise(self.seed, "parenchyma", 3.4)
        canvas.paint(
            box, lungs, lambda b: canvas.refine(coarse[b.coarse], b) + 15 * canvas.noise(mottle, b)
        )
        sheet = np.maximum(self.fissures - 0.45, lungs + 0.5)
        canvas.paint(box, sheet, -600.0, opacity=0.9 if canvas.factor == 2 else 0.2)
        for name, tree in trees.items():
            if name.startswith("lung"):
                paint_tree(canvas, tree, 35.0, largest_mm=4.6)
        for name, tree in trees.items():
            if name.startswith("bronchi"):
                paint_tree(canvas, tree, -150.0, largest_mm=3.2, smallest_mm=1.1, grow_mm=0.8)
                paint_tree(canvas, tree, -960.0, largest_mm=3.2, smallest_mm=1.1)

    def paint_great_vessels(self) -> None:
        canvas = self.canvas
        for tube in PULMONARY_VEINS + PULMONARY_ARTERIES + SYSTEMIC_VEINS:
            value = tissue.BLOOD - (18 if "vena cava" in tube.name and "inf" in tube.name else 4)
            canvas.paint(*self.vessels[tube.name], value)
        self.paint_heart()
        for tube in GREAT_ARTERIES:
            canvas.paint(*self.vessels[tube.name], tissue.BLOOD)
        box, field = self.vessels["aorta"]
        canvas.paint(box, field - 1.1, 62.0)
        canvas.paint(box, field, tissue.BLOOD + 4)
        box, field = self.vessels["oesophagus"]
        canvas.paint(box, field, 66.0)
        canvas.paint(box, field + 4.4, -500.0)
        for tube in AIRWAYS:
            box, field = self.vessels[tube.name]
            canvas.paint(box, field - 1.3, 30.0)
        for tube in AIRWAYS:
            canvas.paint(*self.vessels[tube.name], -990.0)

    def paint_heart(self) -> None:
        canvas, box, s = self.canvas, self.heart_box, self.person.heart
        at = canvas.coordinates(box)
        pericardium = self.pericardium
        canvas.paint(box, pericardium - 0.8, 44.0)
        canvas.paint(box, pericardium + 0.6, tissue.FAT + 14)
        ripple = canvas.coarse_noise(SmoothNoise(self.seed, "heart", 9.0), box)

        def chamber(centre: np.ndarray, radii: tuple[float, float, float]) -> Floats:
            scaled = (radii[0] * s, radii[1] * s, radii[2] * s)
            return ellipsoid(at, tuple(centre), scaled, _HEART_AXES)

        left = chamber(self._along(20, 11, -6), (42, 23, 23))
        right = chamber(self._along(12, -21, 4), (52, 22, 36))
        left_atrium = smooth_min(
            ellipsoid(at, (6, 17, 112), (30 * s, 17 * s, 23 * s)),
            ellipsoid(at, (30, 0, 122), (13, 9, 10)),
            8,
        )
        right_atrium = smooth_min(
            ellipsoid(at, (-34, -10, 80), (21 * s, 25 * s, 31 * s)),
            ellipsoid(at, (-26, -38, 112), (10, 13, 12)),
            10,
        )
        myocardium = left - 9.0
        shell = smooth_min(
            smooth_min(myocardium, right - 3.2, 5),
            smooth_min(left_atrium - 2.2, right_atrium - 2.2, 4),
            6,
        )
        shell = smooth_max(shell, pericardium + 2.2, 4)
        canvas.paint(box, shell + 0.8 * ripple, tissue.MYOCARDIUM)
        inner = smooth_max(smooth_max(right, -(myocardium + 0.5), 4), pericardium + 5, 3)
        canvas.paint(box, inner + 1.3 * ripple, tissue.BLOOD - 6)
        canvas.paint(box, smooth_max(right_atrium, pericardium + 4.5, 3), tissue.BLOOD - 10)
        canvas.paint(box, left_atrium, tissue.BLOOD + 6)
        papillary = np.maximum(left + 1, 2.2 - 4 * ripple)
        canvas.paint(box, left + 0.9 * ripple, tissue.BLOOD + 6)
        canvas.paint(box, papillary + 2.5, tissue.MYOCARDIUM, opacity=0.7)
        outflow, valve = tube_distance(
            canvas, Tube("outflow", [tuple(self._along(-8, 6, 4)), (3, -14, 112)], 13, 14)
        )
        canvas.paint(outflow, valve, tissue.BLOOD + 5)

    def plant_trees(self) -> dict[str, Tree]:
        """Grow the vessels and bronchi of both lungs. Call on the survey canvas."""
        clear = (self.lungs < -2.5) & (self.fissures > 2.5)
        x = self.surfaces.at.x
        trees: dict[str, Tree] = {}
        for side, hilum in (("right", _RIGHT_HILUM), ("left", _LEFT_HILUM)):
            mask = clear & ((x < 0) if side == "right" else (x > 0))
            for kind, count, shift in (("arteries", 900, (0, 0, 0)), ("veins", 700, (2, -8, -14))):
                rng = seeded(self.seed, f"{kind} {side}")
                targets = sample_inside(rng, self.canvas, mask, count)
                root = (hilum[0] + shift[0], hilum[1] + shift[1], hilum[2] + shift[2])
                trees[f"lung {kind} {side}"] = grow_tree(rng, root, targets, leaf_radius_mm=0.46)
            rng = seeded(self.seed, f"bronchi {side}")
            targets = sample_inside(rng, self.canvas, mask & (self.lungs < -20), 40)
            trees[f"bronchi {side}"] = grow_tree(
                rng, (hilum[0] + 4, hilum[1] + 4, hilum[2] + 4), targets, leaf_radius_mm=0.75
            )
        return trees
