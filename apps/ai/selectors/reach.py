"""What a version touched: cases, findings with their reviews, decisions, exports.

For somebody who has to find out whom a withdrawn model may have misled. A run that found nothing
touched its case as well: it may have missed something.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Prefetch, Q, QuerySet

from apps.ai import policies
from apps.ai.choices import ExportState, FindingState, JobState
from apps.ai.models import Finding, FindingReview, Job, ModelVersion
from apps.ai.selectors.cases import result_cases
from apps.ai.selectors.findings import standing_review
from apps.core.actors import Actor
from apps.core.registry import case_decisions

_PURPOSE = b"consilium reach of a model version"
_CASE = "series__study__case_studies__case_id"
_ANSWERS = (JobState.FINDINGS, JobState.NO_FINDINGS)


@dataclass(frozen=True, slots=True)
class ReachScope:
    """Who asks: whose cases are named, whether the others are there by pseudonym."""

    shown: frozenset[UUID]
    by_pseudonym: bool
    ai_hidden: bool


def reach_scope(*, actor: Actor) -> ReachScope:
    """The AI administrator gets every case, by pseudonym but for their own as a clinician."""
    policies.view_reach(actor=actor)
    cases = result_cases(actor=actor, case_id=None)
    is_admin = actor.has_role(policies.AI_ADMIN)
    return ReachScope(frozenset(cases.shown), is_admin, cases.ai_hidden)


def list_reach(*, version: ModelVersion, scope: ReachScope) -> "QuerySet[Job]":
    """Every answer of the version, once for each case that shows its study.

    One row per job and case, newest first, with ``case_pk`` and ``case_title``; what ran in
    shadow touched nobody.
    """
    standing = FindingReview.objects.filter(stands=True).select_related("reviewer", "export")
    findings = Finding.objects.prefetch_related(
        Prefetch("reviews", queryset=standing, to_attr="standing_reviews")
    )
    jobs = Job.objects.filter(version=version, state__in=_ANSWERS, is_shadow=False)
    if not scope.by_pseudonym:
        # Before the annotation: a filter after it would join the cases anew, and let others in.
        jobs = jobs.filter(series__study__case_studies__case_id__in=scope.shown)
    return (
        jobs.annotate(
            case_pk=F(_CASE),
            case_title=F("series__study__case_studies__case__title"),
        )
        .prefetch_related(Prefetch("findings", queryset=findings))
        .defer("grid", "parameters", "results_parameters")
        .order_by("-created_at", "id", _CASE)
    )


def describe_reach(*, jobs: Sequence[Job], scope: ReachScope) -> list[dict[str, Any]]:
    """Rows as the asker may have them, each with the decisions made since the answer."""
    decisions = _decisions({case for job in jobs if (case := _case_of(job)) is not None})
    return [_describe(job, scope, decisions) for job in jobs]


def count_reach(*, version: ModelVersion, scope: ReachScope) -> dict[str, int]:
    """How much the asker's list holds."""
    rows = list_reach(version=version, scope=scope).order_by().prefetch_related(None)
    case_ids = set(rows.values_list(_CASE, flat=True)) - {None}
    in_cases = Q(study__case_studies__case_id__in=case_ids)
    findings = Finding.objects.filter(job__version=version)
    if not scope.by_pseudonym:
        findings = findings.filter(in_cases)
    reviews = FindingReview.objects.filter(
        stands=True, finding__job__version=version, case_id__in=case_ids
    )
    by_decision = dict(reviews.values_list("decision").annotate(total=Count("pk")))
    touched = list(rows.values_list(_CASE, "finished_at"))
    first = _first_answers(touched)
    decided = sum(
        sum(1 for one in made if case_id in first and one["at"] >= first[case_id])
        for case_id, made in _decisions(case_ids).items()
    )
    return {
        "cases": len(case_ids),
        "findings": findings.values("pk").distinct().count(),
        "accepted": by_decision.get(FindingState.ACCEPTED, 0),
        "dismissed": by_decision.get(FindingState.DISMISSED, 0),
        "exported": reviews.filter(export__state=ExportState.STORED).count(),
        "decisions": decided,
        "without_findings": rows.filter(state=JobState.NO_FINDINGS).count(),
    }


def pseudonym(*, kind: str, key: UUID) -> str:
    """A stable name that only this house can lead back, e.g. ``CASE-4F2A91C07B``."""
    digest = hmac.new(settings.SECRET_KEY.encode(), _PURPOSE + key.bytes, hashlib.sha256)
    return f"{kind}-{digest.hexdigest()[:10].upper()}"


def _describe(
    job: Job, scope: ReachScope, decisions: dict[UUID, list[dict[str, Any]]]
) -> dict[str, Any]:
    case_id = _case_of(job)
    is_named = case_id is not None and case_id in scope.shown
    at = job.finished_at or job.created_at
    made = [one for one in decisions.get(case_id, []) if one["at"] >= at] if case_id else []
    return {
        "case": case_id if is_named else None,
        "case_title": getattr(job, "case_title", "") if is_named else "",
        "case_pseudonym": pseudonym(kind="CASE", key=case_id) if case_id else "",
        "answered_at": at,
        "outcome": job.state,
        "findings": [_describe_finding(one, case_id, is_named) for one in job.findings.all()],
        "decisions": [_describe_decision(one, is_named) for one in made],
    }


def _describe_finding(finding: Finding, case_id: UUID | None, is_named: bool) -> dict[str, Any]:
    """Without a comment, whoever asks: people write of patients in those."""
    finding.case_pk = case_id  # type: ignore[attr-defined]
    review = standing_review(finding=finding) if case_id else None
    export = getattr(review, "export", None) if review else None
    return {
        "id": finding.pk if is_named else None,
        "pseudonym": pseudonym(kind="FIND", key=finding.pk),
        "number": finding.number,
        "label": finding.label,
        "urgency": finding.urgency,
        "state": review.decision if review else FindingState.UNREVIEWED.value,
        "reason_code": (review.reason_code or None) if review else None,
        "reviewed_at": review.created_at if review else None,
        "reviewer": review.reviewer.display_name if review and is_named else "",
        "discipline": review.reviewer.discipline if review else "",
        "export": export.state if export else None,
        "stored_at": export.stored_at if export else None,
        "report_uid": export.verified_report_uid if export and is_named else "",
    }


def _describe_decision(decision: dict[str, Any], is_named: bool) -> dict[str, Any]:
    return {
        "id": decision["id"] if is_named else None,
        "pseudonym": pseudonym(kind="DEC", key=decision["id"]),
        "status": decision["status"],
        "at": decision["at"],
    }


def _decisions(case_ids: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    wanted = list(case_ids)
    found: dict[UUID, list[dict[str, Any]]] = {}
    for _, provider in case_decisions.items():
        for case_id, made in provider(case_ids=wanted).items():
            found.setdefault(case_id, []).extend(made)
    return found


def _first_answers(rows: Iterable[tuple[UUID | None, datetime | None]]) -> dict[UUID, datetime]:
    first: dict[UUID, datetime] = {}
    for case_id, at in rows:
        if case_id is not None and at is not None:
            first[case_id] = min(at, first.get(case_id, at))
    return first


def _case_of(job: Job) -> UUID | None:
    case_id: UUID | None = getattr(job, "case_pk", None)
    return case_id
