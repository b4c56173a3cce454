"""Why a segmentation, or a part of it, is not drawn. Codes are stable; people read the words."""

from apps.imaging.problems import ProblemBase, Severity

PROBLEMS: dict[str, tuple[Severity, str]] = {
    "malformed": ("error", "The object cannot be read as a segmentation: {reason}."),
    "frame_of_reference_mismatch": (
        "error",
        "It lies in another frame of reference than the images: it has no place on them.",
    ),
    "source_not_in_case": ("error", "The images it was drawn on are not in this case."),
    "evicted": ("error", "It is in the PACS and is being fetched."),
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


class Problem(ProblemBase):
    table = PROBLEMS
