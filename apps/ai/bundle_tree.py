"""A bundle on disk: its files, its content hash, what changed. Free of Django and of torch.

Reading these is safe before approval: nothing here evaluates anything.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from uuid import uuid4

from apps.ai.bundle_errors import BundleError

MAX_FILES = 5_000
MAX_BYTES = 8 * 1024**3
MAX_DEPTH = 12
MAX_NAME = 240
_IGNORED = {"__pycache__", ".git", ".DS_Store"}


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One file of a bundle: path below its root, size in bytes, content hash."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TreeDiff:
    """What differs between two contents; ``changed`` pairs before and after."""

    added: tuple[TreeFile, ...]
    changed: tuple[tuple[TreeFile, TreeFile], ...]
    removed: tuple[TreeFile, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed)


def check_names(*, names: Sequence[str], folders: Iterable[str] = ()) -> None:
    """Refuse paths that could mean another place, another file, or another thing to a reader.

    Printable ASCII only: a name that looks like another one, or turns the direction of the
    line, would deceive the person who approves the list.

    Raises
    ------
    BundleError
        ``unsafe_path``, ``unsafe_name``, ``nested_too_deep``, ``duplicate_name``,
        ``case_collision``.
    """
    for name in names:
        parts = name.split("/")
        if not name or len(name) > MAX_NAME or not name.isascii() or not name.isprintable():
            raise BundleError(f"{name!r:.80} is no name for a file", code="unsafe_name")
        if set(parts) & {"", ".", ".."} or set(name) & set("\\:"):
            raise BundleError(f"{name!r:.80} leads elsewhere", code="unsafe_path")
        if len(parts) > MAX_DEPTH:
            raise BundleError(f"{name!r:.80} is nested too deep", code="nested_too_deep")
    if len(set(names)) != len(names):
        raise BundleError("two files have one name", code="duplicate_name")
    spelled: dict[str, str] = {}
    for name in names:
        for path in [PurePosixPath(name), *PurePosixPath(name).parents][:-1]:
            if spelled.setdefault(str(path).lower(), str(path)) != str(path):
                raise BundleError(f"{path} differs from another in case", code="case_collision")
    files = set(names) - set(folders)
    for name in names:
        if files & {str(parent) for parent in PurePosixPath(name).parents}:
            raise BundleError(f"{name} lies below a file", code="duplicate_name")


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole content: its hash, and every file in path order."""

    sha256: str
    files: tuple[TreeFile, ...]


def diff_trees(*, before: Sequence[TreeFile], after: Sequence[TreeFile]) -> TreeDiff:
    """Files added, changed and removed between two contents, each in path order."""
    old, new = {one.path: one for one in before}, {one.path: one for one in after}
    return TreeDiff(
        added=tuple(new[path] for path in sorted(new.keys() - old.keys())),
        changed=tuple(
            (old[path], new[path])
            for path in sorted(new.keys() & old.keys())
            if old[path].sha256 != new[path].sha256
        ),
        removed=tuple(old[path] for path in sorted(old.keys() - new.keys())),
    )


def read_tree(root: Path) -> Tree:
    """Hash every file and the whole in one pass.

    The hash of the whole is SHA-256 over every file's path, length and content, in path order.

    Raises
    ------
    BundleError
        ``link``, ``special_file``, ``too_many_files``, ``too_large``, or a code of
        ``check_names``.
    """
    whole = hashlib.sha256()
    files = []
    for path, size in _sized_files(root):
        name = path.relative_to(root).as_posix()
        whole.update(f"{len(name)}:{name}:{size}:".encode())
        own = hashlib.sha256()
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                whole.update(block)
                own.update(block)
        files.append(TreeFile(path=name, size=size, sha256=own.hexdigest()))
    return Tree(sha256=whole.hexdigest(), files=tuple(files))


def hash_tree(root: Path) -> str:
    """The hash two people approve; raises as ``read_tree``."""
    return read_tree(root).sha256


def copy_into_store(*, source: Path, store: Path, tree_sha256: str) -> Path:
    """Keep an immutable copy of the bundle under its hash; the source may change later.

    Raises
    ------
    BundleError
        What was copied does not have the hash that was read: the source changed meanwhile.
    """
    target = store / tree_sha256
    if target.is_dir():
        return target
    store.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = store / f".partial-{uuid4().hex}"
    try:
        copy_tree(source=source, target=partial)
        for path in _list_files(partial):
            path.chmod(0o444)
        if hash_tree(partial) != tree_sha256:
            raise BundleError("the bundle changed while it was copied", code="changed_meanwhile")
        partial.replace(target)
    except OSError:
        if not target.is_dir():
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def copy_tree(*, source: Path, target: Path) -> None:
    """Copy the files that count; links and special files are refused."""
    for path in _list_files(source):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _list_files(root: Path) -> list[Path]:
    if not root.is_dir():
        raise BundleError(f"{root.name} is not a directory")
    files: list[Path] = []
    for directory, folders, names in os.walk(root, followlinks=False):
        folders[:] = sorted(folder for folder in folders if folder not in _IGNORED)
        for entry in [*folders, *names]:
            if (Path(directory) / entry).is_symlink():
                raise BundleError(f"{entry} is a symbolic link", code="link")
        for name in names:
            path = Path(directory) / name
            if name in _IGNORED or name.endswith(".pyc"):
                continue
            if not path.is_file():
                raise BundleError(f"{name} is not a regular file", code="special_file")
            files.append(path)
    return sorted(files, key=lambda path: path.relative_to(root).as_posix())


def _sized_files(root: Path) -> list[tuple[Path, int]]:
    files = _list_files(root)
    if len(files) > MAX_FILES:
        raise BundleError(f"more than {MAX_FILES} files", code="too_many_files")
    check_names(names=[path.relative_to(root).as_posix() for path in files])
    sized = [(path, path.stat().st_size) for path in files]
    if sum(size for _, size in sized) > MAX_BYTES:
        raise BundleError("the bundle is larger than the limit", code="too_large")
    return sized
