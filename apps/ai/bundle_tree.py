"""A bundle on disk: its content hash and its Consilium side-car. Free of Django and of torch.

Reading these is safe before approval: nothing here evaluates anything.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

SIDE_CAR = "consilium.json"
METADATA = Path("configs") / "metadata.json"
INFERENCE = Path("configs") / "inference.json"
MAX_FILES = 5_000
MAX_BYTES = 8 * 1024**3
_IGNORED = {"__pycache__", ".git", ".DS_Store"}


class BundleError(ValueError):
    """The directory is not a bundle that can be registered; read by the AI admin."""


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """What the two documents of a bundle say, unevaluated."""

    tree_sha256: str
    name: str
    version: str
    metadata: dict[str, Any]
    side_car: dict[str, Any]

    @property
    def scope(self) -> dict[str, Any]:
        return dict(self.side_car.get("scope", {}))

    @property
    def manufacturer(self) -> str:
        return str(self.side_car.get("manufacturer", "unknown"))

    @property
    def card(self) -> dict[str, Any]:
        return dict(self.side_car.get("card", {}))


def hash_tree(root: Path) -> str:
    """SHA-256 over every file's relative path, length and content, in path order.

    Raises
    ------
    BundleError
        A symbolic link or special file inside, or more than the limits.
    """
    digest = hashlib.sha256()
    total = 0
    files = _list_files(root)
    if len(files) > MAX_FILES:
        raise BundleError(f"more than {MAX_FILES} files")
    for path in files:
        name = path.relative_to(root).as_posix()
        size = path.stat().st_size
        total += size
        if total > MAX_BYTES:
            raise BundleError("the bundle is larger than the limit")
        digest.update(f"{len(name)}:{name}:{size}:".encode())
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def read_manifest(root: Path) -> BundleManifest:
    """Read name, version, scope and card of the bundle at ``root``.

    Raises
    ------
    BundleError
        A document is missing or does not say what it must.
    """
    metadata = _read_json(root / METADATA)
    side_car = _read_json(root / SIDE_CAR)
    if not (root / INFERENCE).is_file():
        raise BundleError(f"{INFERENCE} is missing")
    if side_car.get("schema") != 1:
        raise BundleError(f"{SIDE_CAR}: schema must be 1")
    if not side_car.get("outputs"):
        raise BundleError(f"{SIDE_CAR}: outputs are missing")
    if not side_car.get("scope", {}).get("rules"):
        raise BundleError(f"{SIDE_CAR}: a model without scope rules is not run")
    version = str(metadata.get("version", ""))
    if not version:
        raise BundleError(f"{METADATA}: version is missing")
    name = str(side_car.get("title") or metadata.get("name") or root.name)
    return BundleManifest(
        tree_sha256=hash_tree(root),
        name=name,
        version=version,
        metadata=metadata,
        side_car=side_car,
    )


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
        for path in _list_files(source):
            copy = partial / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            copy.chmod(0o444)
        if hash_tree(partial) != tree_sha256:
            raise BundleError("the bundle changed while it was copied")
        partial.replace(target)
    except OSError:
        if not target.is_dir():
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _list_files(root: Path) -> list[Path]:
    if not root.is_dir():
        raise BundleError(f"{root.name} is not a directory")
    files: list[Path] = []
    for directory, folders, names in os.walk(root, followlinks=False):
        folders[:] = sorted(folder for folder in folders if folder not in _IGNORED)
        for entry in [*folders, *names]:
            if (Path(directory) / entry).is_symlink():
                raise BundleError(f"{entry} is a symbolic link")
        for name in names:
            path = Path(directory) / name
            if name in _IGNORED or name.endswith(".pyc"):
                continue
            if not path.is_file():
                raise BundleError(f"{name} is not a regular file")
            files.append(path)
    return sorted(files, key=lambda path: path.relative_to(root).as_posix())


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BundleError(f"{path.name} is missing") from error
    except ValueError as error:
        raise BundleError(f"{path.name} is not JSON") from error
    if not isinstance(document, dict):
        raise BundleError(f"{path.name} is not a JSON object")
    return document
