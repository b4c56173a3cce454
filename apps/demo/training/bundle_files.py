"""Where the bundle lies, and the hashes that pin it.

``python -m apps.demo.training.bundle_files`` pins it anew after a text in it was changed.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import apps.ai.bundles

BUNDLE_DIR = Path(apps.ai.bundles.__file__).parent / "phantom_tumour"

#: Written after hashing, or no part of what runs.
_NOT_HASHED = {"consilium.json"}


def hash_files(*, bundle: Path) -> dict[str, str]:
    """sha256 of every file of the bundle, by its path inside it."""
    return {
        path.relative_to(bundle).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(bundle.rglob("*"))
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.relative_to(bundle).as_posix() not in _NOT_HASHED
    }


def write_hashes(*, bundle: Path) -> None:
    """Pin the bundle as it lies now in its ``consilium.json``."""
    manifest_path = bundle / "consilium.json"
    manifest = json.loads(manifest_path.read_text())
    manifest["files"] = hash_files(bundle=bundle)
    manifest_path.write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    write_hashes(bundle=BUNDLE_DIR)
