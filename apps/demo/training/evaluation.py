"""How well the bundle does on phantoms of seeds it was never trained on.

The bundle runs as it is shipped: its own preprocessing, inferer and postprocessing, from voxels to
a label map on the phantom's own grid. Only reading and writing of files is left out.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.bundle.config_parser import ConfigParser
from monai.data.meta_tensor import MetaTensor
from monai.transforms.compose import Compose
from numpy.typing import NDArray
from scipy import ndimage

from apps.demo.phantoms import PhantomVolume
from apps.demo.training.phantom_cases import HELD_OUT_FROM, draw_phantom

#: Eight phantoms with lesions and two without. Looked at once, for the figures of the card.
HELD_OUT_SEEDS = tuple(range(HELD_OUT_FROM + 101, HELD_OUT_FROM + 111))

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_FILE_TRANSFORMS = {"LoadImaged", "SaveImaged"}


class PhantomBundle:
    """The bundle's own pipeline, fed with arrays."""

    def __init__(self, *, bundle: Path) -> None:
        config = ConfigParser()
        config.read_config(str(bundle / "configs" / "inference.json"))
        config["bundle_root"] = str(bundle)
        config["device"] = "$torch.device('cpu')"
        for section in ("preprocessing", "postprocessing"):
            config[section]["transforms"] = [
                transform
                for transform in config[section]["transforms"]
                if transform["_target_"] not in _FILE_TRANSFORMS
            ]
        self.network: torch.nn.Module = config.get_parsed_content("network_def")
        self.network.load_state_dict(
            torch.load(bundle / "models" / "model.pt", map_location="cpu", weights_only=True)
        )
        self.network.eval()
        self.preprocessing: Compose = config.get_parsed_content("preprocessing")
        self.inferer = config.get_parsed_content("inferer")
        self.postprocessing: Compose = config.get_parsed_content("postprocessing")

    def segment(self, phantom: PhantomVolume) -> NDArray[np.bool_]:
        """Tumour mask of a phantom, (slice, row, column)."""
        image = MetaTensor(
            torch.from_numpy(phantom.hu.transpose(2, 1, 0).astype(np.float32))[None],
            affine=torch.from_numpy(_LPS_TO_RAS @ phantom.affine_lps),
            meta={"original_channel_dim": 0},
        )
        prepared = self.preprocessing({"image": image})
        with torch.inference_mode():
            predicted = self.inferer(prepared["image"][None], self.network)[0]
        finished = self.postprocessing({**prepared, "pred": predicted})
        labels = np.asarray(finished["pred"])[0].astype(np.uint8)
        tumour: NDArray[np.bool_] = np.ascontiguousarray(labels.transpose(2, 1, 0)) == 1
        return tumour


def dice(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Dice coefficient; 1 when both are empty."""
    total = int(first.sum()) + int(second.sum())
    return 1.0 if total == 0 else 2.0 * int((first & second).sum()) / total


def false_regions_ml(
    predicted: NDArray[np.bool_], truth: NDArray[np.bool_], *, voxel_ml: float
) -> list[float]:
    """Volumes of predicted regions that touch no lesion."""
    labels, count = ndimage.label(predicted, structure=np.ones((3, 3, 3)))
    return [
        round(float((labels == number).sum() * voxel_ml), 3)
        for number in range(1, count + 1)
        if not truth[labels == number].any()
    ]


def evaluate_held_out(*, bundle: Path, seeds: Sequence[int] = HELD_OUT_SEEDS) -> dict[str, Any]:
    """Dice and false regions on phantoms whose seeds were never used in training."""
    if min(seeds) < HELD_OUT_FROM:
        raise ValueError(f"Held-out seeds start at {HELD_OUT_FROM}.")
    pipeline = PhantomBundle(bundle=bundle)
    phantoms = []
    for seed in seeds:
        phantom = draw_phantom(seed=seed)
        truth = phantom.truth["tumour"]
        started = time.monotonic()
        predicted = pipeline.segment(phantom)
        voxel_ml = float(np.prod(phantom.spacing_mm)) / 1000.0
        lesions = [phantom.truth[f"tumour_{n}"] for n in range(len(phantom.tumours))]
        phantoms.append(
            {
                "seed": seed,
                "lesions": len(lesions),
                "lesions_found": sum(bool((predicted & lesion).any()) for lesion in lesions),
                "truth_ml": round(float(truth.sum()) * voxel_ml, 3),
                "dice": round(dice(predicted, truth), 4) if lesions else None,
                "false_regions_ml": false_regions_ml(predicted, truth, voxel_ml=voxel_ml),
                "seconds": round(time.monotonic() - started, 2),
            }
        )
    return {"summary": _summarise(phantoms), "phantoms": phantoms}


def _summarise(phantoms: Sequence[dict[str, Any]]) -> dict[str, Any]:
    scores = [item["dice"] for item in phantoms if item["dice"] is not None]
    return {
        "phantoms_with_lesions": len(scores),
        "phantoms_without_lesions": len(phantoms) - len(scores),
        "dice_mean": round(float(np.mean(scores)), 4) if scores else None,
        "dice_min": round(float(np.min(scores)), 4) if scores else None,
        "lesions": sum(item["lesions"] for item in phantoms),
        "lesions_found": sum(item["lesions_found"] for item in phantoms),
        "false_regions": sum(len(item["false_regions_ml"]) for item in phantoms),
    }
