"""The document of a template: fields, required items with their age, hanging, quorum.

Data, never code: an item names its source (``apps.boards.readiness.sources``) and no more.
"""

from collections.abc import Hashable, Iterable
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from apps.accounts.choices import Discipline

MOST_ITEMS = 40
MOST_FIELDS = 40
MOST_STANDARDS = 40

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
]
Modality = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,8}$")]

Need = Literal["required", "expected", "optional"]
"""``required``: must be there. ``expected``: a date by which it will be is enough.
``optional``: told, and holds nothing up."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TemplateItem(_Part):
    """One thing a case needs before it is discussed."""

    key: Key
    label: Line
    need: Need = "required"
    source: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{1,39}$")] = "recorded"
    modalities: list[Modality] = Field(
        default_factory=list, max_length=8, description="Of source `images`: one of these."
    )
    max_age_days: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        default=None, description="Older than this on the day of the meeting is too old."
    )

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if self.modalities and self.source != "images":
            raise ValueError("modalities belong to the source images")
        return self


class TemplateField(_Part):
    """One thing the intake form asks for, beyond what every case has."""

    key: Key
    label: Line
    kind: Literal["text", "number", "date", "yes_no", "choice"] = "text"
    choices: list[Line] = Field(default_factory=list, max_length=30)
    is_required: bool = False

    @model_validator(mode="after")
    def _check_choices(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("a choice has choices, nothing else has")
        return self


class TemplateStandard(_Part):
    """A standard of care that the board agreed on beforehand: cases may be listed by it."""

    key: Key
    name: Line
    reference: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$"
        ),
    ] = Field(description="The document that says so: title, version, page.")


class CaseTemplateDocument(_Part):
    """What a tumour type's cases need, and how they are shown and timed."""

    fields: list[TemplateField] = Field(default_factory=list, max_length=MOST_FIELDS)
    items: list[TemplateItem] = Field(min_length=1, max_length=MOST_ITEMS)
    hanging: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = Field(
        default="", description="Key of a built-in layout, or the name of a board's own."
    )
    staging: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = Field(
        default="", description="Name of the scheme; its text is the site's to load."
    )
    is_complex: bool = Field(default=False, description="Gets the board's longer time box.")
    minutes: Annotated[int, Field(ge=1, le=60)] | None = Field(
        default=None, description="A time box of its own; else the board's, simple or complex."
    )
    quorum: list[Discipline] = Field(default_factory=list, max_length=12)
    standards: list[TemplateStandard] = Field(default_factory=list, max_length=MOST_STANDARDS)

    @model_validator(mode="after")
    def _check_once(self) -> Self:
        for name, keys in (
            ("items", [one.key for one in self.items]),
            ("fields", [one.key for one in self.fields]),
            ("standards", [one.key for one in self.standards]),
            ("quorum", list(self.quorum)),
        ):
            twice = _twice(keys)
            if twice:
                raise ValueError(f"{name}: {twice[0]} is there twice")
        return self


def _twice(keys: Iterable[Hashable]) -> list[Hashable]:
    seen: set[Hashable] = set()
    return [key for key in keys if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
