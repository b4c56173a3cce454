"""Reading models, jobs and findings. What a case thinks of a finding is decided here, once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from apps.ai import conf, policies
from apps.ai.choices import (
    VERSION_MOVES,
    ExportState,
    FindingState,
    JobState,
    ModelKind,
    VersionAct,
    VersionState,
)
from apps.ai.models import Finding, FindingReview, Job, Model, ModelApproval, ModelVersion
from apps.ai.queueing import Running, expect_starts
from apps.cases.access import standings
from apps.cases.embargo import hidden_cases, require_ai_shown
from apps.cases.selectors import visible_cases
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible
from apps.core.heartbeats import count_alive
from apps.imaging.models import CaseStudy

UNREVIEWED_VERSION = 1
APPROVALS_NEEDED = 2
QUEUE_SHOWN = 1_000
WORKER = "worker-ai@"


def list_models() -> "QuerySet[Model]":
    """Models with their versions and approvals, newest version first."""
    versions = ModelVersion.objects.order_by("-created_at", "id").prefetch_related(
        "approvals__user"
    )
    return Model.objects.prefetch_related(Prefetch("versions", queryset=versions))


def current_version(*, model: Model) -> ModelVersion | None:
    """The version in use; otherwise the newest one. Reads what ``list_models`` fetched."""
    versions = list(model.versions.all())
    active = (version for version in versions if version.state == VersionState.ACTIVE)
    return next(active, versions[0] if versions else None)


def approvals_of(*, version: ModelVersion) -> list[ModelApproval]:
    """What was said about exactly this content. Reads what ``list_models`` fetched."""
    return [one for one in version.approvals.all() if one.tree_sha256 == version.tree_sha256]


def is_approved(*, version: ModelVersion) -> bool:
    """Whether this exact content may be evaluated. Built-ins came with the release."""
    if version.model.kind == ModelKind.BUILTIN:
        return True
    approvers = {approval.user_id for approval in approvals_of(version=version)}
    return len(approvers) >= APPROVALS_NEEDED


def version_acts(*, actor: Actor, version: ModelVersion) -> list[VersionAct]:
    """What the services would let the actor do with a version now."""
    acts: list[VersionAct] = []
    side = policies.approval_side(actor=actor)
    spoken = {approval.side for approval in approvals_of(version=version)}
    is_pending = version.state == VersionState.PENDING
    if is_pending and version.model.kind != ModelKind.BUILTIN and side and side not in spoken:
        acts.append(VersionAct.APPROVE)
    if not actor.has_role(policies.AI_ADMIN):
        return acts
    moves = VERSION_MOVES[version.state]
    if VersionState.ACTIVE in moves and is_approved(version=version):
        acts.append(VersionAct.ACTIVATE)
    if VersionState.SUSPENDED in moves:
        acts.append(VersionAct.SUSPEND)
    return acts


@dataclass(frozen=True, slots=True)
class ResultCases:
    """Cases a list is about, and whether some are left out: their images are read first."""

    case_id: UUID | None
    shown: tuple[UUID, ...]
    ai_hidden: bool


def result_cases(*, actor: Actor, case_id: UUID | None) -> ResultCases:
    """One case, or all whose results the actor may see."""
    if case_id is not None:
        policies.view_results(actor=actor, case_id=case_id)
        asked = [case_id]
    else:
        visible = visible_cases(actor=actor).values_list("pk", flat=True)
        known = standings(actor=actor, case_ids=visible)
        asked = [pk for pk, standing in known.items() if not standing.is_deidentified]
    hidden = hidden_cases(actor=actor, case_ids=asked)
    return ResultCases(case_id, tuple(pk for pk in asked if pk not in hidden), bool(hidden))


def list_jobs(*, actor: Actor, cases: ResultCases) -> "QuerySet[Job]":
    """Jobs on the studies of one case, or of all cases whose results the actor may see.

    One row per job and case, with ``case_pk`` and ``case_title``. The AI administrator's list
    without a case holds every job once, without either.
    """
    jobs = Job.objects.select_related("version__model", "series__study")
    if cases.case_id is None and actor.has_role(policies.AI_ADMIN):
        return jobs
    return jobs.filter(series__study__case_studies__case_id__in=cases.shown).annotate(
        case_pk=F("series__study__case_studies__case_id"),
        case_title=F("series__study__case_studies__case__title"),
    )


def get_job(*, actor: Actor, job_id: UUID) -> Job:
    policies.view_job(actor=actor, job_id=job_id)
    job = Job.objects.select_related("version__model", "series__study").filter(pk=job_id).first()
    if job is None:
        raise NotVisible()
    return job


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Where a waiting job stands, from 1, and in how many seconds it should begin, if known."""

    position: int
    starts_in_s: float | None


def queue_places() -> dict[UUID, QueuePlace]:
    """Every waiting job's place."""
    rows = Job.objects.filter(state=JobState.QUEUED).order_by("rank_at", "id")
    waiting = list(rows.values_list("pk", "version_id")[:QUEUE_SHOWN])
    if not waiting:
        return {}
    now = timezone.now()
    at_work = Job.objects.filter(state=JobState.RUNNING, lease_until__gte=now)
    running = [
        Running(version_id, (now - started_at).total_seconds(), progress)
        for version_id, started_at, progress in at_work.values_list(
            "version_id", "started_at", "progress"
        )
        if started_at is not None
    ]
    versions = {version_id for _, version_id in waiting} | {one.version_id for one in running}
    starts = expect_starts(
        waiting=waiting,
        running=running,
        durations_s=usual_durations_s(version_ids=versions),
        workers=max(count_alive(name=WORKER), len(running)),
    )
    return {
        job_id: QueuePlace(position, starts.get(job_id))
        for position, (job_id, _) in enumerate(waiting, start=1)
    }


def usual_durations_s(*, version_ids: Iterable[UUID]) -> dict[UUID, float]:
    """The median of each version's last runs that came to an end of their own."""
    took = F("finished_at") - F("started_at")
    found: dict[UUID, float] = {}
    for version_id in version_ids:
        ended = Job.objects.filter(
            version_id=version_id, state__in=[JobState.FINDINGS, JobState.NO_FINDINGS]
        ).order_by("-finished_at")
        last = ended.annotate(took=took).values_list("took", flat=True)[: conf.USUAL_OF_LAST]
        if seconds := [one.total_seconds() for one in last if one is not None]:
            found[version_id] = median(seconds)
    return found


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
        return findings.filter(~Exists(standing))
    return findings.filter(Exists(standing.filter(decision=state)))


def findings_of_case(*, case_id: UUID) -> "QuerySet[Finding]":
    """Findings of one case for callers that have checked access (live snapshot, documents)."""
    return _findings_of_cases([case_id])


def _findings_of_cases(case_ids: Sequence[UUID]) -> "QuerySet[Finding]":
    standing = FindingReview.objects.filter(case_id__in=case_ids, stands=True).select_related(
        "reviewer", "export"
    )
    return (
        Finding.objects.filter(study__case_studies__case_id__in=case_ids)
        .annotate(
            case_pk=F("study__case_studies__case_id"),
            case_title=F("study__case_studies__case__title"),
        )
        .select_related("job__version__model", "job__series", "study")
        .prefetch_related(Prefetch("reviews", queryset=standing, to_attr="standing_reviews"))
        .defer("job__grid")
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


def describe_finding(*, finding: Finding) -> dict[str, Any]:
    """A finding as one case sees it: the shape of REST and of the live snapshot."""
    review = standing_review(finding=finding)
    version = finding.job.version
    return {
        "id": finding.pk,
        "version": review.version if review else UNREVIEWED_VERSION,
        "case": getattr(finding, "case_pk", None),
        "case_title": getattr(finding, "case_title", ""),
        "job": finding.job_id,
        "number": finding.number,
        "model": {"name": version.model.name, "version": version.version},
        "study_instance_uid": finding.study.study_instance_uid,
        "series_instance_uid": finding.job.series.series_instance_uid,
        "frame_of_reference_uid": finding.frame_of_reference_uid or None,
        "sop_instance_uid": finding.sop_instance_uid,
        "frame": finding.frame,
        "label": finding.label,
        "code": finding.code,
        "site": finding.site,
        "measurements": [
            {name: measured[name] for name in ("quantity", "value", "unit")}
            for measured in finding.measurements
        ],
        "probability": finding.probability,
        "urgency": finding.urgency,
        "state": review.decision if review else FindingState.UNREVIEWED.value,
        "review": _describe_review(review) if review else None,
        "centroid_lps": finding.centroid_lps or None,
        "bbox_lps": finding.bbox_lps or None,
        "mask_url": f"/api/findings/{finding.pk}/mask" if finding.mask_sha256 else None,
        "export": _describe_export(review) if review else None,
    }


def claim_segmentations(
    *, case_id: UUID, sop_instance_uids: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Which archived segmentations are findings of this case: they are shown as those."""
    findings = findings_of_case(case_id=case_id).filter(
        segmentation_uid__in=[uid for uid in sop_instance_uids if uid]
    )
    claimed: dict[str, dict[str, Any]] = {}
    for finding in findings:
        review = standing_review(finding=finding)
        state = review.decision if review else FindingState.UNREVIEWED.value
        claimed[finding.segmentation_uid] = {"finding": finding.pk, "state": state}
    return claimed


def claim_reports(*, case_id: UUID, sop_instance_uids: Iterable[str]) -> set[str]:
    """Which archived reports, unverified or verified, say what findings of this case show."""
    asked = list(sop_instance_uids)
    findings = findings_of_case(case_id=case_id)
    own = findings.filter(report_uid__in=asked).values_list("report_uid", flat=True)
    verified = FindingReview.objects.filter(
        finding__in=findings, export__verified_report_uid__in=asked
    ).values_list("export__verified_report_uid", flat=True)
    return {*own, *verified}


def summarise_cases(*, actor: Actor, case_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """``findings_unreviewed`` per case, in a few queries however many cases.

    Where the images are to be read first there is no count, and ``ai_hidden`` says why.
    """
    ids = list(case_ids)
    hidden = hidden_cases(actor=actor, case_ids=ids)
    found = dict(
        CaseStudy.objects.filter(case_id__in=ids)
        .values_list("case_id")
        .annotate(total=Count("study__ai_findings"))
    )
    reviewed = dict(
        FindingReview.objects.filter(
            case_id__in=ids, stands=True, finding__study__case_studies__case_id=F("case_id")
        )
        .values_list("case_id")
        .annotate(total=Count("pk"))
    )
    return {
        case_id: {"findings_unreviewed": None, "ai_hidden": True}
        if case_id in hidden
        else {"findings_unreviewed": found.get(case_id, 0) - reviewed.get(case_id, 0)}
        for case_id in ids
    }


def _describe_review(review: FindingReview) -> dict[str, Any]:
    return {
        "reviewer": {
            "id": review.reviewer_id,
            "display_name": review.reviewer.display_name,
            "discipline": review.reviewer.discipline,
        },
        "at": review.created_at,
        "reason_code": review.reason_code or None,
        "comment": review.comment,
    }


def _describe_export(review: FindingReview) -> dict[str, Any] | None:
    export = getattr(review, "export", None)
    if export is None or export.state == ExportState.WITHDRAWN:
        return None
    error = {"code": export.error_code, "message": export.error_message}
    return {
        "state": export.state,
        "attempts": export.attempts,
        "error": error if export.error_code else None,
        "stored_at": export.stored_at,
    }


def cases_in_work() -> dict[UUID, datetime]:
    """Cases whose images a waiting or running job is going to read."""
    rows = Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).values_list(
        "series__study__case_studies__case_id", "created_at"
    )
    return {case_id: created_at for case_id, created_at in rows if case_id is not None}
