"""The JSON beside the NIfTI files: everything that is needed to come back to the very pixels.

It names studies, series and images by their UIDs and people of the house by name: it is **not**
de-identified, and says so in itself. No name, number or birth date of the patient is in it, and no
free text of a header. What people called their segmentations is in it as they wrote it.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.ai.research.exceptions import SidecarRefused

FORMAT_VERSION = 1
MAX_SIDECAR_BYTES = 16 * 1024 * 1024
RESEARCH_NOTE = "For research use only. Not a medical device; not for diagnosis or treatment."
IDENTITY_NOTE = (
    "Not de-identified: the UIDs lead to the patient in the archive this came from, and the pixels "
    "are those of the scanner, with whatever is burned into them. Share it only with people who "
    "may see this patient."
)

Uid = Annotated[str, Field(max_length=256)]
"""Some scanners write longer ones than the 64 characters of PS3.5 9.1; what is there is named."""
Text = Annotated[str, Field(max_length=1000)]
Vector = tuple[float, float, float]
Row = tuple[float, float, float, float]
Matrix = tuple[Row, Row, Row, Row]


class Part(BaseModel):
    """What a reader does not know it passes over: later versions may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Code(Part):
    system: Text
    code: Text
    display: Text


class Person(Part):
    display_name: Text
    discipline: Text


class Acceptance(Part):
    """Who answers for a finding, and since when."""

    by: Person
    at: datetime


class ModelName(Part):
    name: Text
    version: Text


class OriginRecord(Part):
    """What a person's segmentation was copied from."""

    kind: Text
    id: UUID
    number: int | None = None
    label: Text = ""


class LabelRecord(Part):
    """What one value of a label map means."""

    value: Annotated[int, Field(ge=1, le=65535)]
    label: Text
    category: Code
    type: Code
    site: Code | None = None
    laterality: Code | None = None
    algorithm_type: Literal["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL"]
    tracking_uid: Uid
    colour: Text = ""
    voxels: int


class MaskRecord(Part):
    """One label map: a person's segmentation (or a part of it), or an accepted finding."""

    file: Text
    sha256: Text
    source: Literal["segmentation", "finding"]
    id: UUID
    revision: int
    name: Text
    layer: Text = ""
    author: Person | None = None
    origin: OriginRecord | None = None
    accepted: Acceptance | None = None
    model: ModelName | None = None
    segmentation_sop_instance_uid: Uid = ""
    labels: list[LabelRecord]


class ImageRecord(Part):
    """The image file: ``shape`` is (column, row, slice), NIfTI's (i, j, k)."""

    file: Text
    sha256: Text
    dtype: Text
    shape: tuple[int, int, int]
    value_unit: Text = Field(description="HU, a DICOM Rescale Type or PET Units, or stored")


class GeometryRecord(Part):
    """Affines take (column, row, slice, 1) to millimetres; NIfTI's sform is the RAS one in 32 bits.

    ``off_grid_mm`` is how far the worst slice lies from where the affine puts it; its own place
    is in ``slices``.
    """

    affine_lps: Matrix
    affine_ras: Matrix
    spacing_mm: Vector = Field(description="column, row, slice")
    is_sheared: bool
    off_grid_mm: float
    warnings: list[Text]


class SliceRecord(Part):
    """One slice of the file: k is its place in the list."""

    sop_instance_uid: Uid
    frame: int
    position_lps: Vector
    rescale_slope: float | None
    rescale_intercept: float | None


class LeftOut(Part):
    """What is in the case and not in the export, and why."""

    kind: Literal["segmentation", "findings", "finding"]
    id: UUID | None = None
    code: Text
    message: Text


class Software(Part):
    name: Text
    version: Text


class Sidecar(Part):
    format: Literal["consilium-nifti"] = "consilium-nifti"
    format_version: int = FORMAT_VERSION
    software: Software
    written_at: datetime
    research_note: Text = RESEARCH_NOTE
    is_deidentified: bool = False
    identity_note: Text = IDENTITY_NOTE
    case: UUID
    study_instance_uid: Uid
    series_instance_uid: Uid
    frame_of_reference_uid: Uid
    modality: Text
    stack: int
    image: ImageRecord
    geometry: GeometryRecord
    slices: list[SliceRecord]
    masks: list[MaskRecord]
    left_out: list[LeftOut]
    ai_hidden: bool


def parse_sidecar(body: bytes) -> Sidecar:
    """Read a side-car of ours.

    Raises
    ------
    SidecarRefused
        ``bad_sidecar``, ``sidecar_version``, ``duplicate_labels``.
    """
    if len(body) > MAX_SIDECAR_BYTES:
        raise SidecarRefused("bad_sidecar")
    try:
        found = Sidecar.model_validate_json(body)
    except (ValidationError, RecursionError):
        raise SidecarRefused("bad_sidecar") from None
    if found.format_version != FORMAT_VERSION:
        raise SidecarRefused("sidecar_version")
    for mask in found.masks:
        if len({one.value for one in mask.labels}) < len(mask.labels):
            raise SidecarRefused("duplicate_labels", file=mask.file)
    return found
