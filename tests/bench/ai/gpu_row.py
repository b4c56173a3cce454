"""A volume of 256³ on a GPU, from the request to its outcome; nothing where there is none."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.run import Figure, at_most

SIDE = 256
ROUNDS = 5
CHANNELS = [32, 64, 128, 256, 320]


def measure_gpu(*, directory: Path) -> list[Figure]:
    """A UNet with the channels and windows of published CT models, random weights, float32."""
    import torch

    if not torch.cuda.is_available():
        return []
    from apps.ai.bundle_tree import hash_tree
    from apps.ai.runner.client import ModelRunner, RunnerLimits, RunRequest
    from apps.ai.runner.volumes import RunnerVolume

    root = _write_bundle(directory / "gpu" / "bundle")
    noise = np.random.default_rng(2).normal(0, 200, (SIDE,) * 3).astype(np.float32)
    request = RunRequest(
        kind="bundle", headers=[], parameters={}, timeout_s=600, device="cuda:0",
        bundle_root=str(root), tree_sha256=hash_tree(root),
        volume=RunnerVolume(
            voxels=noise, affine_lps=np.diag([1.5, 1.5, 1.5, 1.0]),
            sop_instance_uids=tuple(f"1.2.{index}" for index in range(SIDE)),
            frame_of_reference_uid="1.2",
        ),
    )  # fmt: skip
    runner = ModelRunner(
        scratch_root=directory / "gpu" / "scratch", readable=[root],
        limits=RunnerLimits(memory_bytes=0),
    )  # fmt: skip
    try:
        seconds = [_timed(runner, request) for _ in range(ROUNDS + 1)]
    finally:
        runner.close()
    name = torch.cuda.get_device_name(0)
    return [
        Figure(f"256³ on {name}, first run", seconds[0], "s"),
        at_most(f"256³ on {name}, warm, median", statistics.median(seconds[1:]), "s", 2.7),
    ]


def _timed(runner: Any, request: Any) -> float:
    started = time.monotonic()
    runner.run(request=request, on_progress=lambda *_: None, should_stop=lambda: False)
    return time.monotonic() - started


def _write_bundle(root: Path) -> Path:
    from monai.networks.nets import UNet

    from tests.apps.ai.zoo import SPLEEN, SPLEEN_SIDE_CAR, write_zoo_bundle

    network = {**SPLEEN["network_def"], "channels": CHANNELS, "strides": [2] * 4,
               "num_res_units": 2}  # fmt: skip
    steps = [
        one for one in SPLEEN["preprocessing"]["transforms"]
        if one["_target_"] not in {"Spacingd", "CropForegroundd"}
    ]  # fmt: skip
    config = json.loads(json.dumps({
        **SPLEEN,
        "network_def": network,
        "preprocessing": {"_target_": "Compose", "transforms": steps},
        "inferer": {**SPLEEN["inferer"], "roi_size": [96, 96, 96], "overlap": 0.25},
    }))  # fmt: skip
    arguments = {key: value for key, value in network.items() if key[0] != "_"}
    return write_zoo_bundle(
        root, config=config, side_car=SPLEEN_SIDE_CAR, network=lambda: UNet(**arguments)
    )
