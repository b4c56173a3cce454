"""The document of a hanging protocol. Data, never code: rules say which case, cells which series.

Every pattern is a list of words to be found, not a regular expression: whoever saves a layout must
not be able to stop everybody's browser with it.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from apps.cases.choices import TumourType

MAX_ROWS = 3
MAX_COLUMNS = 4
MAX_STEPS = 6

Modality = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,8}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
BodyPart = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, min_length=2, max_length=32)
]
LinkGroup = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,16}$")]
Value = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]

Display = Literal["stack", "plane", "fusion", "mip", "volume3d"]
Orientation = Literal["axial", "sagittal", "coronal"]
Weighting = Literal["t1", "t1c", "t2", "flair", "dwi", "adc", "swi", "perfusion", "dynamic"]
Phase = Literal["native", "arterial", "portal", "delayed"]
Kernel = Literal["soft", "lung", "bone"]
Laterality = Literal["R", "L"]
Projection = Literal["cc", "mlo", "frontal", "lateral"]
Preset = Literal["softTissue", "lung", "liver", "bone", "brain"]
Link = Literal["scroll", "window", "zoom"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SeriesSelector(_Part):
    """Which series of which time point. What is left out does not matter; more hits win."""

    time_point: Annotated[int, Field(ge=-1, le=9)] = Field(
        default=0, description="0 the newest study, 1 the one before it, …; -1 the oldest."
    )
    modality: list[Modality] = Field(default_factory=list, max_length=8)
    body_part: list[BodyPart] = Field(default_factory=list, max_length=8)
    orientation: Orientation | None = None
    weighting: list[Weighting] = Field(default_factory=list, max_length=8)
    phase: Phase | None = None
    kernel: Kernel | None = None
    laterality: Laterality | None = None
    projection: Projection | None = None
    description: list[Words] = Field(
        default_factory=list, max_length=8, description="One of these words is in it."
    )
    not_description: list[Words] = Field(default_factory=list, max_length=8)
    not_orientation: list[Orientation] = Field(default_factory=list, max_length=3)
    not_phase: list[Phase] = Field(default_factory=list, max_length=4)
    is_named: bool = Field(
        default=False, description="What is not known of a series then does not fit either."
    )
    in_space_of: Modality | None = Field(
        default=None,
        description="In a frame of reference of objects of this modality, such as RTPLAN.",
    )
    rank: Annotated[int, Field(ge=1, le=12)] = Field(
        default=1, description="The first, second, … of those that fit."
    )


class WindowRange(_Part):
    """Shown values after the modality LUT (PS3.3 C.11.2)."""

    lower: Value
    upper: Value

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.lower >= self.upper:
            raise ValueError("lower must be below upper")
        return self


class HangingCell(_Part):
    """One viewport: what it shows and how. `under` is the second series of a fusion."""

    series: SeriesSelector | None = None
    display: Display = "stack"
    under: SeriesSelector | None = None
    preset: Preset | None = None
    window: WindowRange | None = None
    link_group: LinkGroup | None = None
    leads: bool = Field(
        default=False,
        description="The linked ones open at its place and scale; else those of the first cell.",
    )
    cine: bool = False

    @model_validator(mode="after")
    def _check_words(self) -> Self:
        if self.preset is not None and self.window is not None:
            raise ValueError("a preset or a window, not both")
        if (self.under is not None) != (self.display == "fusion"):
            raise ValueError("a fusion has a series under it, nothing else has")
        return self


class HangingStep(_Part):
    """One screen of cells, row by row."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    rows: Annotated[int, Field(ge=1, le=MAX_ROWS)]
    columns: Annotated[int, Field(ge=1, le=MAX_COLUMNS)]
    links: list[Link] = Field(default_factory=list, max_length=3)
    reference_lines: bool = False
    cells: list[HangingCell] = Field(min_length=1, max_length=MAX_ROWS * MAX_COLUMNS)

    @model_validator(mode="after")
    def _check_places(self) -> Self:
        if len(self.cells) > self.rows * self.columns:
            raise ValueError("more cells than the grid has places")
        return self


class MatchRule(_Part):
    """Which cases it is for. What is left out matches every case."""

    modalities: list[Modality] = Field(
        default_factory=list, max_length=8, description="The newest time point has one of these."
    )
    also: list[Modality] = Field(
        default_factory=list, max_length=8, description="… and every one of these."
    )
    body_parts: list[BodyPart] = Field(
        default_factory=list,
        max_length=12,
        description="One of these, or one of the words in descriptions, whichever is named.",
    )
    tumour_types: list[TumourType] = Field(default_factory=list, max_length=16)
    descriptions: list[Words] = Field(default_factory=list, max_length=12)
    time_points_min: Annotated[int, Field(ge=1, le=20)] = 1
    time_points_max: Annotated[int, Field(ge=1, le=20)] | None = None
    min_series: Annotated[int, Field(ge=1, le=40)] = Field(
        default=1, description="So many picture series of these modalities at the least."
    )

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.time_points_max is not None and self.time_points_max < self.time_points_min:
            raise ValueError("time_points_max is below time_points_min")
        return self


class HangingDocument(_Part):
    """One protocol: which cases, and one or more screens to step through."""

    match: MatchRule
    steps: list[HangingStep] = Field(min_length=1, max_length=MAX_STEPS)


class BuiltinHanging(_Part):
    """One of the house's own; its key names it in every language."""

    key: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{2,40}$")]
    document: HangingDocument
