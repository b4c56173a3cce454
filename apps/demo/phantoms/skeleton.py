"""Spine, ribs with their cartilages, sternum, clavicles and shoulder blades."""

from __future__ import annotations

import numpy as np

from apps.demo.phantoms import anatomy as tissue
from apps.demo.phantoms.body import Surfaces
from apps.demo.phantoms.canvas import Box, Canvas
from apps.demo.phantoms.noise import SmoothNoise
from apps.demo.phantoms.shapes import Coordinates, Floats, capsule, floats, smooth_max, superellipse

_RIB_TOP_Z = tissue.VERTEBRA_Z[5:17][::-1]  # T1 ... T12
_RIB_DROP_MM = (34, 50, 66, 80, 91, 98, 103, 104, 98, 88, 62, 42)
_RIB_END_RAD = (2.45, 2.45, 2.45, 2.44, 2.42, 2.36, 2.28, 2.18, 2.06, 1.9, 1.45, 1.05)
_CARTILAGE_END_RAD = (2.9, 2.93, 2.95, 2.96, 2.96, 2.95, 2.93, 2.75, 2.6, 2.4, 0, 0)
_CARTILAGE_RISE_MM = (2, 6, 12, 22, 34, 46, 56, 46, 40, 34, 0, 0)


def paint_bone(
    canvas: Canvas,
    box: Box,
    distance: Floats,
    *,
    shell_mm: float,
    marrow_hu: float,
    cortex_hu: float = tissue.CORTICAL_BONE,
    seed: int = 0,
) -> None:
    """A bone is a dense shell around spongy marrow."""
    canvas.paint(box, distance, cortex_hu)
    texture = SmoothNoise(seed, "spongiosa", 2.6)
    canvas.paint(
        box,
        distance + shell_mm,
        lambda b: marrow_hu + 34 * canvas.noise(texture, b),
        edge_mm=1.6,
    )


def paint_ribs(canvas: Canvas, surfaces: Surfaces) -> Floats:
    """Twelve pairs of ribs on the cage surface. Returns their distance field."""
    z_low, z_high = -70.0, 240.0
    box = canvas.box((-260, -260, z_low), (260, 260, z_high), 0)
    cage = surfaces.cage[box.coarse]
    shell = np.flatnonzero((cage > -4).ravel() & (cage < 15).ravel())
    depth = cage.ravel()[shell]
    angle = surfaces.cage_angle[box.coarse].ravel()[shell]
    height = surfaces.at.z[box.coarse].ravel()[shell]
    left = surfaces.at.x[box.coarse].ravel()[shell] > 0
    rng = np.random.default_rng([surfaces.person.seed, 12])
    rib = np.full(shell.shape, 1000, dtype=np.float32)
    cartilage = rib.copy()
    for side in (False, True):
        here = left == side
        for index, top in enumerate(_RIB_TOP_Z):
            shift = float(rng.normal(0, 1.6))
            bone, soft = _rib_distance(index, top + shift, depth[here], angle[here], height[here])
            rib[here] = np.minimum(rib[here], bone)
            cartilage[here] = np.minimum(cartilage[here], soft)
    fields = []
    for values in (cartilage, rib):
        field = canvas.empty(box)
        field.ravel()[shell] = values
        fields.append(field)
    canvas.paint(box, fields[0], tissue.CARTILAGE)
    paint_bone(canvas, box, fields[1], shell_mm=1.35, marrow_hu=130, seed=surfaces.person.seed)
    return fields[1]


def _rib_distance(
    index: int, top_z: float, depth: Floats, angle: Floats, height: Floats
) -> tuple[Floats, Floats]:
    end, cartilage_end = _RIB_END_RAD[index], _CARTILAGE_END_RAD[index]
    drop = _RIB_DROP_MM[index]
    course = top_z + 6 - drop * 0.5 * (1 - np.cos(angle)) * 1.18
    dz = (height - course) * 0.86
    radial = depth - 5.2
    bone = (np.sqrt((dz / 6.2) ** 2 + (radial / 3.6) ** 2) - 1) * 4.2
    bone = np.maximum(bone, np.maximum((angle - end) * 110, (0.24 - angle) * 80))
    if not cartilage_end:
        return bone.astype(np.float32), np.full_like(bone, 1000)
    end_z = top_z + 6 - drop * 0.5 * (1 - np.cos(end)) * 1.18
    along = np.clip((angle - end) / (cartilage_end - end), -0.2, 1.3)
    dz = (height - end_z - _CARTILAGE_RISE_MM[index] * along) * 0.8
    soft = (np.sqrt((dz / 6.4) ** 2 + (radial / 4.4) ** 2) - 1) * 4.8
    soft = np.maximum(soft, np.maximum((end - 0.03 - angle) * 90, (angle - cartilage_end) * 110))
    return bone.astype(np.float32), soft.astype(np.float32)


def paint_sternum(canvas: Canvas, surfaces: Surfaces) -> None:
    box = canvas.box((-60, -140, 50), (60, -10, 205), 0)
    at, depth = canvas.coordinates(box), surfaces.cage[box.coarse]
    front = np.maximum(at.y + 10, 0) * 10
    field = canvas.empty(box)
    for low, high, half_width in ((164, 194, 25.0), (78, 161, 15.5), (56, 75, 6.0)):
        middle, half = (low + high) / 2, (high - low) / 2
        width = half_width + 2.5 * np.cos((at.z - middle) / half * 2.5)
        plate = superellipse(at.x, depth - 6.5, width, np.full_like(width, 5.6), 2.8)
        field = np.minimum(field, np.maximum(plate, np.abs(at.z - middle) - half) + front)
    paint_bone(
        canvas, box, field, shell_mm=1.2, marrow_hu=110, cortex_hu=520, seed=surfaces.person.seed
    )
    for side in (-1, 1):
        start, end = np.array([side * 20.0, -50, 196]), np.array([side * 150.0, -22, 238])
        clavicle_box = canvas.box(
            (min(side * 20, side * 160), -80, 180), (max(side * 20, side * 160), 20, 250), 0
        )
        at = canvas.coordinates(clavicle_box)
        if 0 in at.shape:
            continue
        paint_bone(
            canvas,
            clavicle_box,
            capsule(at, start, end, 8.5, 6.0),
            shell_mm=1.8,
            marrow_hu=150,
            seed=surfaces.person.seed,
        )


def paint_scapulae(canvas: Canvas, surfaces: Surfaces) -> None:
    """Thin blades behind the ribs; with the arms raised they lie far to the side."""
    box = canvas.box((-260, -40, 85), (260, 160, 260), 0)
    at = canvas.coordinates(box)
    if 0 in at.shape:
        return
    depth, angle = surfaces.cage[box.coarse], surfaces.cage_angle[box.coarse]
    up = np.clip((at.z - 92) / 120, 0, 1.3)
    centre = 1.12 + 0.30 * up
    half_angle = 0.05 + 0.30 * np.sqrt(np.clip(up - 0.03, 0, 2))
    across = (angle - centre) / half_angle
    level = 18 + 7 * up + 4 * across * np.abs(across)
    thickness = 1.5 + 4.6 * np.clip(across - 0.45, 0, 1)
    blade = np.maximum(np.abs(depth - level) - thickness, (np.abs(across) - 1) * half_angle * 120)
    blade = np.maximum(blade, 92 - at.z).astype(np.float32)
    for side in (-1, 1):
        ridge = capsule(
            at, np.array([side * 108.0, 92, 158]), np.array([side * 168.0, 34, 226]), 5.0, 9.0
        )
        blade = np.minimum(blade, ridge)
    blade = smooth_max(blade, surfaces.skin[box.coarse] + 17, 6)
    paint_bone(canvas, box, blade, shell_mm=1.4, marrow_hu=150, seed=surfaces.person.seed)


class Spine:
    """The spinal column; distances live in a narrow box around it."""

    def __init__(self, canvas: Canvas, surfaces: Surfaces) -> None:
        self.canvas, self.surfaces = canvas, surfaces
        self.box = canvas.box((-62, -12, -400), (62, 128, 400), 0)
        self.at: Coordinates = canvas.coordinates(self.box)
        z = canvas.coarse_axes.z
        centres = np.asarray(tissue.VERTEBRA_Z, dtype=float)
        nearest = np.abs(z[:, None] - centres[None]).argmin(axis=1)
        pitch = np.gradient(centres)[nearest]
        column = (slice(None), None, None)
        self.offset = (z - centres[nearest])[column].astype(np.float32)
        self.half_height = (pitch / 2 - (2.0 + 0.1 * (pitch - 15)))[column].astype(np.float32)
        lumbar = np.interp(z, [-40, 40], [1.0, 0.0])[column].astype(np.float32)
        self.lumbar = lumbar
        upper = np.interp(z, [80, 220], [0.0, 1.0])[column].astype(np.float32)
        self.half_width = 15.5 + 7.5 * lumbar - 1.5 * upper
        self.half_depth = 14.5 + 3.0 * lumbar - 3.5 * upper
        self.body_y = surfaces.spine_y
        self.canal_y = self.body_y + self.half_depth + 7.5

    @property
    def body_outline(self) -> Floats:
        """The column of bodies and discs, without the arches."""
        dy = self.at.y - self.body_y
        outline = superellipse(self.at.x, dy, self.half_width, self.half_depth, 2.5)
        hollow = 4.0 * np.exp(-((self.at.x / 9) ** 2)) * np.clip(dy / self.half_depth, 0, 1)
        return (outline + hollow).astype(np.float32)

    def canal(self) -> Floats:
        return superellipse(
            self.at.x,
            self.at.y - self.canal_y,
            np.full_like(self.body_y, 9.6) + self.lumbar * 1.6,
            np.full_like(self.body_y, 8.0),
            2.2,
        )

    def cord(self) -> Floats:
        """The cord ends at L1, below it hang the roots."""
        ends = np.maximum(0, -52 - self.at.z)
        return floats(np.hypot(self.at.x / 1.15, self.at.y - self.canal_y) - 5.0 + ends * 0.5)

    def paint(self) -> None:
        canvas, box, person = self.canvas, self.box, self.surfaces.person
        outline = self.body_outline
        # End plates are dished, so that a slice through one shows a ring, not a disc.
        dish = 1.8 * np.clip(-outline / 14, 0, 1)
        waist = 1.6 * (1 - (self.offset / np.maximum(self.half_height, 1)) ** 2)
        body = np.maximum(
            outline + np.maximum(waist, 0), np.abs(self.offset) - self.half_height + dish
        )
        canvas.paint(
            box, np.maximum(outline, 0.6 * (self.half_height - np.abs(self.offset))), tissue.DISC
        )
        arch = self._arch()
        paint_bone(
            canvas,
            box,
            arch,
            shell_mm=1.35,
            marrow_hu=person.marrow_hu + 110,
            cortex_hu=620,
            seed=person.seed,
        )
        paint_bone(
            canvas,
            box,
            body.astype(np.float32),
            shell_mm=1.15,
            cortex_hu=430,
            marrow_hu=person.marrow_hu,
            seed=person.seed,
        )
        canal = self.canal()
        canvas.paint(box, canal, tissue.FAT + 40)
        canvas.paint(box, canal + 1.6, tissue.CEREBROSPINAL_FLUID + 8)
        canvas.paint(box, self.cord(), tissue.CORD)

    def _arch(self) -> Floats:
        at, cy = self.at, self.canal_y
        x = np.abs(at.x)
        dy = at.y - cy
        lift = self.offset  # above the centre of its vertebra
        thoracic = 1 - self.lumbar
        pedicle = np.maximum(
            np.abs(x - 0.62 * self.half_width - 2.5) - 3.6,
            np.maximum(np.abs(dy + 5.5) - 8, np.abs(lift - 3.0) - (4.8 + 2 * self.lumbar)),
        )
        lamina = np.abs(np.hypot(x / 1.2, dy - 1) - 11.8) - 2.7
        lamina = np.maximum(lamina, np.maximum(-dy - 1, np.abs(lift + 3) - 8.2))
        # Transverse processes: backwards in the chest, sideways below it.
        tip_x = 31 + 10 * self.lumbar
        tip_y = 11 * thoracic + 1
        t = np.clip(
            ((x - 11) * (tip_x - 11) + (dy - 4) * (tip_y - 4))
            / ((tip_x - 11) ** 2 + (tip_y - 4) ** 2),
            0,
            1,
        )
        transverse = np.hypot(x - 11 - t * (tip_x - 11), dy - 4 - t * (tip_y - 4))
        transverse = np.hypot(transverse, np.maximum(np.abs(lift - 2) - 2.5, 0)) - (4.6 - 1.2 * t)
        length = 30 + 3 * self.lumbar
        slant = thoracic * 0.62 * np.clip(dy - 10, 0, 40) + 4
        along = np.maximum(np.maximum(11 - dy, dy - length), 0)
        spinous = np.hypot(
            np.hypot(x, along), np.maximum(np.abs(lift + slant) - 5.5 - 3 * self.lumbar, 0)
        ) - (2.6 + 1.4 * np.clip((dy - 22) / 10, 0, 1))
        facet = (
            np.hypot(np.hypot(x - 15, dy - 5), np.maximum(np.abs(np.abs(lift) - 9) - 3, 0)) - 4.4
        )
        joint = 0.7 - np.abs(dy - 5 + 0.5 * (x - 15))
        facet = np.maximum(facet, np.where(np.abs(lift) > 9, joint, -5))
        arch = pedicle
        for part in (lamina, transverse, spinous, facet):
            arch = np.minimum(arch, part)
        return floats(arch)
