"""What keeps a structure or a dose from being shown. Codes are stable; people read the words."""

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]

PROBLEMS: dict[str, tuple[Severity, str]] = {
    "source_not_in_case": ("error", "It refers to images that are not in the case."),
    "frame_of_reference_mismatch": (
        "error",
        "It lies in another frame of reference than the images: it has no place on them.",
    ),
    "no_contours": ("error", "It holds no contours."),
    "contours_unreadable": ("warning", "{count} contours cannot be read and are not drawn."),
    "too_large": ("warning", "It exceeds the limits; what is beyond them is not drawn."),
    "between_slices": (
        "warning",
        "{count} of its {total} contours lie in no plane of the images and are not drawn.",
    ),
    "plan_not_in_case": ("note", "The plan it belongs to is not in the case."),
    "structures_not_in_case": ("note", "The structure set it refers to is not in the case."),
    "not_gray": ("error", "Its values are no doses in Gy ({units}); they are not shown."),
    "no_scaling": ("error", "It names no Dose Grid Scaling: its values are not known."),
    "grid_not_regular": (
        "error",
        "Its planes have no place or no even distance. They are not resampled, so not shown.",
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A code of ``PROBLEMS`` with its sentence; an error means that nothing is drawn."""

    code: str
    message: str
    severity: Severity

    @classmethod
    def of(cls, code: str, **facts: Any) -> "Problem":
        severity, words = PROBLEMS[code]
        return cls(code=code, message=words.format(**facts), severity=severity)
