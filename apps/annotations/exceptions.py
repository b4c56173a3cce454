"""Refusals of a measurement. The user sees them where the measurement was drawn."""

from typing import ClassVar

from apps.core.exceptions import Conflict, InvalidInput


class FrameOfReferenceMismatch(InvalidInput):
    """The points are given in another frame of reference than the image's: never a guess."""

    code: ClassVar[str] = "frame_of_reference_mismatch"


class PointsOffPlane(InvalidInput):
    """A point does not lie in the plane of the image it is said to be drawn on."""

    code: ClassVar[str] = "points_off_plane"


class PointsOutsideImage(InvalidInput):
    """A point lies beside the image."""

    code: ClassVar[str] = "points_outside_image"


class WrongSpace(InvalidInput):
    """Patient coordinates for an image without patient space, or the other way round."""

    code: ClassVar[str] = "wrong_space"


class BadGeometry(InvalidInput):
    """The points do not make this kind of measurement; the code says why."""

    code: ClassVar[str] = "bad_geometry"


class ImageNotInCase(InvalidInput):
    """The image named is not among the studies of this case."""

    code: ClassVar[str] = "image_not_in_case"


class MeasurementExists(Conflict):
    """The id is taken by another measurement."""

    code: ClassVar[str] = "measurement_exists"


class LesionExists(Conflict):
    """The id is taken by another lesion."""

    code: ClassVar[str] = "lesion_exists"


class LesionNotInCase(InvalidInput):
    """No such lesion stands in the measurement's case, whatever other cases have."""

    code: ClassVar[str] = "lesion_not_in_case"


class LesionMeasuredTwice(Conflict):
    """The lesion has a measurement of this kind in this study; ``current`` of the details is it."""

    code: ClassVar[str] = "lesion_measured_twice"


class LesionHasMeasurements(Conflict):
    """What is measured is not taken away; the details name the measurements."""

    code: ClassVar[str] = "lesion_has_measurements"


class KeyImageExists(Conflict):
    """The id is taken by another key image."""

    code: ClassVar[str] = "key_image_exists"
