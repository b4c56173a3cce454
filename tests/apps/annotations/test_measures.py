"""Geometry of measurements: values, planes, refusals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.annotations.exceptions import BadGeometry, PointsOffPlane, PointsOutsideImage
from apps.annotations.measures import (
    ImagePlane,
    arrange_points,
    check_in_image,
    check_in_plane,
    compute_values,
    shape_of,
)

COORDINATE = st.floats(min_value=-900, max_value=900)
POINT = st.tuples(COORDINATE, COORDINATE, COORDINATE)

TILTED = ImagePlane(
    origin_lps=(10.0, -20.0, 30.0),
    row_direction=(math.cos(0.5), math.sin(0.5), 0.0),
    column_direction=(0.0, 0.0, -1.0),
    spacing_mm=(0.7, 0.4),
    rows=200,
    columns=300,
    frame_of_reference_uid="1.2.3",
)


def _at(plane: ImagePlane, *, column: float, row: float, off_mm: float = 0.0) -> tuple[float, ...]:
    """Independent of the code under test: PS3.3 equation C.7.6.2.1-1 written out."""
    x, y = plane.row_direction, plane.column_direction
    normal = (x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0])
    return tuple(
        plane.origin_lps[i]
        + x[i] * plane.spacing_mm[1] * column
        + y[i] * plane.spacing_mm[0] * row
        + normal[i] * off_mm
        for i in range(3)
    )


def test_length_is_the_distance_in_the_patient() -> None:
    points = arrange_points(kind="length", points=[[1, 2, 3], [4, 6, 15]], unit="mm")
    assert compute_values(kind="length", shape=shape_of(points=points, unit="mm")) == [
        {"quantity": "length", "value": 13.0, "unit": "mm"}
    ]


def test_bidirectional_names_the_longer_axis_long_whatever_the_drawing_order() -> None:
    drawn = [[0, -4, 0], [0, 4, 0], [-10, 0, 0], [14, 0, 0]]
    points = arrange_points(kind="bidirectional", points=drawn, unit="mm")
    values = compute_values(kind="bidirectional", shape=shape_of(points=points, unit="mm"))
    assert [(v["quantity"], v["value"]) for v in values] == [("long_axis", 24), ("short_axis", 8)]
    assert points[0] == (-10.0, 0.0, 0.0)


@given(a=POINT, b=POINT, shift=POINT)
def test_a_length_does_not_depend_on_where_it_lies(
    a: tuple[float, ...], b: tuple[float, ...], shift: tuple[float, ...]
) -> None:
    if math.dist(a, b) < 0.1:
        return
    moved = [[p + s for p, s in zip(point, shift, strict=True)] for point in (a, b)]
    for kind_points in ([a, b], moved, [b, a]):
        points = arrange_points(kind="length", points=kind_points, unit="mm")
        value = compute_values(kind="length", shape=shape_of(points=points, unit="mm"))[0]["value"]
        assert value == pytest.approx(math.dist(a, b), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("kind", "points", "code"),
    [
        ("length", [[0, 0, 0]], "wrong_point_count"),
        ("length", [[0, 0, 0], [1, 1, 1], [2, 2, 2]], "wrong_point_count"),
        ("bidirectional", [[0, 0, 0], [1, 0, 0]], "wrong_point_count"),
        ("length", [[0, 0], [1, 0]], "wrong_dimension"),
        ("length", [[0, 0, 0], [0, 0, float("nan")]], "out_of_range"),
        ("length", [[0, 0, 0], [0, 0, float("inf")]], "out_of_range"),
        ("length", [[0, 0, 0], [0, 0, 1e9]], "out_of_range"),
        ("length", [[0, 0, 0], [0, 0, True]], "not_a_number"),
        ("length", [[0, 0, 0], [0, 0, "1"]], "not_a_number"),
        ("length", [[5, 5, 5], [5, 5, 5.001]], "zero_length"),
        ("bidirectional", [[0, 0, 0], [9, 0, 0], [0, 0, 0], [5, 5, 0]], "not_perpendicular"),
        ("bidirectional", [[0, 0, 0], [9, 0, 0], [4, 0, 0], [4, 0, 0]], "zero_length"),
    ],
)
def test_points_that_measure_nothing_are_refused(kind: str, points: list, code: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(BadGeometry) as refusal:
        arrange_points(kind=kind, points=points, unit="mm")
    assert refusal.value.error_code == code


@given(
    column=st.floats(min_value=-0.5, max_value=299.5), row=st.floats(min_value=-0.5, max_value=199)
)
def test_every_place_of_an_oblique_image_is_accepted(column: float, row: float) -> None:
    check_in_plane(points=[_at(TILTED, column=column, row=row)], plane=TILTED)


@given(off_mm=st.floats(min_value=0.11, max_value=50), sign=st.sampled_from([-1, 1]))
def test_a_point_off_the_plane_is_refused(off_mm: float, sign: int) -> None:
    with pytest.raises(PointsOffPlane) as refusal:
        check_in_plane(points=[_at(TILTED, column=5, row=5, off_mm=sign * off_mm)], plane=TILTED)
    assert refusal.value.details["distance_mm"] == pytest.approx(off_mm, abs=1e-6)


@pytest.mark.parametrize(("column", "row"), [(-2, 5), (302, 5), (5, -2), (5, 202)])
def test_a_point_beside_the_image_is_refused(column: float, row: float) -> None:
    with pytest.raises(PointsOutsideImage):
        check_in_plane(points=[_at(TILTED, column=column, row=row)], plane=TILTED)
    with pytest.raises(PointsOutsideImage):
        check_in_image(points=[(column, row)], rows=200, columns=300)
