"""The files of registered bundles, as they lie in the store, and what changed between two."""

from dataclasses import dataclass
from pathlib import Path

from apps.ai.bundle_errors import BundleError
from apps.ai.bundle_tree import TreeDiff, TreeFile, diff_trees, read_tree
from apps.ai.choices import ModelKind, VersionState
from apps.ai.conf import bundle_store
from apps.ai.content_diff import FileChange, tell_changes
from apps.ai.exceptions import ContentMissing
from apps.ai.models import ModelVersion


def files_of(*, version: ModelVersion) -> tuple[TreeFile, ...]:
    """Files with size and SHA-256, in path order; none of a built-in analysis."""
    if version.model.kind != ModelKind.BUNDLE:
        return ()
    return read_tree(bundle_store() / version.tree_sha256).files


@dataclass(frozen=True, slots=True)
class VersionContent:
    """The files of a version, and what they change against ``against`` (nothing: all added)."""

    files: tuple[TreeFile, ...]
    against: ModelVersion | None
    changes: tuple[FileChange, ...]


def read_content(*, version: ModelVersion, against: ModelVersion | None) -> VersionContent:
    """List and compare two contents as they lie in the store. Nothing is evaluated.

    Raises
    ------
    ContentMissing
        A content is not there, or not the one that was registered.
    """
    if version.model.kind != ModelKind.BUNDLE:
        return VersionContent((), None, ())
    after_root, after = _read_stored(version)
    before_root, before = _read_stored(against) if against is not None else (None, ())
    diff = diff_trees(before=before, after=after)
    changes = tell_changes(diff=diff, before_root=before_root, after_root=after_root)
    return VersionContent(after, against, changes)


def compared_by_default(*, version: ModelVersion) -> ModelVersion | None:
    """The version in use where it is another one, else the one registered before."""
    in_use = version.model.versions.filter(state=VersionState.ACTIVE).exclude(pk=version.pk)
    return in_use.select_related("model").first() or version_before(version=version)


def _read_stored(version: ModelVersion) -> tuple[Path, tuple[TreeFile, ...]]:
    root = bundle_store() / version.tree_sha256
    try:
        tree = read_tree(root)
    except (BundleError, OSError) as error:
        raise ContentMissing("The files of this version cannot be read.") from error
    if tree.sha256 != version.tree_sha256:
        raise ContentMissing("The files of this version were changed in the store.")
    return root, tree.files


def version_before(*, version: ModelVersion) -> ModelVersion | None:
    """The version of the same model that was registered before this one."""
    earlier = version.model.versions.filter(created_at__lt=version.created_at)
    return earlier.select_related("model").order_by("-created_at").first()


def diff_versions(*, before: ModelVersion | None, after: ModelVersion) -> TreeDiff:
    """What ``after`` adds, changes and removes; against nothing, everything is added."""
    return diff_trees(
        before=files_of(version=before) if before else (), after=files_of(version=after)
    )
