"""Shape and spread on bodies whose measures are known."""

from __future__ import annotations

import math
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from apps.ai.analyses.radiomics.mesh import case_triangles, mesh_surface
from apps.ai.analyses.radiomics.morphology import published_ellipsoid_area
from tests.apps.ai.radiomics_phantoms import (
    AS_LEVELS,
    ball,
    measure,
    random_segment,
    reasons_of,
    values_of,
)

SPACINGS = [(1.0, 1.0, 1.0), (3.0, 1.5, 0.7)]


@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_box_of_voxels_is_a_box_with_bevelled_edges(spacing: tuple[float, float, float]) -> None:
    """Marching cubes cut half a voxel off each edge and an eighth cube's corner off each corner."""
    counts = (4, 5, 6)
    surface = mesh_surface(mask=np.ones(counts, dtype=bool), spacing_mm=spacing)
    voxel = math.prod(spacing)
    edges = 4 * sum(one - 1 for one in counts)
    volume = math.prod(counts) - edges / 8 - 8 * 5 / 48
    assert surface.volume_mm3 == pytest.approx(volume * voxel)
    area = 0.0
    for one, other, third in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        width = (counts[one] - 1) * spacing[one]
        area += 2 * width * (counts[other] - 1) * spacing[other]
        area += 4 * width * math.hypot(spacing[other], spacing[third]) / 2
    a, b, c = (one / 2 for one in spacing)
    area += 8 * math.sqrt((a * b) ** 2 + (b * c) ** 2 + (c * a) ** 2) / 2
    assert surface.area_mm2 == pytest.approx(area)


def test_the_volume_of_a_sphere_converges_and_its_area_stays_above() -> None:
    """The mesh of a binary mask is stepped: its area does not converge, it stays 8 to 10 % above.

    The excess of marching cubes on binary volumes is known (Lindblad, Image Vis Comput 2005).
    """
    errors = []
    for radius in (5.0, 10.0, 20.0, 30.0):
        surface = mesh_surface(mask=ball(radius), spacing_mm=(1.0, 1.0, 1.0))
        errors.append(abs(surface.volume_mm3 / (4 / 3 * math.pi * radius**3) - 1))
        assert 1.08 < surface.area_mm2 / (4 * math.pi * radius**2) < 1.10
    assert errors[0] < 0.04
    assert errors[-1] < 0.001
    assert errors == sorted(errors, reverse=True)


def test_a_sphere_has_equal_axes_and_its_own_diameter() -> None:
    spacing = (2.0, 1.0, 0.5)
    mask = ball(20.0, spacing)
    values = values_of(measure(np.indices(mask.shape).sum(axis=0), mask, spacing_mm=spacing))
    # A ball of radius r spreads r²/5 along each axis.
    for code in ("morph_pca_maj_axis", "morph_pca_min_axis", "morph_pca_least_axis"):
        assert values[code] == pytest.approx(4 * 20 / math.sqrt(5), rel=0.01)
    assert values["morph_pca_elongation"] == pytest.approx(1, abs=0.01)
    assert values["morph_diam"] == pytest.approx(40, abs=2)
    assert 0.93 < values["morph_vol_dens_conv_hull"] < 1
    assert values["morph_vol_dens_aabb"] == pytest.approx(math.pi / 6, rel=0.1)


def test_a_long_box_has_its_axes_and_a_diagonal() -> None:
    shape = (4, 10, 30)
    values = values_of(measure(np.indices(shape).sum(axis=0), spacing_mm=(1.0, 1.0, 1.0)))
    count = math.prod(shape)
    spread = [4 * math.sqrt((n**2 - 1) / 12 * count / (count - 1)) for n in shape]
    assert values["morph_pca_maj_axis"] == pytest.approx(spread[2])
    assert values["morph_pca_min_axis"] == pytest.approx(spread[1])
    assert values["morph_pca_least_axis"] == pytest.approx(spread[0])
    assert values["morph_pca_flatness"] == pytest.approx(spread[0] / spread[2])
    # The farthest vertices: middles of opposite corners' edges, half a voxel out along one axis.
    assert values["morph_diam"] == pytest.approx(math.hypot(3, 9, 30))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), density=st.floats(0.05, 0.95))
def test_a_mesh_is_closed_and_the_same_from_all_sides(seed: int, density: float) -> None:
    mask = np.random.default_rng(seed).random((3, 4, 5)) < density
    edges: Counter[tuple[tuple[int, ...], tuple[int, ...]]] = Counter()
    padded = np.pad(mask, 1)
    for place in product(*(range(size - 1) for size in padded.shape)):
        corners = [
            (place[0] + (c >> 2 & 1), place[1] + (c >> 1 & 1), place[2] + (c & 1)) for c in range(8)
        ]
        case = sum(int(padded[corner]) << number for number, corner in enumerate(corners))
        for triangle in case_triangles(case):
            vertices = [
                tuple(a + b for a, b in zip(corners[one], corners[other], strict=True))
                for one, other in triangle
            ]
            edges.update(zip(vertices, vertices[1:] + vertices[:1], strict=True))
    assert all(edges[after, before] == count for (before, after), count in edges.items())
    if mask.any():
        surface = mesh_surface(mask=mask, spacing_mm=(1.0, 1.0, 1.0))
        for turned in (mask[::-1], mask[:, ::-1], mask.transpose(2, 0, 1)):
            other = mesh_surface(mask=turned, spacing_mm=(1.0, 1.0, 1.0))
            assert other.volume_mm3 == pytest.approx(surface.volume_mm3)
            assert other.area_mm2 == pytest.approx(surface.area_mm2)


@pytest.mark.parametrize("axes", [(3.0, 2.0, 1.0), (5.0, 4.0, 3.9), (9.0, 2.0, 1.0)])
def test_the_area_of_the_enclosing_ellipsoid_is_the_published_series(
    axes: tuple[float, float, float],
) -> None:
    a, b, c = axes
    alpha, beta = math.sqrt(1 - b**2 / a**2), math.sqrt(1 - c**2 / a**2)
    argument = (alpha**2 + beta**2) / (2 * alpha * beta)
    terms = [
        (alpha * beta) ** n / (1 - 4 * n**2) * special.eval_legendre(n, argument) for n in range(21)
    ]
    area = published_ellipsoid_area(a=a, b=b, c=c)
    assert area == pytest.approx(4 * math.pi * a * b * sum(terms))


@pytest.mark.parametrize(
    ("axes", "ratio"), [((3, 3, 3), 1.0), ((2, 1, 1), 0.807), ((3, 2, 1), 1.080)]
)
def test_the_published_series_is_the_true_area_of_a_sphere_only(
    axes: tuple[int, int, int], ratio: float
) -> None:
    a, b, c = axes
    measured = published_ellipsoid_area(a=a, b=b, c=c) / true_ellipsoid_area(a, b, c)
    assert measured == pytest.approx(ratio, abs=0.001)


def true_ellipsoid_area(a: float, b: float, c: float) -> float:
    def patch(u: float, v: float) -> float:
        return math.sin(v) * math.sqrt(
            (b * c * math.sin(v) * math.cos(u)) ** 2
            + (a * c * math.sin(v) * math.sin(u)) ** 2
            + (a * b * math.cos(v)) ** 2
        )

    return float(integrate.dblquad(patch, 0, math.pi, 0, 2 * math.pi)[0])


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("seed", range(3))
def test_autocorrelation_is_the_sum_over_all_pairs(
    seed: int, spacing: tuple[float, float, float]
) -> None:
    levels = random_segment(seed)
    values = values_of(measure(levels, levels > 0, AS_LEVELS, spacing))
    places = np.argwhere(levels) * np.array(spacing)
    x = levels[levels > 0].astype(float)
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    weight, centred = 1 / distance, x - x.mean()
    moran = x.size / weight.sum() * (centred @ weight @ centred) / (centred**2).sum()
    apart = (weight * (x[:, None] - x[None]) ** 2).sum()
    geary = (x.size - 1) / (2 * weight.sum()) * apart / (centred**2).sum()
    assert values["morph_moran_i"] == pytest.approx(moran)
    assert values["morph_geary_c"] == pytest.approx(geary)


def test_the_centre_of_mass_moves_towards_the_bright_half() -> None:
    voxels = np.ones((4, 4, 6), dtype=int)
    voxels[:, :, 3:] = 3
    values = values_of(measure(voxels, spacing_mm=(1.0, 1.0, 2.0)))
    # 1 × 1 + 3 × 4 over 4, in columns, against 2.5.
    assert values["morph_com"] == pytest.approx(2 * ((1 + 3 * 4) / 4 - 2.5))
    assert values["morph_integ_int"] == pytest.approx(values["morph_volume"] * 2)


def test_a_segment_of_one_slice_has_no_shape_and_no_texture_in_depth() -> None:
    levels = np.zeros((5, 9, 9), dtype=int)
    levels[2, 1:8, 1:8] = np.indices((7, 7)).sum(axis=0) + 1
    result = measure(levels, levels > 0, AS_LEVELS)
    refused = reasons_of(result)
    deep = {code for code in refused if code.startswith("morph_") or "_3D" in code}
    assert set(refused) == deep
    assert set(refused.values()) == {"single_slice"}
    values = values_of(result)
    assert not any(code.startswith("morph_") or "_3D" in code for code in values)
    # Of one slice, averaging over slices and merging them is the same.
    assert values["szm_lze_2D"] == values["szm_lze_2_5D"]
    assert values["stat_mean"] == pytest.approx(levels[levels > 0].mean())


def test_a_flat_segment_across_slices_has_no_enclosing_ellipsoid() -> None:
    voxels = np.zeros((6, 5, 8), dtype=int)
    voxels[:, 2, :] = np.indices((6, 8)).sum(axis=0) + 1
    refused = reasons_of(measure(voxels, voxels > 0))
    assert refused == {
        "morph_vol_dens_aee": "flat_segment",
        "morph_area_dens_aee": "flat_segment",
    }
