"""The words of a draft as they come in, and what is refused of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from apps.boards.choices import Consensus, Intent, Modality, Stance, TrialConsidered, ViewConsidered
from apps.boards.models import AgendaItem, Decision
from apps.boards.plain_text import check_link, check_trial_id, tidy, tidy_line
from apps.cases.choices import Urgency
from apps.cases.selectors import people_in_case
from apps.core.exceptions import InvalidInput

MOST_RECOMMENDATIONS = 32
MOST_OF_A_KIND = 20


@dataclass(frozen=True, slots=True)
class EvidenceDraft:
    """A guideline or paper: ``grade`` is its level of evidence in its own words."""

    title: str
    version: str = ""
    url: str = ""
    grade: str = ""


@dataclass(frozen=True, slots=True)
class AlternativeDraft:
    text: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class RecommendationDraft:
    text: str
    intent: str = ""
    responsible: UUID | None = None
    due: date | None = None
    responsible_name: str = ""
    modality: str = ""
    urgency: str = ""
    condition: str = ""
    fallbacks: Sequence[str] = ()
    evidence: Sequence[EvidenceDraft] = ()

    def fields(self) -> dict[str, Any]:
        """As the row keeps it, tidied."""
        return {
            "text": tidy(self.text, field="text"),
            "intent": self.intent,
            "responsible_id": self.responsible,
            "responsible_name": tidy_line(self.responsible_name, field="responsible_name"),
            "due": self.due,
            "modality": self.modality,
            "urgency": self.urgency,
            "condition": tidy(self.condition, field="condition"),
            "fallbacks": [
                words for one in self.fallbacks if (words := tidy(one, field="fallbacks"))
            ],
            "evidence": [_evidence(one) for one in self.evidence if one.title.strip() or one.url],
        }


@dataclass(frozen=True, slots=True)
class PositionDraft:
    user: UUID
    stance: str
    statement: str = ""


@dataclass(frozen=True, slots=True)
class DraftWords:
    """What a draft says beside its recommendations; ``None`` leaves it as it is."""

    summary: str | None = None
    conditions: str | None = None
    alternatives: Sequence[AlternativeDraft] | None = None
    trial_considered: str | None = None
    trial_id: str | None = None
    patient_view: str | None = None
    patient_view_text: str | None = None

    def write_to(self, decision: Decision) -> None:
        """Set what is said on the row, and refuse what contradicts itself.

        Raises
        ------
        InvalidInput
            ``control_characters``, ``bad_trial_id``, ``trial_without_yes``, ``unknown_word``,
            ``empty_alternative``.
        """
        for name in ("summary", "conditions", "patient_view_text"):
            said = getattr(self, name)
            if said is not None:
                setattr(decision, name, tidy(said, field=name))
        if self.alternatives is not None:
            decision.alternatives = [_alternative(one) for one in self.alternatives]
        if self.patient_view is not None:
            _require_word(self.patient_view, ViewConsidered.values, field="patient_view")
            decision.patient_view = self.patient_view
        if self.trial_considered is not None:
            _require_word(self.trial_considered, TrialConsidered.values, field="trial_considered")
            decision.trial_considered = self.trial_considered
        if self.trial_id is not None:
            decision.trial_id = check_trial_id(self.trial_id)
        if decision.trial_id and decision.trial_considered != TrialConsidered.YES:
            raise InvalidInput(
                "A trial is named, and not said to be considered.", code="trial_without_yes"
            )


def check_draft(
    *,
    case_id: UUID,
    meeting_id: UUID | None,
    recommendations: Sequence[RecommendationDraft],
    positions: Sequence[PositionDraft],
    consensus: str,
) -> None:
    """What holds of every draft before anything is written.

    Raises
    ------
    InvalidInput
        By its code.
    """
    if len(recommendations) > MOST_RECOMMENDATIONS:
        raise InvalidInput("Too many recommendations for one decision.", code="too_many")
    if any(not one.text.strip() for one in recommendations):
        raise InvalidInput("A recommendation says something.", code="empty_recommendation")
    if any(one.intent and one.intent not in Intent.values for one in recommendations):
        raise InvalidInput("Unknown intent.", code="unknown_intent")
    for one in recommendations:
        _require_word(one.modality, Modality.values, field="modality")
        _require_word(one.urgency, Urgency.values, field="urgency")
        if one.responsible and one.responsible_name.strip():
            raise InvalidInput(
                "One person is responsible: of the house, or named.", code="two_responsible"
            )
        if max(len(one.fallbacks), len(one.evidence)) > MOST_OF_A_KIND:
            raise InvalidInput("Too many of a kind in one recommendation.", code="too_many")
    if (
        meeting_id
        and not AgendaItem.objects.filter(meeting_id=meeting_id, case_id=case_id).exists()
    ):
        raise InvalidInput("This case is not on that agenda.", code="not_on_agenda")
    named = {one.user for one in positions}
    named |= {one.responsible for one in recommendations if one.responsible}
    require_in_case(case_id=case_id, user_ids=named)
    dissents = [one for one in positions if one.stance == Stance.DISSENT]
    if any(not one.statement.strip() for one in dissents):
        raise InvalidInput("A dissent says why.", code="dissent_without_reason")
    if dissents and consensus == Consensus.CONSENSUS:
        raise InvalidInput(
            "There is a dissent: this is not a consensus.", code="consensus_contradicted"
        )


def require_in_case(*, case_id: UUID, user_ids: set[UUID]) -> None:
    known = set(
        people_in_case(case_id=case_id).filter(pk__in=user_ids).values_list("pk", flat=True)
    )
    if user_ids - known:
        raise InvalidInput("Somebody named is not in this case.", code="not_in_case")


def _require_word(word: str, known: Sequence[str], *, field: str) -> None:
    if word and word not in known:
        raise InvalidInput("This is none of the choices.", code="unknown_word",
                           details={"field": field})  # fmt: skip


def _evidence(one: EvidenceDraft) -> dict[str, str]:
    title = tidy_line(one.title, field="evidence")
    if not title:
        raise InvalidInput("A reference has a title.", code="evidence_without_title")
    return {
        "title": title,
        "version": tidy_line(one.version, field="evidence"),
        "url": check_link(one.url),
        "grade": tidy_line(one.grade, field="evidence"),
    }


def _alternative(one: AlternativeDraft) -> dict[str, str]:
    text = tidy(one.text, field="alternatives")
    if not text:
        raise InvalidInput("An alternative says something.", code="empty_alternative")
    return {"text": text, "why_not": tidy(one.why_not, field="alternatives")}
