"""Why an object, or a part of it, is not shown. Codes are stable; people read the words."""

from apps.imaging.problems import ProblemBase, Severity

PROBLEMS: dict[str, tuple[Severity, str]] = {
    "unreadable": ("error", "The object cannot be read: {reason}."),
    "evicted": ("error", "It is in the PACS and is being fetched."),
    "images_missing": (
        "warning",
        "Images it refers to that are not in this case: {missing} of {total}.",
    ),
    "no_images_named": ("warning", "It names no image."),
    "too_long": ("warning", "It is longer than what is shown here: it is cut off."),
    "unusual_item": ("warning", "{count} of its entries are of a kind that cannot be shown."),
    "graphics_left_out": ("warning", "{count} of its drawings cannot be read, and are not drawn."),
    "kind_not_shown": ("error", "Objects of this kind ({name}) are not shown."),
    "not_a_pdf": ("error", "The document is not a PDF: it is not shown."),
    "modality_lut_not_applied": (
        "warning",
        "Its modality table is not applied: values and window are those of the image.",
    ),
    "voi_lut_not_applied": ("warning", "Its VOI table is not applied: the window stays."),
    "voi_function_not_applied": (
        "warning",
        "Its VOI function {name} is not applied: the window is taken as linear.",
    ),
    "presentation_lut_not_applied": ("warning", "Its presentation table is not applied."),
    "size_mode_not_applied": (
        "note",
        "It asks for the size {name}; it is scaled to fit the viewport.",
    ),
    "bitmap_shutter_not_applied": ("warning", "Its bitmap shutter is not applied."),
    "overlay_not_shown": ("warning", "Its bitmap overlay is not shown."),
    "compound_not_shown": ("warning", "{count} of its compound graphics are not drawn."),
    "mask_not_applied": ("warning", "Its mask subtraction is not applied."),
}


class Problem(ProblemBase):
    table = PROBLEMS
