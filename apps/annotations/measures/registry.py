"""Every kind of measurement, by name."""

from apps.annotations.choices import MeasurementKind
from apps.annotations.exceptions import BadGeometry
from apps.annotations.measures import angles, lines, regions
from apps.annotations.measures.kind import Kind

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        lines.LENGTH,
        lines.BIDIRECTIONAL,
        regions.PROBE,
        angles.ANGLE,
        angles.COBB,
        regions.RECTANGLE,
        regions.ELLIPSE,
        regions.FREEHAND,
        lines.ARROW,
    )
}

if set(KINDS) != set(MeasurementKind.values):
    raise RuntimeError("Every kind of measurement has its rules, and no other has.")


def kind_of(name: str) -> Kind:
    """
    Raises
    ------
    BadGeometry
    """
    if name not in KINDS:
        raise BadGeometry("No such kind of measurement.", code="unknown_kind")
    return KINDS[name]
