"""The files of registered bundles, as they lie in the store, and what changed between two."""

from apps.ai.bundle_tree import TreeDiff, TreeFile, diff_trees, read_tree
from apps.ai.choices import ModelKind
from apps.ai.conf import bundle_store
from apps.ai.models import ModelVersion


def files_of(*, version: ModelVersion) -> tuple[TreeFile, ...]:
    """Files with size and SHA-256, in path order; none of a built-in analysis."""
    if version.model.kind != ModelKind.BUNDLE:
        return ()
    return read_tree(bundle_store() / version.tree_sha256).files


def version_before(*, version: ModelVersion) -> ModelVersion | None:
    """The version of the same model that was registered before this one."""
    earlier = version.model.versions.filter(created_at__lt=version.created_at)
    return earlier.select_related("model").order_by("-created_at").first()


def diff_versions(*, before: ModelVersion | None, after: ModelVersion) -> TreeDiff:
    """What ``after`` adds, changes and removes; against nothing, everything is added."""
    return diff_trees(
        before=files_of(version=before) if before else (), after=files_of(version=after)
    )
