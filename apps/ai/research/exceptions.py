"""Why a mask is not taken in with what is said of it. The user sees it at the file's choice."""

from typing import Any

from apps.core.exceptions import InvalidInput

REASONS: dict[str, str] = {
    "bad_sidecar": "The side-car is not one of ours, or is damaged.",
    "sidecar_version": "The side-car is of another version than this house reads.",
    "sidecar_other_series": "The side-car belongs to another series.",
    "sidecar_other_slices": "The side-car names other images than the series has.",
    "sidecar_other_place": "The side-car puts the series elsewhere in the patient.",
    "frame_of_reference_mismatch": "The side-car names another frame of reference.",
    "duplicate_labels": "A label is described twice.",
    "unknown_label": "The mask has a label that is not described.",
    "automatic_mask": (
        "What an algorithm made and nobody corrected is no person's segmentation. "
        "Bring it as a DICOM SEG: it becomes a finding to review."
    ),
}


class SidecarRefused(InvalidInput):
    """``error_code`` is one of ``REASONS``."""

    code = "bad_sidecar"

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(REASONS[code], code=code, details=details)
