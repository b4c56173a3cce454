"""The surface mesh of a mask: marching cubes (Lorensen & Cline 1987) at 0.5, in closed form.

Every vertex of a binary mask at 0.5 is the middle of an edge between a voxel inside and one
outside. So the triangles in a cube of eight voxel centres depend only on which of them are inside
(256 cases): area and volume are sums over the cases, and no triangle of the mesh is ever listed.

The table of the cases is derived, not copied: on each face of the cube the cut edges are joined so
that inside lies on the same side of every segment; where a face is ambiguous (two opposite corners
inside) the two are joined. The rule looks at the face alone, so the
cubes on either side of it agree and the mesh is closed. A loop that is not plane is filled so that
the smaller of the two sides (four corners at most) gets the larger volume: of all fillings this is
the one that gives IBSI's consensus volume (556.33 mm³) and area (388.07 mm²).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from apps.ai.analyses.radiomics.prepare import BoolArray, FloatArray, Spacing

Edge = tuple[int, int]

#: Corner number = 4·slice + 2·row + column. The corners of each face, in turn around it as seen
#: from outside the cube.
_FACES = (
    (0, 1, 3, 2),
    (4, 6, 7, 5),
    (0, 4, 5, 1),
    (2, 3, 7, 6),
    (0, 2, 6, 4),
    (1, 5, 7, 3),
)


@dataclass(frozen=True, slots=True)
class Surface:
    """Measures of a closed mesh, mm.

    Attributes
    ----------
    vertices:
        (n, 3) as (slice, row, column) in mm, each once.
    """

    volume_mm3: float
    area_mm2: float
    vertices: FloatArray


def mesh_surface(*, mask: BoolArray, spacing_mm: Spacing) -> Surface:
    """Mesh a mask (slice, row, column); what lies outside the array is outside the mask."""
    padded = np.pad(mask, 1)
    spacing = np.asarray(spacing_mm, dtype=np.float64)
    cases, places = _occurring_cases(padded)
    volumes, areas, normals = _measures_of_cases(spacing_mm)
    counts = np.bincount(cases, minlength=256)
    # Moving a patch by d adds d·(its area vector)/3 to its signed volume.
    sums = np.stack([np.bincount(cases, weights=axis, minlength=256) for axis in places], axis=1)
    volume = float(counts @ volumes + ((sums * spacing) * normals).sum() / 3)
    return Surface(
        volume_mm3=abs(volume),
        area_mm2=float(counts @ areas),
        vertices=_vertices(padded) * spacing,
    )


def _occurring_cases(padded: BoolArray) -> tuple[NDArray[np.intp], tuple[NDArray[np.intp], ...]]:
    """Number of the case and place of the first corner, of every cube that the surface passes."""
    bits = padded.astype(np.uint8)
    lower, upper = slice(None, -1), slice(1, None)
    case = np.zeros(tuple(one - 1 for one in bits.shape), dtype=np.uint8)
    for corner in range(8):
        shift = tuple(upper if corner >> axis & 1 else lower for axis in (2, 1, 0))
        case |= bits[shift] << corner
    places = np.nonzero((case != 0) & (case != 255))
    return case[places].astype(np.intp), places


def _vertices(padded: BoolArray) -> FloatArray:
    found = []
    for axis in range(3):
        changes = np.argwhere(np.diff(padded, axis=axis)).astype(np.float64)
        changes[:, axis] += 0.5
        found.append(changes)
    return np.concatenate(found)


@lru_cache(maxsize=64)
def _measures_of_cases(spacing_mm: Spacing) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Signed volume from the first corner, area, and area vector of each case."""
    volumes, areas, normals = np.zeros(256), np.zeros(256), np.zeros((256, 3))
    spacing = np.asarray(spacing_mm, dtype=np.float64)
    for case in range(256):
        for triangle in case_triangles(case):
            a, b, c = np.array([_middle(edge) for edge in triangle]) * spacing
            normal = np.cross(b - a, c - a) / 2
            normals[case] += normal
            areas[case] += np.linalg.norm(normal)
            volumes[case] += a @ np.cross(b, c) / 6
    return volumes, areas, normals


@cache
def case_triangles(case: int) -> tuple[tuple[Edge, Edge, Edge], ...]:
    """Triangles of one case, each as three cut edges of the cube (pairs of corners)."""
    outward = 1 if case.bit_count() <= 4 else -1
    found: list[tuple[Edge, Edge, Edge]] = []
    for loop in _loops(case):
        found += _filled(loop, outward)[1]
    return tuple(found)


_Filling = tuple[tuple[float, float], list[tuple[Edge, Edge, Edge]]]


def _filled(loop: list[Edge], outward: int) -> _Filling:
    """The filling of largest volume (smallest where ``outward`` is -1); of equals the smaller one.

    A loop of n edges is a triangle on its last side and two shorter loops.
    """
    if len(loop) < 3:
        return (0.0, 0.0), []
    options = []
    for k in range(1, len(loop) - 1):
        triangle = (loop[0], loop[k], loop[-1])
        a, b, c = (_middle(edge) for edge in triangle)
        volume = outward * float(a @ np.cross(b, c)) / 6
        area = float(np.linalg.norm(np.cross(b - a, c - a))) / 2
        left, right = _filled(loop[: k + 1], outward), _filled(loop[k:], outward)
        score = (
            round(volume + left[0][0] + right[0][0], 9),
            round(left[0][1] + right[0][1] - area, 9),
        )
        options.append((score, [triangle, *left[1], *right[1]]))
    return max(options, key=lambda option: option[0])


def _loops(case: int) -> list[list[Edge]]:
    follows = dict(segment for face in _FACES for segment in _segments(case, face))
    loops = []
    while follows:
        first, edge = follows.popitem()
        loop = [first]
        while edge != first:
            loop.append(edge)
            edge = follows.pop(edge)
        loops.append(loop)
    return loops


def _segments(case: int, face: tuple[int, ...]) -> list[tuple[Edge, Edge]]:
    """On one face: around each run of outside corners, from the edge after it to the one before."""
    inside = [bool(case >> corner & 1) for corner in face]
    segments = []
    for at in range(4):
        if not inside[at] or inside[(at + 1) % 4]:
            continue
        enters = next(k for k in range(at + 1, at + 5) if inside[(k + 1) % 4])
        segments.append((_edge(face, enters), _edge(face, at)))
    return segments


def _edge(face: tuple[int, ...], at: int) -> Edge:
    one, other = face[at % 4], face[(at + 1) % 4]
    return min(one, other), max(one, other)


def _middle(edge: Edge) -> FloatArray:
    corners = [[corner >> 2 & 1, corner >> 1 & 1, corner & 1] for corner in edge]
    middle: FloatArray = np.array(corners, dtype=np.float64).mean(axis=0)
    return middle
