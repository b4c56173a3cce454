"""Why a segmentation, or a part of it, is not drawn. Codes are stable; people read the words."""

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]

PROBLEMS: dict[str, tuple[Severity, str]] = {
    "malformed": ("error", "The object cannot be read as a segmentation: {reason}."),
    "frame_of_reference_mismatch": (
        "error",
        "It lies in another frame of reference than the images: it has no place on them.",
    ),
    "source_not_in_case": ("error", "The images it was drawn on are not in this case."),
    "images_evicted": (
        "error",
        "The images it was drawn on are in the PACS and are being fetched.",
    ),
    "geometry_differs": (
        "error",
        "Its grid is not that of the images. It is not resampled, so it is not drawn.",
    ),
    "frames_not_placed": (
        "warning",
        "{count} of its {total} slices lie on no image here and are not drawn.",
    ),
    "references_disagree": (
        "warning",
        "It names other images than those it lies on; it is drawn where it lies.",
    ),
    "placed_by_geometry": (
        "note",
        "It names no source images; it is drawn on every series with exactly its grid.",
    ),
    "fraction_threshold": (
        "note",
        "Fractions ({kind}): drawn where at least {percent} % is reached.",
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
