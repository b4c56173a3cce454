"""Train the network of the phantom tumour bundle.

    nice python -m apps.demo.training.train_phantom_bundle

CPU, minutes, seeded. The network and the intensity window are read from the bundle's own
``inference.json``, so what is trained is what is run. The held-out phantoms are never looked at
here but at the very end, for the figures of the model card.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from monai.bundle.config_parser import ConfigParser
from monai.losses.dice import DiceCELoss
from monai.utils.misc import set_determinism
from numpy.typing import NDArray
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from apps.demo.training.bundle_files import BUNDLE_DIR, write_hashes
from apps.demo.training.evaluation import evaluate_held_out
from apps.demo.training.phantom_cases import HELD_OUT_FROM, PhantomCase, draw_case

logger = logging.getLogger(__name__)

PATCH_SHAPE = (64, 64, 48)
PATCHES_PER_STEP = 3
LEARNING_RATE = 2e-3
#: A lesion fills a percent of a patch: without this weight the network first learns to see none.
LESION_WEIGHT = 15.0


#: Decay of the running average of the weights; the average is what is shipped.
AVERAGE_DECAY = 0.99


@dataclass(frozen=True)
class Schedule:
    """How the steps change: first to see lesions at all, then to leave everything else alone.

    Attributes
    ----------
    lesion_share:
        Share of the patches that are centred near a lesion, at the first and at the last step;
        the others lie anywhere.
    weighted_share:
        Share of the steps, from the first, in which lesion voxels weigh more.
    """

    steps: int = 1600
    lesion_share: tuple[float, float] = (0.7, 0.4)
    weighted_share: float = 0.15

    def lesion_share_at(self, step: int) -> float:
        first, last = self.lesion_share
        return first + (last - first) * step / max(self.steps - 1, 1)

    def is_weighted(self, step: int) -> bool:
        return step < self.weighted_share * self.steps


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, write the weights, recompute the held-out figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--phantoms", type=int, default=60, help="number of training phantoms")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cache", type=Path, help="directory to keep drawn phantoms in")
    parser.add_argument("--bundle", type=Path, default=BUNDLE_DIR)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if not 0 < options.phantoms <= HELD_OUT_FROM:
        parser.error(f"--phantoms lies between 1 and {HELD_OUT_FROM}")
    torch.set_num_threads(options.threads)
    cases = load_cases(seeds=range(options.phantoms), cache=options.cache)
    network = train(cases=cases, bundle=options.bundle, schedule=Schedule(), seed=options.seed)
    save_weights(network, bundle=options.bundle)
    write_hashes(bundle=options.bundle)
    figures = evaluate_held_out(bundle=options.bundle)
    (options.bundle / "docs" / "held_out.json").write_text(json.dumps(figures, indent=2) + "\n")
    write_hashes(bundle=options.bundle)
    logger.info("held out: %s", json.dumps(figures["summary"]))


def load_cases(*, seeds: Sequence[int], cache: Path | None) -> list[PhantomCase]:
    """Draw the phantoms of these seeds, or read those drawn before."""
    cases: list[PhantomCase] = []
    for seed in seeds:
        kept = cache / f"phantom-{seed:05d}.npz" if cache else None
        if kept is not None and kept.exists():
            with np.load(kept) as stored:
                cases.append(PhantomCase(seed, stored["hu"].astype(np.float32), stored["tumour"]))
            continue
        case = draw_case(seed=seed)
        cases.append(case)
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(kept, hu=case.hu.astype(np.int16), tumour=case.tumour)
        if seed % 10 == 0:
            logger.info("drew phantom %d", seed)
    return cases


def save_weights(network: torch.nn.Module, *, bundle: Path) -> None:
    """Write the weights where the bundle has them: a plain state dict."""
    path = bundle / "models" / "model.pt"
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({name: value.clone() for name, value in network.state_dict().items()}, path)


def train(
    *,
    cases: Sequence[PhantomCase],
    bundle: Path,
    schedule: Schedule,
    seed: int,
) -> torch.nn.Module:
    """Train the bundle's network on patches of the cases; the running average of its weights."""
    set_determinism(seed=seed)
    config = ConfigParser()
    config.read_config(str(bundle / "configs" / "inference.json"))
    network: torch.nn.Module = config.get_parsed_content("network_def")
    average = AveragedModel(
        network,
        multi_avg_fn=get_ema_multi_avg_fn(AVERAGE_DECAY),  # type: ignore[no-untyped-call]
        use_buffers=True,
    )
    low, high = read_window(config)
    losses = {weight: make_loss(weight) for weight in (LESION_WEIGHT, 1.0)}
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=1e-4)
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=LEARNING_RATE, total_steps=schedule.steps, pct_start=0.1
    )
    rng = np.random.default_rng(seed)
    centres = [np.argwhere(case.tumour) for case in cases]
    network.train()
    started, running = time.monotonic(), 0.0
    for step in range(schedule.steps):
        images, labels = draw_batch(
            cases,
            centres,
            rng,
            window=(low, high),
            lesion_share=schedule.lesion_share_at(step),
        )
        optimizer.zero_grad()
        logits = network(images)
        loss = losses[LESION_WEIGHT if schedule.is_weighted(step) else 1.0](logits, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        rate.step()
        average.update_parameters(network)
        running = 0.95 * running + 0.05 * float(loss.detach()) if step else float(loss.detach())
        if step % 25 == 0:
            overlap = measure_overlap(logits, labels)
            elapsed_s = time.monotonic() - started
            logger.info("step %d loss %.3f dice %.2f (%.0f s)", step, running, overlap, elapsed_s)
    averaged: torch.nn.Module = average.module
    return averaged.eval()


def make_loss(lesion_weight: float) -> DiceCELoss:
    """Dice of the lesions over the batch, plus cross entropy with this weight on lesions."""
    return DiceCELoss(
        to_onehot_y=True,
        softmax=True,
        include_background=False,
        batch=True,
        weight=torch.tensor([1.0, lesion_weight]),
    )


def measure_overlap(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """Dice of the lesions in one batch, as it would be labelled now."""
    predicted = logits.argmax(dim=1, keepdim=True)
    total = int(predicted.sum()) + int(labels.sum())
    return 1.0 if total == 0 else 2.0 * int((predicted * labels).sum()) / total


def read_window(config: ConfigParser) -> tuple[float, float]:
    """The HU window the bundle's preprocessing scales to 0 ... 1."""
    for transform in config["preprocessing"]["transforms"]:
        if transform["_target_"] == "ScaleIntensityRanged":
            return float(transform["a_min"]), float(transform["a_max"])
    raise ValueError("The bundle's preprocessing has no ScaleIntensityRanged.")


def draw_batch(
    cases: Sequence[PhantomCase],
    centres: Sequence[NDArray[np.int64]],
    rng: np.random.Generator,
    *,
    window: tuple[float, float],
    lesion_share: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Patches of random cases, window-scaled, with small changes of contrast and noise."""
    low, high = window
    images, labels = [], []
    for _ in range(PATCHES_PER_STEP):
        index = int(rng.integers(len(cases)))
        case, lesion = cases[index], centres[index]
        near_lesion = len(lesion) > 0 and rng.random() < lesion_share
        box = _draw_box(case.hu.shape, lesion if near_lesion else None, rng)
        hu = case.hu[box] * rng.uniform(0.95, 1.05) + rng.uniform(-12.0, 12.0)
        hu = hu + rng.normal(0.0, rng.uniform(0.0, 8.0), hu.shape)
        images.append(np.clip((hu - low) / (high - low), 0.0, 1.0)[None])
        labels.append(case.tumour[box][None])
    return (
        torch.from_numpy(np.stack(images).astype(np.float32)),
        torch.from_numpy(np.stack(labels).astype(np.int64)),
    )


def _draw_box(
    shape: tuple[int, ...], lesion: NDArray[np.int64] | None, rng: np.random.Generator
) -> tuple[slice, slice, slice]:
    starts = []
    voxel = lesion[int(rng.integers(len(lesion)))] if lesion is not None else None
    for axis, (size, patch) in enumerate(zip(shape, PATCH_SHAPE, strict=True)):
        if voxel is None:
            start = int(rng.integers(0, size - patch + 1))
        else:
            jitter = int(rng.integers(-patch // 3, patch // 3 + 1))
            start = int(np.clip(voxel[axis] - patch // 2 + jitter, 0, size - patch))
        starts.append(start)
    x, y, z = (
        slice(start, start + patch) for start, patch in zip(starts, PATCH_SHAPE, strict=True)
    )
    return x, y, z


if __name__ == "__main__":
    main()
