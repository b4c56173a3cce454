"""Registering models and putting them into use: two people, one content."""

import hashlib
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify

from apps.ai import policies, selectors
from apps.ai.bundle_errors import BundleError
from apps.ai.bundle_manifest import read_manifest
from apps.ai.bundle_tree import copy_into_store
from apps.ai.choices import VERSION_MOVES, ModelKind, VersionState, check_move
from apps.ai.conf import bundle_store
from apps.ai.exceptions import ModelNotApproved, NotABundle, RunsElsewhere, SecondPersonNeeded
from apps.ai.models import Model, ModelApproval, ModelVersion
from apps.ai.services.people import get_person
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible

EXTERNAL_PREFIX = "external-"
"""Of the slugs of models that run elsewhere."""


@transaction.atomic
def register_bundle(*, actor: Actor, root: Path, slug: str = "") -> ModelVersion:
    """Register the MONAI bundle at ``root``; nothing of it is evaluated.

    The files are copied under their hash, so what is approved is what will run. Registering
    the same content again returns the known version.

    Raises
    ------
    NotABundle
        The directory is not a bundle with ``consilium.json``.
    """
    policies.manage_models(actor=actor)
    if slug.startswith(EXTERNAL_PREFIX):
        raise NotABundle("This name is kept for results of other vendors.")
    try:
        manifest = read_manifest(root)
        copy_into_store(source=root, store=bundle_store(), tree_sha256=manifest.tree_sha256)
    except (BundleError, OSError) as error:
        raise refuse_bundle(error) from error
    model, _ = Model.objects.get_or_create(
        slug=slug or slugify(manifest.name)[:80].removeprefix(EXTERNAL_PREFIX),
        defaults={"name": manifest.name, "kind": ModelKind.BUNDLE},
    )
    if model.kind != ModelKind.BUNDLE:
        raise NotABundle("A model of another kind has this name.")
    version, created = ModelVersion.objects.get_or_create(
        model=model,
        tree_sha256=manifest.tree_sha256,
        defaults={
            "version": manifest.version,
            "card": {**manifest.card, "manufacturer": manifest.manufacturer},
            "scope": manifest.scope,
            "limits": manifest.limits,
        },
    )
    if created:
        _audit(actor, "model.registered", version)
    return version


@transaction.atomic
def register_builtin(
    *,
    actor: Actor,
    slug: str,
    name: str,
    version: str,
    module: str,
    source: Path,
    card: dict[str, Any],
    scope: dict[str, Any],
    default_parameters: dict[str, Any],
) -> ModelVersion:
    """Register an analysis that is part of this release and put it into use.

    Its code was reviewed with the release; an earlier content is retired.
    """
    policies.manage_models(actor=actor)
    model, _ = Model.objects.get_or_create(
        slug=slug, defaults={"name": name, "kind": ModelKind.BUILTIN}
    )
    tree_sha256 = _hash_package(source)
    found, created = ModelVersion.objects.get_or_create(
        model=model,
        tree_sha256=tree_sha256,
        defaults={
            "version": version,
            "module": module,
            "card": card,
            "scope": scope,
            "default_parameters": default_parameters,
        },
    )
    if created:
        _retire_others(found)
        found.state = VersionState.ACTIVE
        found.save(update_fields=["state", "updated_at"])
        _audit(actor, "model.registered", found)
    return found


@transaction.atomic
def approve_version(*, actor: Actor, version_id: UUID) -> ModelVersion:
    """Record that this person approves exactly this content; the second word activates it.

    Raises
    ------
    SecondPersonNeeded
        The person approved already, or stands on the side that has spoken: one word comes
        from AI administration, one from a clinician.
    """
    policies.approve_model(actor=actor)
    version = _lock(version_id)
    _require_runnable(version)
    side = policies.approval_side(actor=actor)
    approvals = list(version.approvals.filter(tree_sha256=version.tree_sha256))
    if any(approval.user_id == actor.id for approval in approvals):
        raise SecondPersonNeeded("You have approved this content already.")
    if any(approval.side == side for approval in approvals):
        raise SecondPersonNeeded(
            "The second approval comes from the other side: AI administration and a clinician.",
            details={"side": side},
        )
    person = get_person(actor=actor)
    ModelApproval.objects.create(
        version=version, user=person, side=side, tree_sha256=version.tree_sha256
    )
    _audit(actor, "model.approved", version)
    if version.state == VersionState.PENDING and selectors.is_approved(version=version):
        _activate(actor, version)
    return version


@transaction.atomic
def activate_version(*, actor: Actor, version_id: UUID) -> ModelVersion:
    """Put a suspended (or approved, waiting) version into use."""
    policies.manage_models(actor=actor)
    version = _lock(version_id)
    _require_runnable(version)
    if not selectors.is_approved(version=version):
        raise ModelNotApproved("Two people must approve exactly this content first.")
    _activate(actor, version)
    return version


@transaction.atomic
def suspend_version(*, actor: Actor, version_id: UUID) -> ModelVersion:
    """Take a version out of use; waiting jobs of it fail with the reason."""
    policies.manage_models(actor=actor)
    version = _lock(version_id)
    _require_runnable(version)
    _move(version, VersionState.SUSPENDED)
    _audit(actor, "model.suspended", version)
    return version


def refuse_bundle(error: BundleError | OSError) -> NotABundle:
    """The refusal people read; a fault of the disk keeps the general code."""
    code = error.code if isinstance(error, BundleError) else NotABundle.code
    return NotABundle(str(error), code=code)


def _require_runnable(version: ModelVersion) -> None:
    if version.model.kind == ModelKind.EXTERNAL:
        raise RunsElsewhere("This model runs elsewhere: only its results come here.")


def _activate(actor: Actor, version: ModelVersion) -> None:
    _retire_others(version)
    _move(version, VersionState.ACTIVE)
    _audit(actor, "model.activated", version)


def _retire_others(version: ModelVersion) -> None:
    others = ModelVersion.objects.filter(
        model=version.model, state__in=[VersionState.ACTIVE, VersionState.SUSPENDED]
    ).exclude(pk=version.pk)
    others.update(state=VersionState.RETIRED)


def _move(version: ModelVersion, to: VersionState) -> None:
    check_move(moves=VERSION_MOVES, subject="model version", source=version.state, to=to)
    version.state = to
    version.save(update_fields=["state", "updated_at"])


def _lock(version_id: UUID) -> ModelVersion:
    version = (
        ModelVersion.objects.select_for_update(of=("self",))
        .select_related("model")
        .filter(pk=version_id)
        .first()
    )
    if version is None:
        raise NotVisible()
    return version


def _hash_package(source: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(source.glob("**/*.py")):
        digest.update(path.relative_to(source).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _audit(actor: Actor, action: str, version: ModelVersion) -> None:
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
        },
    )
