"""Why an object became no finding, and what a finding of it lacks. Codes are stable."""

from dataclasses import dataclass

REFUSALS = {
    "patient_mismatch": "It names another patient than the images of its study ({fields}).",
    "frame_of_reference_mismatch": (
        "It lies in another frame of reference than the images: it has no place on them."
    ),
    "malformed": "It cannot be read: {reason}",
    "too_many_findings": "It states {count} results; at most {most} are taken in, so none is.",
    "too_long": "Its content is longer than what is read here ({most} entries), so none is taken.",
    "cad_report_not_read": (
        "Reports of this kind ({name}) are not read as findings. It can be read as a document."
    ),
    "cad_failed": (
        'Its algorithms failed ({said}) and it states nothing. This is no answer of "no findings".'
    ),
    "cad_summary_missing": (
        "It does not say whether its algorithms succeeded: neither findings nor their absence can "
        "be taken from it."
    ),
    "cad_nothing_required": (
        "It states findings, but none that its maker requires to be shown. It can be read as a "
        "document."
    ),
    "internal_error": "Reading it failed here ({name}).",
}

REMARKS = {
    "geometry_differs": (
        "Its grid is not that of the images. It is not resampled: only the box around it is shown."
    ),
    "frames_not_placed": (
        "{count} of its {total} slices lie on no image here: only the box around it is shown."
    ),
    "references_disagree": "It names other images than those it lies on.",
    "placed_by_geometry": "It names no source images; it lies on the series with exactly its grid.",
    "fraction_threshold": "It holds fractions: drawn where at least half is reached.",
    "mask_too_large": "Its mask exceeds the limit: only the box around it is shown.",
    "images_missing": "The images it was made from are not in this study.",
    "segment_not_here": "The segment it measures is not in this study.",
    "no_patient_space": "The images have no position in the patient: its outline has none either.",
    "outline_unreadable": "{count} of its outlines cannot be read.",
    "outline_cut": "Its outline has more points than are kept: the box is of all of them.",
    "no_place": "It says nothing of where it lies.",
    "no_threshold": (
        "A map of probabilities without a border: it says how likely each point is, and nothing "
        "of where a finding ends. The box is the whole map."
    ),
    "algorithm_type_missing": "It does not say whether a person or an algorithm drew it.",
    "drawn_by_person": "Measured by an algorithm on what a person drew.",
    "measured_by_person": "Drawn by an algorithm, measured in a report by a person.",
    "values_missing": "{count} of its measurements have no value.",
    "not_coded": "Its maker gives no code for what it is.",
    "cad_partly_failed": "Not all algorithms of its report succeeded: others may be missing.",
    "reference_lost": "{count} of its references point to nothing in its report.",
    "reviewed_before": "The same thing was reviewed here before, from an earlier object.",
}


@dataclass(frozen=True, slots=True)
class Remark:
    code: str
    message: str

    @classmethod
    def of(cls, code: str, **facts: object) -> "Remark":
        return cls(code, REMARKS[code].format(**facts))

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}


class Refused(Exception):
    """The object becomes no finding; ``code`` is one of ``REFUSALS``."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code = code
        self.message = REFUSALS[code].format(**facts)
        super().__init__(self.message)
