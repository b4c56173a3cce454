"""Reading models and their versions."""

from django.db.models import Prefetch, QuerySet

from apps.ai import policies
from apps.ai.choices import (
    VERSION_MOVES,
    ModelKind,
    VersionAct,
    VersionState,
)
from apps.ai.models import Model, ModelApproval, ModelVersion
from apps.core.actors import Actor

APPROVALS_NEEDED = 2


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
