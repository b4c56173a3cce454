"""What keeps a structure or a dose from being shown. Codes are stable; people read the words."""

from apps.imaging.problems import ProblemBase, Severity

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


class Problem(ProblemBase):
    table = PROBLEMS
