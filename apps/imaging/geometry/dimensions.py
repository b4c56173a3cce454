"""What tells frames at the same place apart: time, b-value, echo, phase and the like.

A 4D series is told by its own values, never by its numbering: an axis divides it where its values
differ at one slice position and are no more than the frames that lie there. Where no value is
shared between positions (each slice has its own time), the frames at each position are taken in
order of time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.imaging.geometry.poses import FramePose

OTHER_DIMENSION = "dim_"  # and the keyword of a Dimension Index Pointer (PS3.3 C.7.6.17)
#: What is text of the file's author, withheld from de-identified viewers.
TEXT_AXES = frozenset({"image_type", "stack_id"})

#: Name, how several are called, how one is called.
AXES: tuple[tuple[str, str, str], ...] = (
    ("temporal_position", "time points", "time point {value:g}"),
    ("b_value", "b-values", "b {value:g}"),
    ("gradient_direction", "gradient directions", "direction {number}"),
    ("echo_time_ms", "echoes", "TE {value:g} ms"),
    ("inversion_time_ms", "inversion times", "TI {value:g} ms"),
    ("trigger_time_ms", "phases", "phase {value:g} ms"),
    ("image_type", "kinds of image", "{value}"),
    (OTHER_DIMENSION, "other dimensions", "{name} {value:g}"),
    ("acquisition_number", "acquisitions", "acquisition {value:g}"),
    ("acquired_at", "acquisition times", "{value:.4g} s"),
)
PLAIN: dict[str, str] = {
    "orientation": "{value}",
    "frame_of_reference": "frame of reference {number}",
    "size": "{value} pixels",
    "stack_id": "stack {value}",
    "singles": "single images",
    "unplaced": "without position",
    "clip": "clip {number}",
    "unnamed": "volume {number}",
}
_WORDS = {name: words for name, words, _ in AXES} | {"unnamed": "unnamed"}
_LABELS = {name: label for name, _, label in AXES} | PLAIN


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing that sets a stack apart from its neighbours.

    Attributes
    ----------
    axis : one of ``AXES``, of ``PLAIN``, or ``dim_`` and a DICOM keyword.
    value : its value; ``None`` where the file gives none that can be named.
    number : which of its kind, from 1.
    """

    axis: str
    value: float | str | None
    number: int

    @property
    def label(self) -> str:
        """A short English name, for whoever has no catalogue."""
        if self.axis.startswith(OTHER_DIMENSION):
            kind, name = OTHER_DIMENSION, self.axis[len(OTHER_DIMENSION) :]
        else:
            kind = name = self.axis
        form = _LABELS[kind]
        if "{value" in form and (self.value is None or (":" in form and not self._is_number)):
            return f"{words_for(self.axis)} {self.number}"
        value = self.value.replace("_", " ") if isinstance(self.value, str) else self.value
        return form.format(value=value, number=self.number, name=name)

    @property
    def _is_number(self) -> bool:
        return isinstance(self.value, int | float)

    def as_json(self) -> dict[str, Any]:
        return {"axis": self.axis, "value": self.value, "number": self.number}


@dataclass(frozen=True, slots=True)
class Part:
    """Frames of which at most one lies at each position, unless nothing tells them apart."""

    members: list[int]
    facets: tuple[Facet, ...] = ()


def words_for(axis: str) -> str:
    """How several of one kind are called."""
    kind = OTHER_DIMENSION if axis.startswith(OTHER_DIMENSION) else axis
    return _WORDS.get(kind, axis.replace("_", " "))


def split_by_dimensions(poses: Sequence[FramePose], levels: list[list[int]]) -> list[Part]:
    """Divide parallel frames into volumes; ``levels`` are the frames at each slice position."""
    names = [name for name, _, _ in AXES]
    others = sorted(
        {
            key
            for level in levels
            for index in level
            for key in poses[index].keys
            if key.startswith(OTHER_DIMENSION)
        }
    )
    at = names.index(OTHER_DIMENSION)
    return _split(poses, levels, [*names[:at], *others, *names[at + 1 :]])


def frame_key(pose: FramePose) -> tuple[Any, ...]:
    """Order among frames at one position."""
    values = tuple(_sortable(pose.keys.get(name)) for name, _, _ in AXES)
    return (*values, pose.instance_number, pose.sop_instance_uid, pose.frame)


def _split(poses: Sequence[FramePose], levels: list[list[int]], axes: list[str]) -> list[Part]:
    depth = max(len(level) for level in levels)
    if depth == 1:
        return [Part([level[0] for level in levels])]
    for place, axis in enumerate(axes):
        values = _dividing_values(poses, levels, axis, depth=depth)
        if not values:
            continue
        return [
            Part(part.members, (facet, *part.facets))
            for value, facet in zip(values, _facets(axis, values), strict=True)
            for part in _split(poses, _only(poses, levels, axis, value), axes[place + 1 :])
        ]
    return _split_by_rank(poses, levels, depth=depth)


def _dividing_values(
    poses: Sequence[FramePose], levels: list[list[int]], axis: str, *, depth: int
) -> list[Any]:
    """Values of ``axis`` in order, where they divide these frames; else none."""
    found: set[Any] = set()
    divides = False
    for level in levels:
        here = {_value(poses[index], axis) for index in level}
        divides = divides or len(here) > 1
        found |= here
        if len(found) > depth:
            return []  # differs from slice to slice: no value of a volume
    return sorted(found, key=_sortable) if divides else []


def _only(
    poses: Sequence[FramePose], levels: list[list[int]], axis: str, value: Any
) -> list[list[int]]:
    kept = [[i for i in level if _value(poses[i], axis) == value] for level in levels]
    return [level for level in kept if level]


def _split_by_rank(
    poses: Sequence[FramePose], levels: list[list[int]], *, depth: int
) -> list[Part]:
    """The first of each position, the second of each, and so on; only where counts are equal."""
    for level in levels:
        level.sort(key=lambda index: frame_key(poses[index]))
    if any(len(level) != depth for level in levels):
        return [Part([index for rank in range(depth) for index in _at_rank(levels, rank)])]
    axis = _ranking_axis(poses, levels)
    starts = [min(str(poses[i].keys.get(axis)) for i in _at_rank(levels, k)) for k in range(depth)]
    facets = _facets(axis, starts if axis == "acquired_at" else [None] * depth)
    return [Part(_at_rank(levels, rank), (facets[rank],)) for rank in range(depth)]


def _at_rank(levels: list[list[int]], rank: int) -> list[int]:
    return [level[rank] for level in levels if rank < len(level)]


def _ranking_axis(poses: Sequence[FramePose], levels: list[list[int]]) -> str:
    """What differs between all frames at each position, or ``unnamed``."""
    for name, _, _ in AXES:
        if all(len({_value(poses[i], name) for i in level}) == len(level) for level in levels):
            return name
    return "unnamed"


def _facets(axis: str, values: Sequence[Any]) -> list[Facet]:
    if axis == "acquired_at":
        moments = [_moment(value) for value in values]
        known = [moment for moment in moments if moment is not None]
        first = min(known) if known else None
        shown: list[Any] = [
            None if moment is None or first is None else (moment - first).total_seconds()
            for moment in moments
        ]
    elif axis == "gradient_direction":
        shown = [None] * len(values)
    else:
        shown = list(values)
    return [Facet(axis, value, number) for number, value in enumerate(shown, start=1)]


def _moment(value: Any) -> datetime | None:
    """A DICOM date and time; its zone is the same for all of a series."""
    text = str(value or "").split("+")[0].split("-")[0]
    whole, _, fraction = text.partition(".")
    try:
        return datetime.strptime(f"{whole}.{fraction[:6] or '0'}", "%Y%m%d%H%M%S.%f")
    except ValueError:
        return None


def _value(pose: FramePose, axis: str) -> Any:
    value = pose.keys.get(axis)
    return round(value, 3) if isinstance(value, float) else value


def _sortable(value: Any) -> tuple[int, float, str]:
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, int | float):
        return (1, float(value), "")
    return (2, 0.0, str(value))
