"""Registering models, and approving their exact content: two people, one hash."""

import hashlib
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify

from apps.ai import policies
from apps.ai.bundle_card import describe_bundle
from apps.ai.bundle_errors import BundleError
from apps.ai.bundle_manifest import read_manifest
from apps.ai.bundle_tree import copy_into_store
from apps.ai.choices import ModelKind, VersionChangeKind, VersionState
from apps.ai.conf import bundle_store
from apps.ai.exceptions import ContentNotShown, NotABundle, SecondPersonNeeded
from apps.ai.models import Model, ModelApproval, ModelVersion
from apps.ai.services.people import get_person
from apps.ai.services.version_states import (
    audit_version,
    keep_change,
    lock_version,
    move_version,
)
from apps.core.actors import Actor

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
            "card": describe_bundle(manifest),
            "scope": manifest.scope,
            "limits": manifest.limits,
        },
    )
    if created:
        _keep_registration(actor, version)
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

    Its code was reviewed with the release. An earlier content is retired: its code is not there
    any more. Where that one was suspended or in shadow, the new one is as well until two people
    put it into use: a release does not overrule the house.
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
        _keep_registration(actor, found)
        _follow_earlier_content(actor, found)
    return found


@transaction.atomic
def approve_version(
    *, actor: Actor, version_id: UUID, tree_sha256: str | None = None
) -> ModelVersion:
    """Record that this person approves exactly this content: its code may be evaluated.

    It does not come into use by that. ``tree_sha256`` is the content the person was shown, where
    a screen asks.

    Raises
    ------
    ContentNotShown
        The version holds another content.
    SecondPersonNeeded
        The person approved already, or stands on the side that has spoken: one word comes
        from AI administration, one from a clinician.
    """
    policies.approve_model(actor=actor)
    version = lock_version(version_id)
    if tree_sha256 is not None and tree_sha256 != version.tree_sha256:
        raise ContentNotShown("This is not the content that you were shown.")
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
    audit_version(actor=actor, action="model.approved", version=version)
    return version


def refuse_bundle(error: BundleError | OSError) -> NotABundle:
    """The refusal people read; a fault of the disk keeps the general code."""
    code = error.code if isinstance(error, BundleError) else NotABundle.code
    return NotABundle(str(error), code=code)


def _keep_registration(actor: Actor, version: ModelVersion) -> None:
    keep_change(actor=actor, version=version, kind=VersionChangeKind.REGISTERED, from_state="")


def _follow_earlier_content(actor: Actor, version: ModelVersion) -> None:
    """Retire a built-in's earlier content, and take over where the house had put it."""
    before = list(
        ModelVersion.objects.select_for_update(of=("self",), no_key=True)
        .select_related("model")
        .filter(model=version.model)
        .exclude(pk=version.pk)
        .exclude(state=VersionState.RETIRED)
        .order_by("created_at", "id")
    )
    last = before[-1].state if before else VersionState.ACTIVE
    for earlier in before:
        move_version(
            actor=actor, version=earlier, to=VersionState.RETIRED,
            kind=VersionChangeKind.RETIRED, reason=f"Release with version {version.version}.",
        )  # fmt: skip
    if last == VersionState.SUSPENDED:
        return  # registered, and out of use until two people say otherwise
    is_held = last == VersionState.SHADOW
    move_version(
        actor=actor,
        version=version,
        to=VersionState.SHADOW if is_held else VersionState.ACTIVE,
        kind=VersionChangeKind.SHADOWED if is_held else VersionChangeKind.ACTIVATED,
        reason="Part of this release.",
    )


def _hash_package(source: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(source.glob("**/*.py")):
        digest.update(path.relative_to(source).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()
