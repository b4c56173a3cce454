"""What can be unusual about the frames of a series, each by its name."""

from dataclasses import dataclass
from typing import Any

WARNINGS: dict[str, str] = {
    "no_patient_space": "The images carry no position in the patient.",
    "mixed_orientation": "The series holds slices of {n} different orientations.",
    "mixed_size": "The slices differ in matrix size or pixel spacing.",
    "mixed_frame_of_reference": "The slices lie in {n} different frames of reference.",
    "multiple_stacks": "The series names {n} stacks of its own.",
    "multiple_volumes": "The series holds {n} volumes of the same slices ({axis}).",
    "duplicate_position": "Several slices lie at the same position.",
    "incomplete_stack": "Only {n} of the {total} slice positions are in every stack.",
    "gantry_tilt": "The gantry was tilted by {angle:.1f} degrees: slices are sheared.",
    "irregular_spacing": "The distance between slices varies from {low:.2f} to {high:.2f} mm.",
    "missing_slices": "Slices are missing (places: {n}).",
}


@dataclass(frozen=True, slots=True)
class GeometryWarning:
    """A named oddity with its sentence."""

    code: str
    message: str

    @classmethod
    def of(cls, code: str, **facts: Any) -> "GeometryWarning":
        return cls(code=code, message=WARNINGS[code].format(**facts))
