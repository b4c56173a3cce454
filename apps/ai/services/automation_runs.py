"""What arrives meets the rules: once per rule, version of it, and content of the study.

The event of a complete study owes a task in its own transaction (outbox). The task may come
twice: the row of a run is the claim, and the job it asks for commits with it.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.ai.choices import JobState, VersionState
from apps.ai.exceptions import InputsUnclear, ModelNotActive
from apps.ai.models import AutomationRule, AutomationRun, Job, ModelVersion
from apps.ai.services.announcing import announce_job
from apps.ai.services.inputs import choose_inputs
from apps.ai.services.jobs import end_job, request_job
from apps.ai.services.series_matching import Match, match_series
from apps.ai.urgency_choices import REPEATED_OUTCOMES, RuleOutcome
from apps.audit.services import record_entry
from apps.cases.events import AccessChanged
from apps.cases.selectors import board_of_first_grant, boards_of_case, cases_of_board
from apps.core.actors import Actor
from apps.core.exceptions import DomainError
from apps.core.outbox import enqueue
from apps.imaging.choices import SeriesKind
from apps.imaging.events import StudyReady
from apps.imaging.models import CaseStudy, Series, Study

RULES_TASK = "apps.ai.tasks.apply_rules"
TRIED_ON = 50
"""How many of the last studies a rule is tried on."""


def owe_rules(event: StudyReady) -> None:
    """A study is complete in a case: the rules are owed a look, in the event's transaction."""
    if AutomationRule.objects.filter(enabled=True).exists():
        _enqueue(event.case_id, event.study_id)


def owe_rules_of_board(event: AccessChanged) -> None:
    """A case that comes to a board brings studies that were complete before.

    The first grant of the board says so; its other members come in the same breath.
    """
    rules = AutomationRule.objects.filter(enabled=True, board_id__isnull=False)
    if not event.granted or not rules.exists():
        return
    board = board_of_first_grant(grant_id=UUID(event.entity_id))
    if not any(str(board_id) == board for board_id in rules.values_list("board_id", flat=True)):
        return
    studies = CaseStudy.objects.filter(case_id=event.case_id, study__ready_at__isnull=False)
    for study_id in studies.order_by("created_at", "id").values_list("study_id", flat=True):
        _enqueue(event.case_id, study_id)


def apply_rules(*, case_id: UUID, study_id: UUID) -> int:
    """Let every rule of the house and of the case's boards look at the study; how many asked."""
    study = Study.objects.filter(
        pk=study_id, ready_at__isnull=False, case_studies__case_id=case_id
    ).first()
    if study is None:
        return 0
    return sum(_apply(rule, case_id, study) for rule in _rules_of_case(case_id))


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done with the last studies; no study is named."""

    studies: int
    requested: int
    reasons: tuple[tuple[str, int], ...]


def try_rule(*, rule: AutomationRule) -> Trial:
    """Match the rule against the last studies that are complete; nothing is asked for."""
    studies = list(_studies_in_reach(rule)[:TRIED_ON])
    version = _active_version(rule)
    reasons: Counter[str] = Counter()
    requested = 0
    for study in studies:
        match = _match(rule, version, list(study.series.all()))
        requested += match.series is not None
        if match.series is None:
            reasons[_first_words(match.reason)] += 1
    return Trial(len(studies), requested, tuple(reasons.most_common()))


def digest_content(series: Sequence[Series]) -> str:
    """Of the study's images: what is written about them later makes it no other content."""
    held = sorted(
        f"{one.series_instance_uid} {one.content_sha256}"
        for one in series
        if one.kind == SeriesKind.IMAGE and one.content_sha256
    )
    return hashlib.sha256("\n".join(held).encode()).hexdigest()


@transaction.atomic
def _apply(rule: AutomationRule, case_id: UUID, study: Study) -> bool:
    actor = Actor.system(f"rule: {rule.name}")
    series = list(Series.objects.filter(study=study).select_related("study"))
    run, is_new = AutomationRun.objects.get_or_create(
        rule=rule,
        rule_version=rule.version,
        study=study,
        content_sha256=digest_content(series),
        defaults={"case_id": case_id, "outcome": RuleOutcome.HEADERS_AWAY},
    )
    if not is_new:
        run = AutomationRun.objects.select_for_update().get(pk=run.pk)
        if run.outcome not in REPEATED_OUTCOMES:
            return False
    match = _match(rule, _active_version(rule), series)
    job = None
    if match.series is not None:
        match, job = _request(actor, rule, case_id, match.series)
    run.outcome, run.reason, run.job = match.outcome, match.reason[:400], job
    run.save()
    if job is not None:
        record_entry(
            actor=actor,
            action="automation.requested",
            case_id=case_id,
            entity="automation_rule",
            entity_id=rule.pk,
            details={"version": rule.version, "job": str(job.pk)},
        )
        _cancel_outgrown(actor, job)
    return job is not None


def _request(
    actor: Actor, rule: AutomationRule, case_id: UUID, series: Series
) -> tuple[Match, Job | None]:
    try:
        with transaction.atomic():
            job = request_job(
                actor=actor,
                case_id=case_id,
                model_id=rule.model_id,
                series_instance_uid=series.series_instance_uid,
                is_urgent=rule.is_urgent,
            )
    except InputsUnclear as error:
        return Match(None, RuleOutcome.INPUTS_UNCLEAR, error.message), None
    except ModelNotActive as error:
        return Match(None, RuleOutcome.MODEL_NOT_ACTIVE, error.message), None
    except DomainError as error:
        return Match(None, RuleOutcome.REFUSED, f"{error.message} ({error.error_code})"), None
    return Match(series), job


def _cancel_outgrown(actor: Actor, job: Job) -> None:
    """The series grew while an earlier content of it still waited: that one would find it gone."""
    waiting = Job.objects.select_for_update(of=("self",), skip_locked=True).filter(
        series=job.series,
        version=job.version,
        parameters_sha256=job.parameters_sha256,
        state=JobState.QUEUED,
    )
    for one in waiting.select_related("version__model", "series__study").exclude(pk=job.pk):
        end_job(
            job=one,
            state=JobState.CANCELLED,
            code="outgrown",
            message="The study grew; what it holds now is read instead.",
        )
        announce_job(actor=actor, job=one)


def _match(rule: AutomationRule, version: ModelVersion | None, series: Sequence[Series]) -> Match:
    if version is None:
        reason = "The model has no version in use."
        return Match(None, RuleOutcome.MODEL_NOT_ACTIVE, reason)
    match = match_series(rule=rule, version=version, series=series)
    if match.series is None:
        return match
    try:
        choose_inputs(version=version, series=match.series, named={})
    except InputsUnclear as error:
        return Match(None, RuleOutcome.INPUTS_UNCLEAR, error.message)
    return match


def _active_version(rule: AutomationRule) -> ModelVersion | None:
    return ModelVersion.objects.filter(model_id=rule.model_id, state=VersionState.ACTIVE).first()


def _rules_of_case(case_id: UUID) -> list[AutomationRule]:
    """Those of the house and of the boards that see the case."""
    boards = boards_of_case(case_id=case_id)
    rules = AutomationRule.objects.filter(enabled=True).select_related("model")
    return [one for one in rules if one.board_id is None or str(one.board_id) in boards]


def _studies_in_reach(rule: AutomationRule) -> "QuerySet[Study]":
    studies = Study.objects.filter(ready_at__isnull=False, case_studies__isnull=False)
    if rule.board_id is not None:
        studies = Study.objects.filter(
            ready_at__isnull=False,
            case_studies__case__in=cases_of_board(board_id=rule.board_id),
        )
    return studies.distinct().order_by("-ready_at", "id").prefetch_related("series__study")


def _first_words(reason: str) -> str:
    """Without the count of this one study, so that like reasons are counted together."""
    return reason.split(": none of", maxsplit=1)[0].rstrip(".")


def _enqueue(case_id: UUID, study_id: UUID) -> None:
    enqueue(task=RULES_TASK, kwargs={"case_id": str(case_id), "study_id": str(study_id)})
