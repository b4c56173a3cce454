"""The stage: what the presenter shows, independent of anybody's screen (LIVE-P6)."""

import math
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from apps.live.protocol.base import (
    DicomUid,
    FrameNumber,
    PointImage,
    PointLps,
    PositiveMillimetres,
    PositivePixels,
    Revision,
    StoredValue,
    UnitVector,
    WireModel,
)

MAX_VIEWPORTS = 16
_UNIT_TOLERANCE = 1e-3


class ImageReference(WireModel):
    """The image a viewport shows: SOP instance and frame (PS3.3 C.7.6.16)."""

    sop_instance_uid: DicomUid
    frame: FrameNumber


class Camera(WireModel):
    """A view of patient space.

    ``fit_mm`` is ``parallelScale * min(1, width / height)`` of the sender: half of the
    millimetres visible along the shorter side, so screens of any shape show the same
    anatomy. The receiver sets ``parallelScale = fit_mm / min(1, width / height)``.
    """

    focal_point_lps: PointLps
    view_up: UnitVector
    view_plane_normal: UnitVector
    fit_mm: PositiveMillimetres
    flip_horizontal: bool
    flip_vertical: bool

    @model_validator(mode="after")
    def _check_axes(self) -> Self:
        for name, vector in (
            ("view_up", self.view_up),
            ("normal", self.view_plane_normal),
        ):
            if abs(math.hypot(*vector) - 1.0) > _UNIT_TOLERANCE:
                raise ValueError(f"{name} is not a unit vector")
        dot = sum(a * b for a, b in zip(self.view_up, self.view_plane_normal, strict=True))
        if abs(dot) > _UNIT_TOLERANCE:
            raise ValueError("view_up is not perpendicular to the view plane normal")
        return self


class ImageCamera(WireModel):
    """A view of an image without patient space; ``fit_px`` as ``fit_mm``, in image pixels."""

    center: PointImage
    fit_px: PositivePixels


class VoiWindow(WireModel):
    """Shown range of values after the modality LUT (PS3.3 C.11.2), and inversion."""

    lower: StoredValue
    upper: StoredValue
    invert: bool

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.lower >= self.upper:
            raise ValueError("lower must be below upper")
        return self


class ValueRange(WireModel):
    """Values from the first to the last colour; what is below is not coloured."""

    lower: StoredValue
    upper: StoredValue

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.lower >= self.upper:
            raise ValueError("lower must be below upper")
        return self


class Reformat(WireModel):
    """A cut through the volume of the viewport's stack, along the plane of its camera.

    ``rotation`` projects the whole volume instead; the angle is the camera's. ``solid`` is a
    3D picture of it with the colours of ``preset``, and with the overlays as surfaces.
    """

    kind: Literal["plane", "rotation", "solid"]
    projection: Literal["max", "min", "mean"]
    slab_mm: Annotated[float, Field(ge=0.0, le=2_000.0, allow_inf_nan=False)]
    preset: (
        Literal["ct_bone", "ct_soft_tissue", "ct_lung", "ct_vessels", "mr", "pet", "surfaces"]
        | None
    ) = None

    @model_validator(mode="after")
    def _check_preset(self) -> Self:
        if (self.kind == "solid") != (self.preset is not None):
            raise ValueError("a 3D picture, and nothing else, has a preset")
        return self


class Fusion(WireModel):
    """A second volume over what a viewport shows."""

    series_instance_uid: DicomUid
    stack: Annotated[int, Field(ge=1, le=100_000)]
    opacity: Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
    colormap: Literal["grey", "hot", "hot_iron", "rainbow", "viridis"]
    range: ValueRange


class Cine(WireModel):
    """A viewport that plays. Its place is the viewport's reference, picture by picture."""

    frames_per_second: Annotated[float, Field(gt=0.0, le=120.0, allow_inf_nan=False)]
    mode: Literal["loop", "bounce"]
    axis: Literal["slices", "time"]


Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
ShownShare = Annotated[float, Field(gt=0.0, le=1.0, allow_inf_nan=False)]


class StagePage(WireModel):
    """A page of a document that lies over a viewport: which part of it is seen.

    Parts of the page's width and height, never pixels of a screen: ``extent`` is what is seen
    of it, ``center`` what lies in the middle.
    """

    viewport: Annotated[int, Field(ge=0, lt=MAX_VIEWPORTS)]
    id: UUID
    page: Annotated[int, Field(ge=1, le=100_000)]
    center: tuple[Share, Share]
    extent: tuple[ShownShare, ShownShare]


class Hanging(WireModel):
    """By which protocol the viewports hang: for information, nothing is hung by it."""

    key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:\-]+$", max_length=64)]
    step: Annotated[int, Field(ge=0, le=1_000)]


OverlayId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:\-]+$", max_length=96)]


class Viewport(WireModel):
    """One viewport of the stage: which image, seen how."""

    study_instance_uid: DicomUid
    series_instance_uid: DicomUid
    frame_of_reference_uid: DicomUid | None
    reference: ImageReference
    camera: Camera | None
    image_camera: ImageCamera | None
    voi: VoiWindow | None
    overlays: list[OverlayId] = Field(max_length=64)
    reformat: Reformat | None = None
    fusion: Fusion | None = None
    visible_mm: tuple[PositiveMillimetres, PositiveMillimetres] | None = Field(
        default=None, description="Width and height of what the presenter sees of patient space."
    )
    visible_px: tuple[PositivePixels, PositivePixels] | None = Field(
        default=None, description="The same in image pixels, where there is no patient space."
    )
    cine: Cine | None = None

    @model_validator(mode="after")
    def _check_spaces(self) -> Self:
        if self.camera is not None and self.frame_of_reference_uid is None:
            raise ValueError("a camera in patient space needs a frame of reference")
        if self.camera is not None and self.image_camera is not None:
            raise ValueError("a viewport has one camera, not two")
        if self.reformat is not None and self.camera is None:
            raise ValueError("a plane through a volume needs a camera in patient space")
        if self.visible_mm is not None and self.camera is None:
            raise ValueError("millimetres are seen by a camera in patient space")
        if self.visible_px is not None and self.image_camera is None:
            raise ValueError("image pixels are seen by a camera on an image")
        return self


class Layout(WireModel):
    rows: Annotated[int, Field(ge=1, le=4)]
    columns: Annotated[int, Field(ge=1, le=4)]


class Focus(WireModel):
    """What the presenter points the room at, beside the images."""

    kind: Literal["finding", "measurement", "lesion", "decision"]
    id: UUID


class StageState(WireModel):
    """The whole stage. ``viewports`` runs row by row; ``null`` is an empty viewport."""

    layout: Layout
    active_viewport: Annotated[int, Field(ge=0, lt=MAX_VIEWPORTS)]
    viewports: list[Viewport | None] = Field(max_length=MAX_VIEWPORTS)
    focus: Focus | None
    held: bool
    comparison: bool = Field(
        default=False,
        description="The presenter chose to stand two identities side by side; each is marked.",
    )
    pages: list[StagePage] = Field(default_factory=list, max_length=MAX_VIEWPORTS)
    hanging: Hanging | None = None

    @model_validator(mode="after")
    def _check_layout(self) -> Self:
        places = self.layout.rows * self.layout.columns
        if len(self.viewports) > places:
            raise ValueError("more viewports than the layout has places")
        if self.active_viewport >= places:
            raise ValueError("active_viewport lies outside the layout")
        covered = [page.viewport for page in self.pages]
        if len(set(covered)) < len(covered) or any(one >= places for one in covered):
            raise ValueError("a page lies outside the layout, or on another one")
        return self


class StageFrame(WireModel):
    """The register's content: newest ``(epoch, rev)`` wins, an old epoch never does."""

    epoch: Revision
    rev: Revision
    state: StageState


class StagePosition(WireModel):
    """How much of the stage a client already has."""

    epoch: Revision
    rev: Revision
