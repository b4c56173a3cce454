"""``validation.json``: what the labels of a folder of reference masks mean, and how to compare.

It lies beside the studies and is a stranger's: bounded, typed, refused by the first thing that is
wrong. Without it every reference mask is compared with everything the model named.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from apps.ai.side_car import CodePart, PlainText, Title
from apps.ai.validation.detection import MIN_IOU

MAX_BYTES = 1024 * 1024
EVERYTHING = "*"
"""The code of a label that is compared with whatever the model names."""

Name = Annotated[PlainText, Field(min_length=1, max_length=200)]
Uid = Annotated[str, Field(pattern=r"^[0-9.]{1,64}$")]


class ManifestRefused(Exception):
    """``validation.json`` cannot be used; the message says what is wrong first."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LabelRule(_Part):
    """What a label of the reference is.

    Attributes
    ----------
    label:
        The reference's own name: Segment Label, ROI Name, or the side-car's label; ``*`` means
        every label. Case does not matter.
    value:
        In place of ``label``: the value in a NIfTI file without a side-car.
    code:
        The finding code it is compared with; None for whatever the model names.
    """

    label: Title = ""
    value: Annotated[int, Field(ge=1, le=65535)] | None = None
    code: CodePart | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if bool(self.label) == (self.value is not None):
            raise ValueError("a label is named by label or by value")
        return self


class StudyRule(_Part):
    """What cannot be read off one study.

    ``series`` is the Series Instance UID the model gets (of a model with several inputs the one
    results lie on), ``inputs`` those of its roles. ``no_lesions`` says that no reference file means
    no lesion, and not a forgotten file.
    """

    series: Uid | None = None
    inputs: dict[Annotated[str, Field(max_length=61)], Uid] = {}
    site: Title = ""
    no_lesions: bool = False


class Manifest(_Part):
    format: Literal["consilium-validation"] = "consilium-validation"
    format_version: Literal[1] = 1
    name: Title = ""
    labels: Annotated[list[LabelRule], Field(max_length=256)] = []
    lesions: Literal["components", "labels"] = "components"
    matching: Literal["overlap", "centre"] = "overlap"
    min_iou: Annotated[float, Field(gt=0, le=1)] = MIN_IOU
    score: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")] = "probability"
    studies: Annotated[dict[Name, StudyRule], Field(max_length=100_000)] = {}

    @property
    def uses_default_labels(self) -> bool:
        return not self.labels

    def rule_of(self, *, label: str, value: int | None) -> LabelRule | None:
        """The first rule that fits; None: the label is not compared. Without rules all are."""
        if not self.labels:
            return LabelRule(label=EVERYTHING)
        for rule in self.labels:
            if rule.value is not None:
                if rule.value == value:
                    return rule
            elif rule.label == EVERYTHING or rule.label.casefold() == label.casefold():
                return rule
        return None


def read_manifest(body: bytes) -> Manifest:
    """Read the document.

    Raises
    ------
    ManifestRefused
        With the first thing that is wrong.
    """
    if len(body) > MAX_BYTES:
        raise ManifestRefused("validation.json is larger than 1 MiB.")
    try:
        return Manifest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ManifestRefused(f"validation.json: {where}: {first['msg']}"[:400]) from None
    except (RecursionError, ValueError):
        raise ManifestRefused("validation.json is no JSON.") from None
