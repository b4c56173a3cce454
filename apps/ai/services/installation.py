"""Bundles as they arrive: a directory or a ZIP file, with or without its side-car."""

import shutil
from pathlib import Path
from uuid import uuid4

from apps.ai import policies
from apps.ai.bundle_archive import unpack_bundle
from apps.ai.bundle_errors import BundleError
from apps.ai.bundle_manifest import SIDE_CAR
from apps.ai.bundle_tree import copy_tree
from apps.ai.conf import bundle_store
from apps.ai.models import ModelVersion
from apps.ai.services.registry import refuse_bundle, register_bundle
from apps.core.actors import Actor


def install_bundle(
    *, actor: Actor, source: Path, side_car: Path | None = None, slug: str = ""
) -> ModelVersion:
    """Register what arrived. Nothing of it is evaluated, and a refusal leaves nothing behind.

    Parameters
    ----------
    source:
        A directory, or a ZIP file, which is read as hostile.
    side_car:
        A ``consilium.json`` of the house for a bundle that comes without one; it becomes part
        of the content that is hashed and approved.

    Raises
    ------
    NotABundle
        With the code of what is wrong.
    """
    policies.manage_models(actor=actor)
    staging = bundle_store() / f".staging-{uuid4().hex}"
    try:
        root = _stage(source, side_car, staging)
        return register_bundle(actor=actor, root=root, slug=slug)
    except (BundleError, OSError) as error:
        raise refuse_bundle(error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _stage(source: Path, side_car: Path | None, staging: Path) -> Path:
    if source.is_dir():
        if side_car is None:
            return source
        root = staging / source.resolve().name
        copy_tree(source=source, target=root)
    else:
        root = unpack_bundle(archive=source, into=staging)
    if side_car is not None:
        if (root / SIDE_CAR).exists():
            raise BundleError(f"the bundle has its own {SIDE_CAR}", code="side_car")
        shutil.copyfile(side_car, root / SIDE_CAR)
    return root
