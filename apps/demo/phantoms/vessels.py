"""Tubes along curves, and branching trees grown to supply points inside an organ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.demo.phantoms.canvas import Box, Canvas
from apps.demo.phantoms.shapes import Floats, capsule, smooth_curve, smooth_min

Curve = list[tuple[float, float, float]]


@dataclass(frozen=True)
class Tube:
    """A vessel or airway: a curve in the reference anatomy with a radius at each end."""

    name: str
    points: Curve
    start_radius_mm: float
    end_radius_mm: float


def tube_distance(
    canvas: Canvas, tube: Tube, *, step_mm: float = 8.0, wobble: float = 0.0
) -> tuple[Box, Floats]:
    """Distance to a tube on the coarse grid of its own box."""
    curve = smooth_curve(tube.points, step_mm)
    radii = np.linspace(tube.start_radius_mm, tube.end_radius_mm, len(curve))
    if wobble:
        radii = radii * (1 + wobble * np.sin(np.arange(len(curve)) * 1.7))
    pad = float(radii.max()) + 6
    low, high = curve.min(axis=0) - pad, curve.max(axis=0) + pad
    box = canvas.box(tuple(low), tuple(high))
    field = canvas.empty(box)
    if 0 in field.shape:
        return box, field
    for i in range(len(curve) - 1):
        ends = curve[i : i + 2]
        part = canvas.box(tuple(ends.min(axis=0) - pad), tuple(ends.max(axis=0) + pad))
        where = tuple(
            slice(max(p.start, b.start) - b.start, min(p.stop, b.stop) - b.start)
            for p, b in zip(part.coarse, box.coarse, strict=True)
        )
        if any(w.stop <= w.start for w in where):
            continue
        at = canvas.coordinates(box)
        local = type(at)(at.z[where], at.y[where], at.x[where])
        distance = capsule(local, ends[0], ends[1], radii[i], radii[i + 1])
        field[where] = smooth_min(field[where], distance, 1.0)
    return box, field


def merge(canvas: Canvas, parts: list[tuple[Box, Floats]], grow_mm: float = 0.0) -> Floats:
    """One distance field on the whole coarse grid from several boxed ones."""
    whole = canvas.empty(canvas.whole())
    for box, field in parts:
        target = whole[box.coarse]
        np.minimum(target, field - np.float32(grow_mm), out=target)
    return whole


@dataclass(frozen=True)
class Tree:
    """Branches in the reference anatomy: node positions, parents and radii, root first."""

    nodes: NDArray[np.float64]
    parents: NDArray[np.int64]
    radii_mm: NDArray[np.float64]


def grow_tree(
    rng: np.random.Generator,
    root: tuple[float, float, float],
    targets: NDArray[np.float64],
    *,
    leaf_radius_mm: float,
    step_mm: float = 6.0,
    murray: float = 2.75,
    straightness: float = 0.45,
) -> Tree:
    """Connect every target to the nearest branch, near ones first, with gentle curves.

    Radii follow Murray's law: the parent's radius to the power ``murray`` is the sum of
    the children's.
    """
    order = np.argsort(np.linalg.norm(targets - root, axis=1))
    capacity = 8 * len(targets) + 16
    nodes = np.empty((capacity, 3))
    parents = np.full(capacity, -1, dtype=np.int64)
    path = np.zeros(capacity)
    nodes[0], count = root, 1
    for target in targets[order]:
        reach = np.linalg.norm(nodes[:count] - target, axis=1)
        start = int((reach + straightness * path[:count]).argmin())
        pieces = max(1, int(reach[start] / step_mm))
        heading = nodes[start] - nodes[parents[start]] if parents[start] >= 0 else target - root
        heading = heading / (np.linalg.norm(heading) or 1) * reach[start]
        t = np.linspace(0, 1, pieces + 1)[1:, None]
        straight = nodes[start] + t * (target - nodes[start])
        bend = 0.42 * t * (1 - t) ** 2 * (heading - (target - nodes[start]))
        points = straight + bend + rng.normal(0, 0.3, straight.shape) * (t < 1)
        previous = start
        for point in points:
            if count >= capacity:
                break
            nodes[count], parents[count] = point, previous
            path[count] = path[previous] + np.linalg.norm(point - nodes[previous])
            previous, count = count, count + 1
    load = np.zeros(count)
    children = np.zeros(count, dtype=np.int64)
    np.add.at(children, parents[1:count], 1)
    load[children == 0] = leaf_radius_mm**murray
    for index in range(count - 1, 0, -1):
        load[parents[index]] += load[index]
    return Tree(nodes[:count], parents[:count], load ** (1 / murray))


def paint_tree(
    canvas: Canvas,
    tree: Tree,
    value: float,
    *,
    largest_mm: float,
    smallest_mm: float = 0.0,
    opacity: float = 1.0,
    grow_mm: float = 0.0,
) -> None:
    """Paint the branches of a tree, each piece where the bent anatomy puts it."""
    points = canvas.warp.to_space(tree.nodes)
    radii = np.minimum(tree.radii_mm, largest_mm)
    smallest = max(smallest_mm, 0.14 * canvas.axes.spacing[2])
    for index in np.argsort(radii[1:]) + 1:
        if radii[index] < smallest:
            continue
        parent = int(tree.parents[index])
        ends = (min(radii[parent], 1.25 * radii[index]) + grow_mm, radii[index] + grow_mm)
        canvas.paint_strand(points[parent], points[index], ends, value, opacity=opacity)


def sample_inside(
    rng: np.random.Generator, canvas: Canvas, inside: NDArray[np.bool_], count: int
) -> NDArray[np.float64]:
    """Points of the reference anatomy inside a mask of a survey grid, evenly spread."""
    found = np.flatnonzero(inside.ravel())
    if not len(found):
        return np.empty((0, 3))
    warped = canvas.warped
    cloud = np.stack([a.ravel()[found] for a in (warped.x, warped.y, warped.z)], axis=1)
    picks = rng.permutation(len(cloud))[: count * 4]
    candidates = cloud[picks] + rng.uniform(-2, 2, (len(picks), 3))
    # Best-candidate thinning: even spacing as real arterioles have.
    chosen = candidates[: max(1, count // 8)]
    for start in range(len(chosen), len(candidates), 64):
        batch = candidates[start : start + 64]
        gap = np.min(np.linalg.norm(batch[:, None] - chosen[None], axis=2), axis=1)
        keep = batch[np.argsort(-gap)[:18]]
        chosen = np.vstack([chosen, keep])
        if len(chosen) >= count:
            break
    return chosen[:count].astype(float)
