"""What is new in a case since its board last decided (MDT-11)."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.ai.models import FindingReview
from apps.boards.choices import DecisionStatus
from apps.boards.models import Decision
from apps.cases.embargo import is_ai_hidden
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.imaging.models import CaseStudy

FACTS = (
    "clinical_question",
    "history",
    "tumour_type",
    "diagnosis_system",
    "diagnosis_code",
    "diagnosis_display",
    "diagnosis_text",
    "stage",
    "ecog",
)
"""What of the case a decision rests on; kept with it at the signature."""


def facts_of(case: Case) -> dict[str, Any]:
    return {name: getattr(case, name) for name in FACTS}


def last_signed(*, case_id: UUID) -> Decision | None:
    """The decision that a re-discussion follows."""
    return (
        Decision.objects.filter(case_id=case_id, status=DecisionStatus.SIGNED)
        .select_related("meeting__board", "signed_by")
        .order_by("-signed_at", "id")
        .first()
    )


def describe_changes(*, actor: Actor, case: Case) -> dict[str, Any]:
    """New images, findings reviewed, facts changed and what was added to the decision since.

    For a caller that may see the case identified. Where AI results are hidden from the actor
    the list of findings is empty and says so; ``facts_known`` is false for a decision signed
    before facts were kept with it.
    """
    before = last_signed(case_id=case.pk)
    if before is None or before.signed_at is None:
        return {
            "since": None, "studies": [], "findings": [], "ai_hidden": False,
            "facts": [], "facts_known": True, "notes": [],
        }  # fmt: skip
    hidden = is_ai_hidden(actor=actor, case_id=case.pk)
    now = facts_of(case)
    then = before.facts
    return {
        "since": before,
        "studies": _studies(case_id=case.pk, before=before),
        "findings": [] if hidden else _findings(case_id=case.pk, before=before),
        "ai_hidden": hidden,
        "facts": [
            {"field": name, "before": _word(then[name]), "now": _word(now[name])}
            for name in FACTS
            if then is not None and name in then and then[name] != now[name]
        ],
        "facts_known": then is not None,
        "notes": list(before.notes.select_related("author", "recorded_by")),
    }


def _studies(*, case_id: UUID, before: Decision) -> "QuerySet[CaseStudy]":
    return (
        CaseStudy.objects.filter(case_id=case_id, created_at__gt=before.signed_at)
        .select_related("study")
        .order_by("created_at", "id")
    )


def _findings(*, case_id: UUID, before: Decision) -> "QuerySet[FindingReview]":
    """Those of the archive's own algorithms and ours; what ran in shadow is nobody's to see."""
    return (
        FindingReview.objects.filter(
            case_id=case_id,
            stands=True,
            created_at__gt=before.signed_at,
            finding__job__is_shadow=False,
        )
        .select_related("finding", "reviewer")
        .order_by("created_at", "id")
    )


def _word(value: Any) -> str:
    return "" if value is None else str(value)
