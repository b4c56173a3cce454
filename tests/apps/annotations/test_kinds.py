"""Every kind of measurement: check values, refusals, and what must not change them."""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.annotations.choices import SITES
from apps.annotations.exceptions import BadGeometry
from apps.annotations.measures import (
    KINDS,
    NO_PIXELS,
    QUANTITIES,
    UNITS,
    arrange_points,
    compute_values,
    shape_of,
)
from apps.annotations.measures.inside import pixels_inside
from apps.live.protocol.bodies import MeasurementValue

Points = list[list[float]]
ROOT = Path(__file__).resolve().parents[3]
TURN = st.floats(min_value=0, max_value=2 * math.pi)


def _values(kind: str, points: Points, **scale: object) -> dict[str, float]:
    unit = "mm" if len(points[0]) == 3 else "px"
    arranged = arrange_points(kind=kind, points=points, unit=unit, **scale)  # type: ignore[arg-type]
    measured = "mm" if "scale" in scale else unit
    shape = shape_of(points=arranged, unit=measured, **scale)  # type: ignore[arg-type]
    return {one["quantity"]: one["value"] for one in compute_values(kind=kind, shape=shape)}


def _turned(first: float, second: float) -> Callable[[Points], Points]:
    """About z, then about x, and away from the origin: written out, not the code under test."""
    z = np.array(
        [
            [math.cos(first), -math.sin(first), 0],
            [math.sin(first), math.cos(first), 0],
            [0, 0, 1],
        ]
    )
    x = np.array(
        [
            [1, 0, 0],
            [0, math.cos(second), -math.sin(second)],
            [0, math.sin(second), math.cos(second)],
        ]
    )

    def turn(points: Points) -> Points:
        moved = np.array(points) @ (x @ z).T + np.array([120.0, -80.0, 33.0])
        return [[float(value) for value in point] for point in moved]

    return turn


#: Flat figures in millimetres and what they measure, by hand.
CHECKED: list[tuple[str, Points, dict[str, float]]] = [
    ("length", [[0, 0, 0], [3, 4, 0]], {"length": 5.0}),
    ("angle", [[1, 0, 0], [0, 0, 0], [0, 7, 0]], {"angle": 90.0}),
    ("angle", [[5, 0, 0], [0, 0, 0], [-2, 2 * math.sqrt(3), 0]], {"angle": 120.0}),
    ("angle", [[5, 0, 0], [0, 0, 0], [-2, 0, 0]], {"angle": 180.0}),
    ("cobb", [[0, 0, 0], [10, 0, 0], [0, 9, 0], [10, 19, 0]], {"angle": 45.0}),
    # the second line drawn the other way round is the same line
    ("cobb", [[0, 0, 0], [10, 0, 0], [10, 19, 0], [0, 9, 0]], {"angle": 45.0}),
    ("cobb", [[0, 0, 0], [10, 0, 0], [0, 5, 0], [7, 5, 0]], {"angle": 0.0}),
    ("rectangle", [[0, 0, 0], [6, 0, 0], [6, 4, 0], [0, 4, 0]], {"area": 24.0}),
    ("ellipse", [[-5, 0, 0], [5, 0, 0], [0, -2, 0], [0, 2, 0]], {"area": 10 * math.pi}),
    ("freehand", [[0, 0, 0], [4, 0, 0], [0, 3, 0]], {"area": 6.0}),
    # an L of three unit squares: not convex
    (
        "freehand",
        [[0, 0, 0], [2, 0, 0], [2, 1, 0], [1, 1, 0], [1, 2, 0], [0, 2, 0]],
        {"area": 3.0},
    ),
    ("arrow", [[0, 0, 0], [3, 4, 0]], {}),
    ("probe", [[1, 2, 3]], {}),
    (
        "bidirectional",
        [[0, 0, 0], [9, 0, 0], [4, -2, 0], [4, 1, 0]],
        {"long_axis": 9.0, "short_axis": 3.0},
    ),
]


def test_the_closed_lists_of_the_wire_and_the_browser_are_these() -> None:
    fields = MeasurementValue.model_fields
    assert get_args(fields["quantity"].annotation) == QUANTITIES
    assert get_args(fields["unit"].annotation) == UNITS
    offered = (ROOT / "frontend/src/features/viewer/sites.ts").read_text("utf-8")
    listed = offered.split("export const SITES = [")[1].split("]")[0]
    assert tuple(re.findall(r"'(\w+)'", listed)) == SITES
    words = json.loads((ROOT / "frontend/src/locales/en/tools.json").read_text("utf-8"))
    assert set(words["site"]) == set(SITES)
    assert set(words["problem"]) == set(NO_PIXELS)


def test_every_kind_has_a_check_value_here() -> None:
    assert {kind for kind, _, _ in CHECKED} == set(KINDS)


@pytest.mark.parametrize(("kind", "points", "expected"), CHECKED)
@given(first=TURN, second=TURN)
def test_values_hold_on_every_plane(
    kind: str, points: Points, expected: dict[str, float], first: float, second: float
) -> None:
    found = _values(kind, _turned(first, second)(points))
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(("kind", "points", "expected"), CHECKED)
def test_pixels_that_are_not_square_change_nothing(
    kind: str, points: Points, expected: dict[str, float]
) -> None:
    """Columns 0.5 mm apart and rows 2 mm: the same figure in pixels is another one on screen."""
    pixels = [[x / 0.5, y / 2.0] for x, y, _ in points]
    assert _values(kind, pixels, scale=(0.5, 2.0)) == pytest.approx(expected, abs=1e-9)


def test_without_millimetres_an_angle_follows_the_pixel_aspect() -> None:
    """Rows twice as far apart as columns: (2, 0) and (0, 1) span a right triangle of equal legs."""
    found = _values("angle", [[2, 0], [0, 0], [2, 1]], aspect=2.0)
    assert found["angle"] == pytest.approx(45.0)
    assert _values("length", [[0, 0], [0, 3]], aspect=2.0) == {"length": 3.0}


@pytest.mark.parametrize(
    ("kind", "points", "code"),
    [
        ("rectangle", [[0, 0, 0], [6, 0, 0], [7, 4, 0], [1, 4, 0]], "not_a_rectangle"),
        ("rectangle", [[0, 0, 0], [6, 0, 0], [6, 4, 0], [0, 3, 0]], "not_a_rectangle"),
        ("rectangle", [[0, 0, 0], [0, 0, 0], [6, 4, 0], [0, 4, 0]], "zero_length"),
        ("ellipse", [[-5, 0, 0], [5, 0, 0], [0, -2, 0], [0, 3, 0]], "not_an_ellipse"),
        ("ellipse", [[-5, 0, 0], [5, 0, 0], [-1, -2, 0], [1, 2, 0]], "not_perpendicular"),
        ("freehand", [[0, 0, 0], [4, 4, 0], [4, 0, 0], [0, 4.5, 0]], "crosses_itself"),
        ("freehand", [[0, 0, 0], [4, 0, 0], [8, 0, 0]], "no_area"),
        ("freehand", [[0, 0, 0], [4, 0, 0], [4, 4, 0], [0, 4, 1]], "not_flat"),
        ("freehand", [[float(i), 0, 0] for i in range(513)], "wrong_point_count"),
        ("angle", [[1, 0, 0], [0, 0, 0], [0, 0, 0]], "zero_length"),
        ("volume", [[1, 0, 0]], "unknown_kind"),
    ],
)
def test_what_is_no_such_figure_is_refused(kind: str, points: Points, code: str) -> None:
    with pytest.raises(BadGeometry) as refusal:
        arrange_points(kind=kind, points=points, unit="mm")
    assert refusal.value.error_code == code


def test_an_ellipse_has_its_longer_axis_first() -> None:
    drawn = [[0, -2, 0], [0, 2, 0], [-5, 0, 0], [5, 0, 0]]
    assert arrange_points(kind="ellipse", points=drawn, unit="mm")[0] == (-5.0, 0.0, 0.0)


# --- which pixels are inside -----------------------------------------------------------------


def _count(region: str, points: list[tuple[float, ...]], rows: int = 20, columns: int = 30) -> int:
    _, inside = pixels_inside(region=region, points=points, rows=rows, columns=columns)  # type: ignore[arg-type]
    return int(inside.sum())


def test_centres_on_the_edge_of_a_rectangle_count() -> None:
    assert _count("rectangle", [(2, 3), (6, 3), (6, 5), (2, 5)]) == 5 * 3
    assert _count("rectangle", [(1.5, 2.5), (6.5, 2.5), (6.5, 5.5), (1.5, 5.5)]) == 5 * 3
    assert _count("rectangle", [(2.1, 3.1), (5.9, 3.1), (5.9, 4.9), (2.1, 4.9)]) == 3 * 1


def test_a_circle_of_radius_two_holds_thirteen_centres() -> None:
    """Gauss' circle problem: N(2) = 13."""
    assert _count("ellipse", [(8, 10), (12, 10), (10, 8), (10, 12)]) == 13


def test_a_region_is_cut_at_the_border_and_empty_beside_it() -> None:
    assert _count("rectangle", [(-5, -5), (1, -5), (1, 1), (-5, 1)]) == 4
    assert _count("ellipse", [(40, 10), (50, 10), (45, 8), (45, 12)]) == 0
    assert _count("pixel", [(29.4, 19.4)]) == 1
    assert _count("pixel", [(29.6, 19.4)]) == 0


def test_outlines_that_share_an_edge_share_no_row() -> None:
    upper = [(0.0, 0.0), (10.0, 0.0), (10.0, 5.0), (0.0, 5.0)]
    lower = [(0.0, 5.0), (10.0, 5.0), (10.0, 9.0), (0.0, 9.0)]
    assert _count("polygon", upper) + _count("polygon", lower) == 11 * 9


@given(
    turn=TURN,
    width=st.floats(min_value=1, max_value=14),
    height=st.floats(min_value=1, max_value=9),
    x=st.floats(min_value=3, max_value=25),
    y=st.floats(min_value=3, max_value=16),
)
def test_a_turned_rectangle_and_its_outline_hold_the_same_centres(
    turn: float, width: float, height: float, x: float, y: float
) -> None:
    u = np.array([math.cos(turn), math.sin(turn)]) * width
    v = np.array([-math.sin(turn), math.cos(turn)]) * height
    corner = np.array([x, y])
    points = [tuple(map(float, p)) for p in (corner, corner + u, corner + u + v, corner + v)]
    expected = 0
    for row in range(20):
        for column in range(30):
            away = np.array([column, row]) - corner
            s, t = float(away @ u) / width**2, float(away @ v) / height**2
            if min(s, t, 1 - s, 1 - t) >= 1e-6:
                expected += 1
            elif min(s, t, 1 - s, 1 - t) > -1e-6:
                return  # on the edge: what counts there is told above
    assert _count("rectangle", points) == _count("polygon", points) == expected
