"""``consilium.json``: what the house adds to a bundle that it runs unmodified.

It says which series a model was made for, how they become its input, what its output means,
and what it may use. Read before approval, so everything is bounded and typed. Free of Django.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from apps.ai.bundle_errors import BundleError
from apps.ai.bundle_weights import WeightsFormat

MAX_CARD_BYTES = 64 * 1024
#: No angle brackets and nothing that does not print: these are shown in many places.
PlainText = Annotated[str, Field(pattern=r"^[^<>\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]*$")]  # fmt: skip  # noqa: E501
Title = Annotated[PlainText, Field(max_length=200)]
Key = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,60}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
#: The characters of TG-263's rules; a name begins with a letter or an underscore.
StructureName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_~^!.\-]{0,15}$")]
Urgency = Literal["routine", "urgent", "critical"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class CodePart(_Part):
    system: Annotated[PlainText, Field(max_length=16)]
    code: Annotated[PlainText, Field(max_length=64)]
    display: Annotated[PlainText, Field(max_length=200)]


class SeriesRule(_Part):
    """Which series of the study is this input; every rule given must hold.

    ``description`` holds patterns with ``*``, any of which must fit, and ``not_description``
    those none of which may; without regard to case.
    """

    modality: Annotated[str, Field(max_length=16)] = ""
    body_part: Annotated[list[str], Field(max_length=20)] = []
    description: Annotated[list[Annotated[str, Field(max_length=80)]], Field(max_length=40)] = []
    not_description: Annotated[
        list[Annotated[str, Field(max_length=80)]], Field(max_length=40)
    ] = []
    min_images: Annotated[int, Field(ge=1, le=100_000)] = 1
    max_images: Annotated[int, Field(ge=1, le=100_000)] = 100_000


class InputPart(_Part):
    """One series a model reads. Inputs with the same ``key`` become its channels, in order.

    ``rules`` are scope rules (``scope.check_scope``) for this series' headers and geometry:
    contrast, slice thickness, sequence. ``copies`` repeats a grey image as colour channels,
    last axis, as an RGB file has them; ``plane`` hands a single image over without its slice
    axis.
    """

    role: Key
    key: Key = "image"
    label: Title = ""
    series: SeriesRule = SeriesRule()
    rules: Annotated[list[dict[str, Any]], Field(max_length=100)] = []
    plane: bool = False
    copies: Annotated[int, Field(ge=0, le=4)] = 0


class OutputPart(_Part):
    """What one value, channel or class of the output means.

    Of a label map: ``value``, or several ``values`` whose union is meant (regions may overlap).
    Of a map with channels: ``channel``, inside where it reaches ``threshold``. Of boxes:
    ``value`` is the label. Of a classification: ``channel`` is the class.

    ``tg263`` is its name in radiotherapy planning (AAPM TG-263). ``probability_map`` keeps what
    the output says of every voxel as a DICOM Parametric Map, where it holds more than a mask.
    """

    label: Title
    code: CodePart
    category: CodePart
    site: CodePart | None = None
    laterality: CodePart | None = None
    value: Annotated[int, Field(ge=0, le=255)] | None = None
    values: Annotated[list[Annotated[int, Field(ge=1, le=255)]], Field(max_length=255)] = []
    channel: Annotated[int, Field(ge=0, le=255)] | None = None
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.5
    finding: bool = True
    per_component: bool = False
    min_volume_ml: Annotated[float, Field(ge=0, le=100_000)] = 0.0
    urgency: Urgency = "routine"
    tg263: StructureName | None = None
    probability_map: bool = False

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        given = [self.value is not None, bool(self.values), self.channel is not None]
        if sum(given) != 1:
            raise ValueError("one of value, values and channel")
        return self


class BoxPart(_Part):
    """How the bundle writes boxes, after its own postprocessing.

    ``space`` is the world its coordinates are in: MONAI's ``affine_lps_to_ras`` turns the RAS
    of an image in memory into LPS.
    """

    box_key: Key = "box"
    label_key: Key = "label"
    score_key: Key = "label_scores"
    mode: Literal["cccwhd", "xyzxyz"] = "xyzxyz"
    space: Literal["lps", "ras", "image"]
    region: Literal["box", "ellipsoid"] = "ellipsoid"
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.5
    max_boxes: Annotated[int, Field(ge=1, le=500)] = 100


class Limits(_Part):
    """What a run may take, and in which ways it may be made to fit.

    ``memory_mb`` is what a run takes at most on its device, weights included; where that grows with
    the images, without them, and ``memory_bytes_per_voxel`` is added for each of their voxels.
    ``cpu_fallback`` allows the processor where a GPU's memory is not enough. ``precision`` is the
    arithmetic the model was validated in: bfloat16 and float16 are used on a GPU only where they
    stand here.
    ``same_windows_once`` set to false asks the network about equal windows anew each time.
    """

    timeout_s: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    memory_mb: Annotated[int, Field(ge=64, le=1_048_576)] | None = None
    memory_bytes_per_voxel: Annotated[int, Field(ge=0, le=100_000)] = 0
    cpu_fallback: bool = False
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    same_windows_once: bool = True


class NamesPart(_Part):
    """Names of the configuration's parts, where a bundle uses others than the zoo."""

    network: Key | None = None
    preprocessing: Key = "preprocessing"
    inferer: Key = "inferer"
    postprocessing: Key = "postprocessing"


class SideCar(_Part):
    """The whole document. Fields it does not know are kept and mean nothing."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    title: Title = ""
    manufacturer: Annotated[PlainText, Field(max_length=64)] = "unknown"
    task: Literal["segmentation", "detection", "classification"] = "segmentation"
    weights: Annotated[str, Field(max_length=240)] = ""
    weights_format: WeightsFormat | None = None
    configs: Annotated[list[Annotated[str, Field(max_length=240)]], Field(max_length=8)] = []
    names: NamesPart = NamesPart()
    image_key: Key = "image"
    output_key: Key = "pred"
    inputs: Annotated[list[InputPart], Field(max_length=16)] = []
    outputs: Annotated[list[OutputPart], Field(min_length=1, max_length=256)]
    boxes: BoxPart | None = None
    scope: dict[str, Any]
    limits: Limits = Limits()
    card: dict[str, Any] = {}
    files: dict[str, Sha256] = {}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        rules = self.scope.get("rules")
        if not isinstance(rules, list) or not rules:
            raise ValueError("a model without scope rules is not run")
        if len({one.role for one in self.inputs}) != len(self.inputs):
            raise ValueError("two inputs have one role")
        if self.task == "detection" and self.boxes is None:
            raise ValueError("a detection says how its boxes are written")
        if self.task == "detection" and any(one.value is None for one in self.outputs):
            raise ValueError("an output of a detection names its label by value")
        if self.task == "classification" and any(one.channel is None for one in self.outputs):
            raise ValueError("an output of a classification names its channel")
        if len(json.dumps(self.card)) > MAX_CARD_BYTES:
            raise ValueError("the card is larger than the limit")
        return self

    def read_inputs(self) -> list[InputPart]:
        """The inputs in order; one unnamed series where the document names none."""
        return self.inputs or [InputPart(role="image", key=self.image_key)]

    def read_thresholds(self) -> dict[str, float]:
        """From which probability on a finding is reported, by ``SYSTEM|code``.

        None where something else decides: a label map, or the most probable class.
        """
        if self.task == "classification":
            return {}
        if self.boxes is not None:
            return {_key(one.code): self.boxes.min_score for one in self.outputs}
        return {_key(one.code): one.threshold for one in self.outputs if one.channel is not None}


def _key(code: CodePart) -> str:
    return f"{code.system}|{code.code}"


def read_side_car(document: dict[str, Any]) -> SideCar:
    """Check the document.

    Raises
    ------
    BundleError
        ``side_car``, with the first thing that is wrong.
    """
    try:
        return SideCar.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"consilium.json: {where}: {first['msg']}"[:400]
        raise BundleError(message, code="side_car") from error
