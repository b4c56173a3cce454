"""The decision as operations carry it: a draft, and where somebody stands on it."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from apps.live.protocol.base import EntityVersion, WireModel

Words = Annotated[str, StringConstraints(max_length=2000)]
SomeWords = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Line = Annotated[str, StringConstraints(max_length=200)]
Choice = Annotated[str, StringConstraints(max_length=64)]


class DecisionVotePayload(WireModel):
    """One's own position on the draft; ``text_version`` is the text that was read."""

    stance: Literal["agree", "dissent", "abstain"]
    statement: Words = ""
    text_version: EntityVersion


class EvidenceDraft(WireModel):
    """A guideline or paper; ``grade`` is its level of evidence in its own words."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    version: Choice = ""
    url: Annotated[str, StringConstraints(max_length=500)] = ""
    grade: Choice = ""


class AlternativeDraft(WireModel):
    text: SomeWords
    why_not: Words = ""


class RecommendationDraft(WireModel):
    """``fallbacks``: what to do where it cannot be done, first choice first."""

    text: SomeWords
    intent: Choice = ""
    due: date | None = None
    responsible: UUID | None = None
    responsible_name: Line = ""
    modality: Choice = ""
    urgency: Choice = ""
    condition: Words = ""
    fallbacks: list[Words] = Field(default_factory=list, max_length=20)
    evidence: list[EvidenceDraft] = Field(default_factory=list, max_length=20)


class PositionDraft(WireModel):
    user: UUID
    stance: Literal["agree", "dissent", "abstain"]
    statement: Words = ""


class DecisionDraftPayload(WireModel):
    """The draft as a whole; of the fields after ``positions`` what is absent stays as it is."""

    recommendations: list[RecommendationDraft] = Field(default_factory=list, max_length=32)
    consensus: Literal["consensus", "majority", "none"]
    positions: list[PositionDraft] = Field(default_factory=list, max_length=64)
    summary: Words | None = None
    conditions: Words | None = None
    alternatives: list[AlternativeDraft] | None = Field(default=None, max_length=20)
    trial_considered: Literal["yes", "no", "not_applicable", ""] | None = None
    trial_id: Annotated[str, StringConstraints(max_length=100)] | None = None
    patient_view: Literal["yes", "no", "unknown", ""] | None = None
    patient_view_text: Words | None = None
