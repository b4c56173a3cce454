"""Lock files pin everything, by content, and name no place to get it from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parents[2]
HASHED = ("base.txt", "dev.txt", "ai.txt")


@pytest.mark.parametrize("name", HASHED)
def test_every_python_package_is_pinned_by_hash(name: str) -> None:
    text = (BASE / "requirements" / name).read_text("utf-8")
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", re.sub(r"(?m)^#.*\n", "", text).strip())
    assert len(blocks) > 5
    for block in blocks:
        assert re.match(r"[a-zA-Z0-9_.-]+(\[[a-z,]+\])?==\S+", block), block[:80]
        assert "--hash=sha256:" in block, block[:80]


@pytest.mark.parametrize("name", [*HASHED, "torch.txt", "base.in", "ai.in", "dev.in"])
def test_requirements_name_no_host_and_no_path(name: str) -> None:
    text = (BASE / "requirements" / name).read_text("utf-8")
    assert not re.search(r"https?:|file:|--(?:extra-)?index-url|--find-links|@ ", text)


def test_web_and_workers_need_no_torch() -> None:
    for name in ("base.txt", "dev.txt"):
        text = (BASE / "requirements" / name).read_text("utf-8")
        assert not re.search(r"(?m)^(torch|monai|nvidia-)", text), name


def test_every_frontend_package_is_pinned_by_content_and_names_no_host() -> None:
    lock = json.loads((BASE / "frontend" / "package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert "resolved" not in entry, name
        assert entry.get("integrity", "").startswith("sha512-") or entry.get("inBundle"), name
