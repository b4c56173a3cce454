"""Outlines along pixel edges: filled again at pixel centres they give the mask back, always."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from apps.ai.encoding.contours import trace_plane
from apps.imaging.radiotherapy.rasters import fill_even_odd

PLANES = hnp.arrays(
    dtype=bool, shape=hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)
)


def area(contour: np.ndarray) -> float:
    x, y = contour[:, 0], contour[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def drawn(rows: str) -> np.ndarray:
    return np.array([[one == "#" for one in row] for row in rows.split()])


@settings(max_examples=400, deadline=None)
@given(mask=PLANES)
def test_filled_again_it_is_the_mask(mask: np.ndarray) -> None:
    contours = trace_plane(mask)
    if not mask.any():
        assert contours == []
        return
    assert np.array_equal(fill_even_odd(contours, rows=mask.shape[0], columns=mask.shape[1]), mask)
    # Seams enclose nothing, so areas add up to the pixels, whatever rule is used to fill.
    assert sum(area(one) for one in contours) == int(mask.sum())


@settings(max_examples=100, deadline=None)
@given(mask=PLANES)
def test_there_is_one_contour_for_each_4_connected_piece(mask: np.ndarray) -> None:
    assert len(trace_plane(mask)) == ndimage.label(mask)[1]


def test_a_pixel_is_a_square_around_its_centre() -> None:
    mask = np.zeros((5, 7), dtype=bool)
    mask[2, 4] = True
    (contour,) = trace_plane(mask)
    assert sorted(map(tuple, contour)) == [(3.5, 1.5), (3.5, 2.5), (4.5, 1.5), (4.5, 2.5)]


def test_straight_edges_have_no_points_on_them() -> None:
    (contour,) = trace_plane(np.ones((30, 40), dtype=bool))
    assert len(contour) == 4


def test_a_hole_hangs_on_its_outline_by_a_seam_there_and_back() -> None:
    (contour,) = trace_plane(drawn("##### ##### ##.## ##### #####"))
    points = list(map(tuple, contour))
    # Outline, hole, and where the seam leaves and comes back; from the hole it goes straight on.
    assert len(points) == 4 + 4 + 2
    assert points.count((1.5, 1.5)) == 1
    assert points.count((-0.5, 1.5)) == 2


def test_pieces_that_touch_at_a_corner_are_two_and_an_island_in_a_hole_is_its_own() -> None:
    assert len(trace_plane(drawn("#. .#"))) == 2
    assert len(trace_plane(drawn("##### #...# #.#.# #...# #####"))) == 2


@pytest.mark.parametrize("hole", ["##### #.#.# ##### #.#.# #####", "###### #.##.# ##..## ######"])
def test_several_holes_are_in_one_contour(hole: str) -> None:
    mask = drawn(hole)
    (contour,) = trace_plane(mask)
    assert np.array_equal(fill_even_odd([contour], rows=mask.shape[0], columns=mask.shape[1]), mask)
