"""A drawing as it came: where its points lie, whether they may, and what they measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.annotations.exceptions import BadGeometry, FrameOfReferenceMismatch, WrongSpace
from apps.annotations.measures import (
    NO_SCALE,
    MeasuredValue,
    Point,
    arrange_points,
    check_in_image,
    check_in_plane,
    check_points,
    compute_values,
    is_flat,
    kind_of,
    shape_of,
)
from apps.annotations.pixels import measure_pixels
from apps.annotations.planes import DrawnOn, find_image, require_space
from apps.core.exceptions import InvalidInput

MAX_LABEL_CHARACTERS = 200
MAX_SITE_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Drawing:
    """What was drawn where: exactly one of ``points_lps`` and ``points_image``.

    Without ``sop_instance_uid`` it was drawn on a plane between the slices of the series.
    """

    kind: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str = ""
    frame: int = 1
    frame_of_reference_uid: str = ""
    points_lps: Sequence[Sequence[float]] | None = None
    points_image: Sequence[Sequence[float]] | None = None
    label: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """Arranged points and what they say; ``problem`` says which pixel values are missing."""

    points_lps: list[Point] | None
    points_image: list[Point] | None
    frame_of_reference_uid: str
    values: list[MeasuredValue]
    problem: str = ""


def check_drawing(*, case_id: UUID, drawing: Drawing) -> Checked:
    """
    Raises
    ------
    ImageNotInCase, FrameOfReferenceMismatch, WrongSpace, PointsOffPlane, PointsOutsideImage,
    BadGeometry, InvalidInput
    """
    kind_of(drawing.kind)
    if (drawing.points_lps is None) == (drawing.points_image is None):
        raise InvalidInput("Give points_lps or points_image, and not both.", code="one_space")
    check_words(drawing)
    if not drawing.sop_instance_uid:
        return _check_between_slices(case_id=case_id, drawing=drawing)
    image = find_image(
        case_id=case_id,
        study_instance_uid=drawing.study_instance_uid,
        series_instance_uid=drawing.series_instance_uid,
        sop_instance_uid=drawing.sop_instance_uid,
        frame=drawing.frame,
    )
    if drawing.points_lps is None:
        if image.plane is not None:
            raise WrongSpace("The image lies in patient space; give LPS millimetres.")
        return _check_in_pixels(drawing=drawing, image=image)
    if image.plane is None:
        raise WrongSpace("The image has no patient space; give image points.")
    if drawing.frame_of_reference_uid != image.plane.frame_of_reference_uid:
        raise FrameOfReferenceMismatch("The points lie in another frame of reference.")
    points = arrange_points(kind=drawing.kind, points=drawing.points_lps, unit="mm")
    check_in_plane(points=points, plane=image.plane)
    values = compute_values(kind=drawing.kind, shape=shape_of(points=points, unit="mm"))
    seen, problem = measure_pixels(kind=drawing.kind, points=points, image=image)
    return Checked(points, None, drawing.frame_of_reference_uid, [*values, *seen], problem)


def _check_between_slices(*, case_id: UUID, drawing: Drawing) -> Checked:
    """On a plane of its own: lengths hold there; pixel values would have to be made up."""
    if drawing.points_lps is None:
        raise WrongSpace("Without an image there are only LPS millimetres.")
    require_space(
        case_id=case_id,
        study_instance_uid=drawing.study_instance_uid,
        series_instance_uid=drawing.series_instance_uid,
        frame_of_reference_uid=drawing.frame_of_reference_uid,
    )
    points = arrange_points(kind=drawing.kind, points=drawing.points_lps, unit="mm")
    if not is_flat(points):
        raise BadGeometry("The points do not lie in one plane.", code="not_flat")
    values = compute_values(kind=drawing.kind, shape=shape_of(points=points, unit="mm"))
    problem = "reformatted_plane" if kind_of(drawing.kind).region else ""
    return Checked(points, None, drawing.frame_of_reference_uid, values, problem)


def _check_in_pixels(*, drawing: Drawing, image: DrawnOn) -> Checked:
    """Positions are pixels; lengths are millimetres where the image says so, and of what."""
    given = check_points(kind=drawing.kind, points=drawing.points_image or (), unit="px")
    scale = image.calibration.scale_at(given)
    factors = NO_SCALE if scale is None else (scale.column_mm, scale.row_mm)
    points = arrange_points(
        kind=drawing.kind, points=given, unit="px", scale=factors, aspect=image.aspect
    )
    check_in_image(points=points, rows=image.rows, columns=image.columns)
    shape = shape_of(
        points=points, unit="px" if scale is None else "mm", scale=factors, aspect=image.aspect
    )
    values = compute_values(kind=drawing.kind, shape=shape)
    if scale is not None:
        for value in values:
            value["basis"] = scale.basis
    seen, problem = measure_pixels(kind=drawing.kind, points=points, image=image)
    return Checked(None, points, "", [*values, *seen], problem)


def check_words(drawing: Drawing) -> None:
    """
    Raises
    ------
    InvalidInput
    """
    if len(drawing.label) > MAX_LABEL_CHARACTERS or "\x00" in drawing.label:
        raise InvalidInput("The label is too long.", code="label_too_long")
    if len(drawing.site) > MAX_SITE_CHARACTERS or "\x00" in drawing.site:
        raise InvalidInput("The site is too long.", code="site_too_long")
