"""The demo hospital's radiotherapy phantom on the coarse grid: seconds, and its truth beside."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from apps.demo.hospital.build import build_study
from apps.demo.hospital.recipes import COARSE, RECIPES

PRESCRIPTION_GY = 54.0


def build_phantom(root: Path) -> tuple[Path, dict[str, Any]]:
    """Folder of the objects, and what is known of dose and target in closed form."""
    recipe = next(one for one in RECIPES if one.with_radiotherapy)
    folder = build_study(recipe=replace(recipe, key="rt-coarse", grid=COARSE), root=root)
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_text())["radiotherapy"]
    return folder, truth
