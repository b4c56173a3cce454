"""Builds small MONAI bundles in the standard layout, with networks whose answer is known."""

import hashlib
import json
from pathlib import Path
from typing import Any

from apps.ai.bundle_weights import WEIGHT_SUFFIXES

BRIGHT = 500.0

INFERENCE: dict[str, Any] = {
    "imports": ["$import glob", "$import os"],
    "bundle_root": ".",
    "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
    "network_def": {
        "_target_": "torch.nn.Conv3d",
        "in_channels": 1,
        "out_channels": 2,
        "kernel_size": 1,
    },
    "network": "$@network_def.to(@device)",
    "preprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "LoadImaged", "keys": "image"},
            {"_target_": "EnsureChannelFirstd", "keys": "image"},
            {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
            {
                "_target_": "Spacingd",
                "keys": "image",
                "pixdim": [1.0, 1.0, 1.0],
                "mode": "bilinear",
            },
            {"_target_": "EnsureTyped", "keys": "image", "device": "@device"},
        ],
    },
    "inferer": {
        "_target_": "SlidingWindowInferer",
        "roi_size": [32, 32, 32],
        "sw_batch_size": 2,
        "overlap": 0.25,
    },
    "postprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "Activationsd", "keys": "pred", "softmax": True},
            {
                "_target_": "Invertd",
                "keys": "pred",
                "transform": "@preprocessing",
                "orig_keys": "image",
                "nearest_interp": False,
                "to_tensor": True,
            },
            {"_target_": "AsDiscreted", "keys": "pred", "argmax": True},
            {"_target_": "SaveImaged", "keys": "pred", "output_dir": "/nowhere"},
        ],
    },
}

SIDE_CAR: dict[str, Any] = {
    "schema": 1,
    "title": "Bright things",
    "scope": {
        "rules": [
            {
                "code": "modality",
                "attribute": "Modality",
                "any_of": ["CT"],
                "message": "This model reads CT only.",
            },
            {
                "code": "phantom_only",
                "attribute": "0008001C",
                "any_of": ["YES"],
                "message": "This model was trained on procedural phantoms only.",
            },
        ]
    },
    "outputs": [
        {
            "value": 1,
            "label": "Bright thing",
            "code": {"system": "SCT", "code": "4147007", "display": "Mass"},
            "category": {
                "system": "SCT",
                "code": "49755003",
                "display": "Morphologically Abnormal Structure",
            },
            "site": {"system": "SCT", "code": "10200004", "display": "Liver"},
            "per_component": True,
            "min_volume_ml": 0.05,
            "urgency": "routine",
        }
    ],
    "limits": {"timeout_s": 60},
    "card": {"developer": "Test", "intended_use": "Tests only"},
}


def write_bundle(
    root: Path,
    *,
    inference: dict[str, Any] | None = None,
    side_car: dict[str, Any] | None = None,
    version: str = "0.1.0",
    scripts: dict[str, str] | None = None,
) -> Path:
    """A bundle that labels every voxel brighter than half of ``BRIGHT`` with 1."""
    import torch

    for folder in ("configs", "models", "scripts", "docs"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    metadata = {"version": version, "name": "bright", "monai_version": "1.6.1"}
    (root / "configs/metadata.json").write_text(json.dumps(metadata))
    (root / "configs/inference.json").write_text(json.dumps(inference or INFERENCE))
    for name, text in (scripts or {}).items():
        (root / "scripts" / name).write_text(text)
    weights = {
        # channel 0: 0; channel 1: (x - 250) / 50
        "weight": torch.tensor([0.0, 1 / 50]).reshape(2, 1, 1, 1, 1),
        "bias": torch.tensor([0.0, -BRIGHT / 100]),
    }
    torch.save(weights, root / "models/model.pt")
    write_side_car(root, side_car or SIDE_CAR)
    return root


def write_side_car(root: Path, side_car: dict[str, Any]) -> None:
    """``consilium.json`` with the hashes of whatever weights lie there now."""
    weights = [path for path in sorted(root.rglob("*")) if path.suffix in WEIGHT_SUFFIXES]
    files = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in weights
    }
    (root / "consilium.json").write_text(json.dumps({**side_car, "files": files}))
