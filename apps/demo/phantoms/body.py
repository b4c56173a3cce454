"""The body wall and the surfaces that divide it: skin, rib cage, diaphragm."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from apps.demo.phantoms import anatomy as tissue
from apps.demo.phantoms.anatomy import Anatomy, profile
from apps.demo.phantoms.canvas import Box, Canvas
from apps.demo.phantoms.noise import SmoothNoise
from apps.demo.phantoms.shapes import Coordinates, Floats, ellipsoid, floats, superellipse


class Surfaces:
    """Signed distances, on the coarse grid of a canvas, that several organs share."""

    def __init__(self, canvas: Canvas, person: Anatomy, breath_mm: float) -> None:
        self.canvas = canvas
        self.person = person
        self.breath_mm = breath_mm
        self.box: Box = canvas.whole()
        self.at: Coordinates = canvas.warped
        self.z = canvas.coarse_axes.z
        self._seed = person.seed

    def along_z(self, table_z: tuple[float, ...], table: tuple[float, ...]) -> Floats:
        return profile(self.z, table_z, table)[:, None, None]

    def noise(self, label: str, scale_mm: float) -> Floats:
        return self.canvas.coarse_noise(SmoothNoise(self._seed, label, scale_mm), self.box)

    @cached_property
    def spine_y(self) -> Floats:
        bend = self.person.kyphosis_mm * np.exp(-(((self.z - 110) / 70) ** 2))
        return (profile(self.z, tissue.SPINE_Z, tissue.SPINE_Y) + bend)[:, None, None].astype(
            np.float32
        )

    @cached_property
    def skin(self) -> Floats:
        """Outer surface of the patient."""
        at = self.at
        front = self.along_z(tissue.BODY_Z, tissue.BODY_FRONT)
        back = self.along_z(tissue.BODY_Z, tissue.BODY_BACK)
        width = self.along_z(tissue.BODY_Z, tissue.BODY_HALF_WIDTH)
        extra = np.float32(self.person.fat_mm - 12)
        dy = at.y - 2
        depth = np.where(dy < 0, front, back) + extra * 0.7
        outline = superellipse(at.x, dy, width + extra, depth, 2.2)
        groove = 7 * np.exp(-((at.x / 20) ** 2)) * np.clip(at.y / 60, 0, 1)
        outline = outline + groove.astype(np.float32)
        if self.person.breast:
            outline -= self._breast_bulge()
        return outline

    def _breast_bulge(self) -> Floats:
        at, size = self.at, self.person.breast
        bulge = np.exp(-((np.abs(at.x) - 78) ** 2) / 42**2 - ((at.z - 88) / 40) ** 2)
        return (24 * size * bulge * np.clip(-at.y / 60, 0, 1)).astype(np.float32)

    @cached_property
    def fat_thickness(self) -> Floats:
        at = self.at
        low = np.clip((20 - at.z) / 120, 0, 1)
        flank = np.clip(np.abs(at.x) / 150, 0, 1) ** 2
        front = np.clip(-at.y / 100, 0, 1)
        shape = 0.55 + 0.5 * low + 0.35 * flank * low + 0.25 * front * low
        thickness = self.person.fat_mm * shape * (1 + 0.16 * self.noise("fat", 34.0))
        if self.person.breast:
            thickness = thickness + 0.95 * self._breast_bulge()
        return np.maximum(thickness, 4).astype(np.float32)

    @cached_property
    def cage(self) -> Floats:
        """Inner surface of the chest and abdominal wall."""
        at = self.at
        width = self.along_z(tissue.CAGE_Z, tissue.CAGE_HALF_WIDTH)
        front = self.along_z(tissue.CAGE_Z, tissue.CAGE_FRONT)
        back = self.along_z(tissue.CAGE_Z, tissue.CAGE_BACK)
        centre = self.along_z(tissue.CAGE_Z, tissue.CAGE_CENTRE_Y)
        dy = at.y - centre
        distance = superellipse(at.x, dy, width, np.where(dy < 0, front, back), 2.45)
        slope = np.gradient(width[:, 0, 0], self.z)
        tilt = (1 / np.sqrt(1 + np.minimum(slope**2, 9)))[:, None, None]
        return floats(distance * tilt)

    @cached_property
    def cage_angle(self) -> Floats:
        """Angle around the cage from the back (0) over the side to the front (pi)."""
        centre = self.along_z(tissue.CAGE_Z, tissue.CAGE_CENTRE_Y)
        return floats(np.arctan2(np.abs(self.at.x), self.at.y - centre))

    @cached_property
    def dome_height(self) -> Floats:
        """Height of the diaphragm over every point of the axial plane; shape (1, row, column)."""
        axes = self.canvas.coarse_axes
        x, y = (
            axes.x[None, :].astype(np.float32),
            axes.y[:, None].astype(np.float32),
        )
        right = 54 - 0.0034 * (x + 66) ** 2 - 0.0030 * (y + 4) ** 2
        left = 40 - 0.0036 * (x - 70) ** 2 - 0.0032 * (y + 2) ** 2
        saddle = 33 - 0.003 * (x - 12) ** 2 - 0.004 * (y + 22) ** 2
        top = np.logaddexp(np.logaddexp(right / 5, left / 5), saddle / 5) * 5
        q = (
            np.abs(x / 133) ** 2.45
            + np.abs((y - 5) / np.where(y < 5, np.float32(85), np.float32(77))) ** 2.45
        ) ** (1 / 2.45)
        behind = 0.5 + 0.5 * np.tanh((y - 5) / 28)
        drop = (34 + 48 * behind) * np.clip((q - 0.56) / 0.44, 0, 1.2) ** 1.9
        ripple = SmoothNoise(self._seed, "diaphragm", 38.0).on_axes(
            np.array([0.0]), axes.y, axes.x
        )[0]
        return floats((top - drop + 2.6 * ripple + self.breath_mm)[None])

    @cached_property
    def diaphragm(self) -> Floats:
        """Distance above (negative: in the chest) or below the diaphragm."""
        axes = self.canvas.coarse_axes
        gy, gx = np.gradient(self.dome_height[0], axes.y, axes.x)
        slope = (1 / np.sqrt(1 + gx**2 + gy**2))[None]
        return floats((self.dome_height - self.at.z) * slope)

    @cached_property
    def chest(self) -> Floats:
        """The space inside the ribs and above the diaphragm."""
        return floats(np.maximum(self.cage + 2, self.diaphragm))

    @cached_property
    def abdomen(self) -> Floats:
        """The space inside the wall and below the diaphragm."""
        return floats(np.maximum(self.cage + 2, 2.2 - self.diaphragm))


def paint_body_wall(canvas: Canvas, surfaces: Surfaces) -> None:
    """Skin, subcutaneous fat with septa, and the muscles around the cage."""
    person, box = surfaces.person, surfaces.box
    canvas.paint(box, surfaces.skin, tissue.SKIN)
    septa = canvas.noise(SmoothNoise(person.seed, "fat septa", 7.0), box)
    fat = tissue.FAT + 5 * septa
    veil = canvas.noise(SmoothNoise(person.seed, "septa", 19.0), box)
    fat += 34 * np.exp(-((veil / 0.03) ** 2)) * np.clip(septa, 0, 1)
    canvas.paint(box, surfaces.skin + 1.6, fat)
    del fat, septa, veil
    if person.breast:
        _paint_glands(canvas, surfaces)
    _paint_muscle(canvas, surfaces)


def _paint_glands(canvas: Canvas, surfaces: Surfaces) -> None:
    box = canvas.box((-140, -160, 35), (140, -40, 140))
    at = canvas.coordinates(box)
    tangle = canvas.coarse_noise(SmoothNoise(surfaces.person.seed, "glands", 9.0), box)
    gland = np.full_like(at.x, 1000)
    for side in (-1, 1):
        gland = np.minimum(gland, ellipsoid(at, (side * 78, -104, 86), (40, 22, 34)))
    distance = np.maximum(gland, 5 * (tangle - 0.1))
    distance = np.maximum(distance, surfaces.skin[box.coarse] + 6)
    canvas.paint(box, distance, 22.0, edge_mm=3.0, opacity=0.85)


def _paint_muscle(canvas: Canvas, surfaces: Surfaces) -> None:
    at, box = surfaces.at, surfaces.box
    wall = surfaces.skin + 1.9 + surfaces.fat_thickness
    # Below the ribs the wall is thin: three flat muscles and the recti.
    low = np.clip((10 - at.z) / 70, 0, 1)
    lateral = np.clip(1.15 - np.abs(at.y - 10) / 90, 0, 1)
    limit = 1000 - low * (1000 - (19 + 26 * np.clip((at.y - 25) / 30, 0, 1) + 4 * (1 - lateral)))
    wall = np.maximum(wall, surfaces.cage - limit.astype(np.float32))
    fibre = 6 * surfaces.noise("muscle", 6.0) + 5 * surfaces.noise("muscle coarse", 18.0)
    canvas.paint(box, wall, lambda b: canvas.refine((tissue.MUSCLE + fibre)[b.coarse], b))
    _paint_fat_planes(canvas, surfaces, wall, low.astype(np.float32))


def _paint_fat_planes(canvas: Canvas, surfaces: Surfaces, wall: Floats, low: Floats) -> None:
    """Thin sheets of fat between the muscle layers, at wandering depths."""
    box, at = surfaces.box, surfaces.at
    wander = surfaces.noise("fat planes", 30.0)
    presence = surfaces.noise("fat plane presence", 26.0)
    depth = surfaces.cage + 2.2 * wander
    chest_plane = np.abs(depth - 12) - (0.9 + 0.7 * presence)
    outer_plane = np.abs(depth - 21 - 2 * presence) - (0.7 + 0.9 * wander)
    belly_plane = np.minimum(np.abs(depth - 5.5), np.abs(depth - 11)) - (0.25 + 0.35 * presence)
    chest = np.minimum(chest_plane, outer_plane)
    planes = chest + (belly_plane - chest) * low
    # Between the two recti and beside the spine the layers part.
    planes = np.minimum(
        planes, np.abs(at.x + 2 * wander) - 1.5 * low + 40 * np.clip((at.y + 40) / 30, 0, 1)
    )
    planes = np.minimum(
        planes,
        np.abs(np.abs(at.x) - 40 - 7 * wander + 0.35 * (at.y - 84))
        - 0.4
        - 0.8 * presence
        + 30 * np.clip((76 - at.y) / 12, 0, 1),
    )
    inside = np.maximum(planes, np.maximum(wall + 1.0, 1.0 - surfaces.cage))
    canvas.paint(box, inside.astype(np.float32), tissue.FAT + 12, opacity=0.85)


def paint_table(canvas: Canvas, back_y_mm: float) -> None:
    """The couch below the patient: a curved carbon shell with foam, and a thin mattress."""
    plain = canvas.plain_coordinates(canvas.whole())
    x, y = plain.x[0], plain.y[0]
    sag = 0.00042 * x**2
    top = back_y_mm + 9 - sag
    hollow = y - top
    bottom = back_y_mm + 58 - 0.9 * np.maximum(np.abs(x) - 95, 0)
    mattress = np.maximum(np.abs(hollow + 5) - 4.0, np.abs(x) - 205)
    shell = np.maximum(np.abs(hollow - 1) - 1.2, np.abs(x) - 215)
    foam = np.maximum(np.maximum(-hollow, y - bottom), np.abs(x) - 168)
    under = np.maximum(np.abs(y - bottom) - 0.8, np.abs(x) - 168)
    edge = canvas.edge_mm
    plane = np.full(hollow.shape, tissue.AIR, dtype=np.float32)
    for distance, value in ((mattress, -965.0), (foam, -985.0), (shell, 240.0), (under, 90.0)):
        alpha = np.clip(0.5 - distance / edge, 0, 1)
        plane += alpha * (value - plane)
    canvas.hu[:] = plane[None]
