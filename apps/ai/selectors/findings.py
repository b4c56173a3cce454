"""Reading findings. What a case thinks of one is decided here, once."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from apps.ai import policies
from apps.ai.choices import FindingState
from apps.ai.models import Finding, FindingAmendment, FindingOpinion, FindingReview
from apps.ai.selectors.cases import ResultCases
from apps.cases.embargo import require_ai_shown
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible

UNREVIEWED_VERSION = 1


def list_findings(*, cases: ResultCases, state: str = "") -> "QuerySet[Finding]":
    """Findings on the studies of one case, or of all cases whose results the actor may see.

    One row per finding and case, with that case's standing review and its export.
    """
    findings = _findings_of_cases(cases.shown)
    if not state:
        return findings
    standing = FindingReview.objects.filter(
        finding_id=OuterRef("pk"), case_id=OuterRef("case_pk"), stands=True
    )
    if state == FindingState.UNREVIEWED:
        return findings.filter(~Exists(standing), job__superseded_by=None)
    if state == FindingState.SUPERSEDED:
        return findings.filter(~Exists(standing), job__superseded_by__isnull=False)
    return findings.filter(Exists(standing.filter(decision=state)))


def findings_of_case(*, case_id: UUID) -> "QuerySet[Finding]":
    """Findings of one case for callers that have checked access (live snapshot, documents)."""
    return _findings_of_cases([case_id])


def state_without_review(finding: Finding) -> FindingState:
    """What a finding is where nobody reviewed it: new, or overtaken by a newer version's run."""
    superseded = finding.job.superseded_by_id is not None
    return FindingState.SUPERSEDED if superseded else FindingState.UNREVIEWED


def state_of_finding(*, finding: Finding) -> FindingState:
    """What the row's case thinks of it."""
    review = standing_review(finding=finding)
    return FindingState(review.decision) if review else state_without_review(finding)


def _findings_of_cases(case_ids: Sequence[UUID]) -> "QuerySet[Finding]":
    standing = FindingReview.objects.filter(case_id__in=case_ids, stands=True).select_related(
        "reviewer", "export", "amendment"
    )
    opinions = FindingOpinion.objects.filter(case_id__in=case_ids, stands=True).select_related(
        "author"
    )
    return (
        Finding.objects.filter(study__case_studies__case_id__in=case_ids)
        .annotate(
            case_pk=F("study__case_studies__case_id"),
            case_title=F("study__case_studies__case__title"),
        )
        .select_related(
            "job__version__model",
            "job__series",
            "job__superseded_by__version",
            "study",
            "external",
        )
        .prefetch_related(
            Prefetch("reviews", queryset=standing, to_attr="standing_reviews"),
            Prefetch("opinions", queryset=opinions, to_attr="standing_opinions"),
        )
        .defer("job__grid", "job__superseded_by__grid")
    )


def get_finding(*, actor: Actor, finding_id: UUID, case_id: UUID) -> Finding:
    policies.view_results(actor=actor, case_id=case_id)
    require_ai_shown(actor=actor, case_id=case_id)
    finding = findings_of_case(case_id=case_id).filter(pk=finding_id).first()
    if finding is None:
        raise NotVisible()
    return finding


def accepted_findings(*, case_id: UUID) -> "QuerySet[Finding]":
    """The only findings that sums, reports, agenda and exports may use."""
    return findings_of_case(case_id=case_id).filter(
        Q(
            pk__in=FindingReview.objects.filter(
                case_id=case_id, stands=True, decision=FindingState.ACCEPTED
            ).values("finding_id")
        )
    )


def resolve_case(*, actor: Actor, finding_id: UUID, case_id: UUID | None) -> UUID:
    """The case a review is meant for: named, or the only one that shows the study.

    Raises
    ------
    InvalidInput
        Several cases show it and none was named (``case_required``).
    """
    study_id = Finding.objects.filter(pk=finding_id).values_list("study_id", flat=True).first()
    if study_id is None:
        raise NotVisible()
    cases = policies.cases_showing_study(actor=actor, study_id=study_id)
    if case_id is not None:
        if case_id not in cases:
            raise NotVisible()
        return case_id
    if not cases:
        raise NotVisible()
    if len(cases) > 1:
        raise InvalidInput("Several cases show this study; name one.", code="case_required")
    return cases[0]


def standing_review(*, finding: Finding) -> FindingReview | None:
    """The standing review of the row's case, as fetched by the lists above."""
    reviews: list[FindingReview] = getattr(finding, "standing_reviews", [])
    case_id = getattr(finding, "case_pk", None)
    return next((review for review in reviews if review.case_id == case_id), None)


def standing_amendment(*, finding: Finding) -> FindingAmendment | None:
    """What the row's case made of the finding's mask, where it accepted it with changes."""
    review = standing_review(finding=finding)
    return getattr(review, "amendment", None) if review else None
