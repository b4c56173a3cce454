"""The one place where a version changes its state: checked, kept, audited, its jobs ended."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.ai.choices import (
    OPEN_JOB_STATES,
    RUNNING_STATES,
    VERSION_MOVES,
    JobState,
    ModelKind,
    VersionChangeKind,
    VersionState,
    check_move,
)
from apps.ai.exceptions import ReasonNeeded, RunsElsewhere
from apps.ai.models import ActivationProposal, Job, ModelVersion, VersionChange
from apps.ai.services.announcing import announce_job
from apps.ai.services.jobs import end_job, lock_job
from apps.ai.services.superseding import restore_superseded
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible

SHORTEST_REASON = 10
LONGEST_REASON = 2_000

ENDED_BY: dict[str, tuple[str, str]] = {
    VersionState.SHADOW: ("model_in_shadow", "The model was put into shadow; it shows nothing."),
    VersionState.SUSPENDED: ("model_suspended", "The model was suspended."),
    VersionState.RETIRED: ("model_retired", "The model was retired."),
}
"""Why a job of a version that left its use did not run, for whoever asked for it."""


def lock_version(version_id: UUID) -> ModelVersion:
    """The version, locked.

    Raises
    ------
    NotVisible
        There is none.
    """
    version = (
        ModelVersion.objects.select_for_update(of=("self",), no_key=True)
        .select_related("model")
        .filter(pk=version_id)
        .first()
    )
    if version is None:
        raise NotVisible()
    require_runnable(version)
    return version


def require_runnable(version: ModelVersion) -> None:
    """What runs elsewhere is neither approved nor put into use here.

    Raises
    ------
    RunsElsewhere
        It is another vendor's.
    """
    if version.model.kind == ModelKind.EXTERNAL:
        raise RunsElsewhere("This model runs elsewhere: only its results come here.")


def lock_versions_beside(version_id: UUID) -> dict[UUID, ModelVersion]:
    """Every version of the model, by id, locked in one order, so that two changes never cross.

    Raises
    ------
    NotVisible
        There is no such version.
    """
    model_id = ModelVersion.objects.filter(pk=version_id).values_list("model_id", flat=True).first()
    if model_id is None:
        raise NotVisible()
    versions = (
        ModelVersion.objects.select_for_update(of=("self",), no_key=True)
        .select_related("model")
        .filter(model_id=model_id)
        .order_by("id")
    )
    found = {one.pk: one for one in versions}
    require_runnable(found[version_id])
    return found


def read_reason(reason: str) -> str:
    """The reason a person gives, trimmed.

    Raises
    ------
    ReasonNeeded, InvalidInput
        Too short to be one, or too long to be read.
    """
    said = reason.strip()
    if len(said) < SHORTEST_REASON:
        raise ReasonNeeded(
            f"Say why, in at least {SHORTEST_REASON} characters.",
            details={"shortest": SHORTEST_REASON},
        )
    if len(said) > LONGEST_REASON:
        raise InvalidInput("The reason is too long.", code="reason_too_long")
    return said


def move_version(
    *,
    actor: Actor,
    version: ModelVersion,
    to: VersionState,
    kind: VersionChangeKind,
    reason: str = "",
    proposed_by_id: UUID | None = None,
) -> VersionChange:
    """Change the state of a locked version, keep who did it and why, end what may not run now.

    ``proposed_by_id`` is who proposed what the actor confirms.

    Raises
    ------
    IllegalMove
        The state may not follow.
    """
    before = version.state
    check_move(moves=VERSION_MOVES, subject="model version", source=before, to=to)
    version.state = to
    version.save(update_fields=["state", "updated_at"])
    change = keep_change(
        actor=actor, version=version, kind=kind, from_state=before, reason=reason,
        proposed_by_id=proposed_by_id,
    )  # fmt: skip
    if to not in {VersionState.ACTIVE, VersionState.VALIDATED}:
        _close_proposals(version)
    if to in ENDED_BY:
        code, message = ENDED_BY[to]
        if kind == VersionChangeKind.REPLACED:
            code, message = "model_replaced", "Another version of the model is in use now."
        else:
            restore_superseded(actor=actor, version_id=version.pk)
        _end_jobs(actor, version, code, message)
    return change


def keep_change(
    *,
    actor: Actor,
    version: ModelVersion,
    kind: VersionChangeKind,
    from_state: str,
    reason: str = "",
    proposed_by_id: UUID | None = None,
) -> VersionChange:
    """Write the version's history and the audit trail; the reason stands in the history."""
    person = actor.id if actor.is_person else None
    change = VersionChange.objects.create(
        version=version,
        kind=kind,
        from_state=from_state,
        to_state=version.state,
        reason=reason,
        user_id=proposed_by_id or person,
        confirmed_by_id=person if proposed_by_id else None,
    )
    audit_version(
        actor=actor, action=f"model.{kind.value}", version=version,
        details={"from": from_state, "change": str(change.pk)},
    )  # fmt: skip
    return change


def audit_version(
    *, actor: Actor, action: str, version: ModelVersion, details: dict[str, object] | None = None
) -> None:
    record_entry(
        actor=actor,
        action=action,
        entity="model_version",
        entity_id=version.pk,
        details={
            "model": version.model.slug,
            "version": version.version,
            "tree_sha256": version.tree_sha256,
            "state": version.state,
            **(details or {}),
        },
    )


@transaction.atomic
def _end_jobs(actor: Actor, version: ModelVersion, code: str, message: str) -> None:
    """Cancel what waits, and ask what runs to stop: its results are not written any more.

    What runs in shadow goes on where the version stays in shadow.
    """
    jobs = Job.objects.filter(version=version, state__in=OPEN_JOB_STATES)
    if version.state in RUNNING_STATES:
        jobs = jobs.filter(is_shadow=False)
    for job_id in jobs.order_by("pk").values_list("pk", flat=True):
        job = lock_job(job_id=job_id)
        if job.state == JobState.QUEUED:
            end_job(job=job, state=JobState.CANCELLED, code=code, message=message)
            announce_job(actor=actor, job=job)
        elif job.state == JobState.RUNNING:
            job.cancel_requested = True
            job.save(update_fields=["cancel_requested", "updated_at"])


def _close_proposals(version: ModelVersion) -> None:
    ActivationProposal.objects.filter(version=version, closed_at=None).update(
        closed_at=timezone.now()
    )
