"""Reading models and their versions."""

from uuid import UUID

from django.db.models import Prefetch, QuerySet

from apps.ai import policies
from apps.ai.choices import (
    VERSION_MOVES,
    ModelKind,
    VersionAct,
    VersionChangeKind,
    VersionState,
)
from apps.ai.models import (
    ActivationProposal,
    LocalValidation,
    Model,
    ModelApproval,
    ModelVersion,
    VersionChange,
)
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible

APPROVALS_NEEDED = 2


def list_models() -> "QuerySet[Model]":
    """Models with their versions and approvals, newest version first."""
    versions = with_history(ModelVersion.objects.order_by("-created_at", "id"))
    return Model.objects.prefetch_related(Prefetch("versions", queryset=versions))


def get_version(*, version_id: UUID) -> ModelVersion:
    """One version with its history, and those beside it.

    Raises
    ------
    NotVisible
        There is none.
    """
    model = list_models().filter(versions__pk=version_id).first()
    if model is None:
        raise NotVisible()
    version = next(one for one in model.versions.all() if one.pk == version_id)
    version.model = model
    return version


def with_history(versions: "QuerySet[ModelVersion]") -> "QuerySet[ModelVersion]":
    """Whatever people said and did about each version, in a few queries for all."""
    return versions.prefetch_related(
        "approvals__user",
        Prefetch("proposals", ActivationProposal.objects.select_related("proposed_by")),
        Prefetch("changes", VersionChange.objects.select_related("user", "confirmed_by")),
        Prefetch("validations", LocalValidation.objects.select_related("recorded_by")),
    )


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


def may_skip_validation(*, version: ModelVersion) -> bool:
    """Whether it may come into use without a written reason: built in, or validated here."""
    if version.model.kind == ModelKind.BUILTIN:
        return True
    return any(one.tree_sha256 == version.tree_sha256 for one in version.validations.all())


def unvalidated_reason(*, version: ModelVersion) -> str:
    """Why it came into use although nothing was validated here; empty where something was."""
    if may_skip_validation(version=version):
        return ""
    activated = (one for one in version.changes.all() if one.kind == VersionChangeKind.ACTIVATED)
    last = next(activated, None)
    return last.reason if last else ""


def open_proposal(*, version: ModelVersion) -> ActivationProposal | None:
    """What waits for a clinician's word. Reads what ``list_models`` fetched."""
    return next((one for one in version.proposals.all() if one.closed_at is None), None)


def version_to_return_to(*, version: ModelVersion) -> ModelVersion | None:
    """The version a roll-back brings back: the last that was in use and left because replaced.

    One that was suspended, demoted or rolled back from for a reason of its own never is.
    """
    if version.model.kind == ModelKind.BUILTIN:
        return None
    replaced = [one for one in version.model.versions.all() if _was_replaced(one)]
    earlier = [one for one in replaced if one.pk != version.pk]
    return max(earlier, key=lambda one: one.changes.all()[0].created_at, default=None)


def version_acts(*, actor: Actor, version: ModelVersion) -> list[VersionAct]:
    """What the services would let the actor do with a version now. Reads what was fetched."""
    side = policies.approval_side(actor=actor) if actor.is_person else ""
    if not side or version.state == VersionState.RETIRED:
        return []
    moves = VERSION_MOVES[version.state]
    acts = _words(actor, version, side)
    if side != policies.ADMINISTRATION:
        return acts
    if VersionState.SHADOW in moves and is_approved(version=version):
        acts.append(VersionAct.SHADOW)
    if VersionState.SUSPENDED in moves:
        acts.append(VersionAct.SUSPEND)
    if _may_roll_back(version):
        acts.append(VersionAct.ROLL_BACK)
    if VersionState.RETIRED in moves and version.state != VersionState.ACTIVE:
        acts.append(VersionAct.RETIRE)
    return acts


def _words(actor: Actor, version: ModelVersion, side: str) -> list[VersionAct]:
    """The words of two people: on the content, and on its use."""
    spoken = {approval.side for approval in approvals_of(version=version)}
    if not is_approved(version=version):
        return [] if side in spoken else [VersionAct.APPROVE]
    proposal = open_proposal(version=version)
    if proposal is None:
        proposes = side == policies.ADMINISTRATION
        may_start = proposes and VersionState.ACTIVE in VERSION_MOVES[version.state]
        return [VersionAct.PROPOSE] if may_start else []
    if side == policies.CLINIC and proposal.proposed_by_id != actor.id:
        return [VersionAct.CONFIRM, VersionAct.DECLINE]
    return [VersionAct.DECLINE]


def _may_roll_back(version: ModelVersion) -> bool:
    states = [one.state for one in version.model.versions.all() if one.pk != version.pk]
    if version.state != VersionState.ACTIVE and VersionState.ACTIVE in states:
        return False
    if version.state not in {VersionState.ACTIVE, VersionState.SHADOW, VersionState.SUSPENDED}:
        return False
    return version_to_return_to(version=version) is not None


def _was_replaced(version: ModelVersion) -> bool:
    last = next(iter(version.changes.all()), None)
    return (
        version.state != VersionState.RETIRED
        and last is not None
        and last.kind == VersionChangeKind.REPLACED
        and is_approved(version=version)
    )
