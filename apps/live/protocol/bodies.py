"""People, measurements and other things as they appear inside messages."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from apps.live.protocol.base import (
    Code,
    DicomUid,
    EntityVersion,
    FrameNumber,
    PointImage,
    PointLps,
    Revision,
    WireModel,
)
from apps.live.protocol.lesions import LesionRole
from apps.live.protocol.ops import MeasurementKind


class Who(WireModel):
    """A person as others see them. Never a patient (LIVE-A4)."""

    id: UUID
    display_name: str
    discipline: str


class MeasurementValue(WireModel):
    quantity: Literal[
        "length",
        "long_axis",
        "short_axis",
        "angle",
        "area",
        "value",
        "mean",
        "standard_deviation",
        "minimum",
        "maximum",
        "count",
    ]
    value: Annotated[float, Field(allow_inf_nan=False)]
    unit: Literal[
        "mm",
        "px",
        "mm2",
        "px2",
        "deg",
        "HU",
        "SUVbw",
        "Bq/mL",
        "Gy",
        "stored",
        "mapped",
        "pixels",
    ]
    #: What millimetres are of, where the image has no patient space.
    basis: Literal["patient", "detector", "calibrated", "stated", "film", "region"] | None = None
    #: The unit of a value of a parametric map, as UCUM writes it.
    ucum: Annotated[str, Field(max_length=48)] | None = None


class MeasurementBody(WireModel):
    """A measurement, shaped as in REST; ``values`` are computed by the server only.

    Without ``sop_instance_uid`` it lies on a plane between slices. ``problem`` says why pixel
    values are missing, or not in SUV.
    """

    id: UUID
    version: EntityVersion
    case: UUID
    study_instance_uid: DicomUid
    series_instance_uid: DicomUid
    sop_instance_uid: DicomUid | None
    frame: FrameNumber
    frame_of_reference_uid: DicomUid | None
    kind: MeasurementKind
    points_lps: list[PointLps] | None
    points_image: list[PointImage] | None
    values: list[MeasurementValue]
    problem: Code | None = None
    label: str
    site: str = ""
    layer: Literal["shared", "draft"]
    #: What it is a measurement of.
    lesion: UUID | None = None
    author: Who
    tracking_uid: DicomUid
    created_at: AwareDatetime
    updated_at: AwareDatetime


class LesionBody(WireModel):
    """What several measurements are measurements of, shaped as in REST.

    ``number`` is its own in the case for good; ``role`` null: nobody has said.
    """

    id: UUID
    version: EntityVersion
    case: UUID
    number: Annotated[int, Field(ge=1)]
    label: str
    site: str
    role: LesionRole | None
    is_node: bool
    author: Who
    tracking_uid: DicomUid
    created_at: AwareDatetime
    updated_at: AwareDatetime


class KeyImageBody(WireModel):
    """An image that somebody marked as one to be seen, shaped as in REST."""

    id: UUID
    version: EntityVersion
    case: UUID
    study_instance_uid: DicomUid
    series_instance_uid: DicomUid
    sop_instance_uid: DicomUid
    frame: FrameNumber
    note: str
    author: Who
    created_at: AwareDatetime
    updated_at: AwareDatetime


class SegmentationState(WireModel):
    """What the log says about a drawn segmentation; its body and its voxels are read by REST."""

    id: UUID
    version: EntityVersion
    revision: Revision


class ChatMessageBody(WireModel):
    id: UUID
    author: Who
    text: str
    at: AwareDatetime


class PresenterState(WireModel):
    """Who presents. ``user`` is null while the token waits for a chair."""

    user: Who | None
    epoch: Revision


class FindingState(WireModel):
    """What the log says about a finding; its body is read by REST."""

    id: UUID
    version: EntityVersion
    state: Literal["unreviewed", "accepted", "dismissed", "deferred", "superseded"]


class DecisionState(WireModel):
    id: UUID
    version: EntityVersion
    status: Code
