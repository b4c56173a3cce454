"""Whole jobs in a running house, and MONAI's own command beside them."""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from tests.bench.ai.scene import BUNDLE, Scene
from tests.bench.run import Figure, at_least, at_most

BASE = Path(__file__).resolve().parents[3]
ROUNDS = 2
AT_ONCE = 20
JOB_LIMIT_S = 300
#: Stages of a job that are the bundle's own code, or MONAI's.
BUNDLES_OWN = frozenset({"preprocess", "postprocess"})


@dataclass(frozen=True)
class Run:
    """One finished job: seconds from the request to its findings, and of each stage."""

    job_id: Any
    wall_s: float
    stages: dict[str, float]


@dataclass(frozen=True)
class StockRun:
    """MONAI's command, then the script that makes a SEG of its label map."""

    bundle_s: float
    seg_s: float


def measure_jobs(scene: Scene, *, directory: Path) -> list[Figure]:
    """First and warm jobs by turns with MONAI's command; figures only if the labels agree."""
    cold, warm, stock = [], [], []
    labels: NDArray[np.bool_] | None = None
    for number in range(ROUNDS):
        _forget_runner(scene)
        cold.append(_run_job(scene, f"cold {number}"))
        warm.append(_run_job(scene, f"warm {number}"))
        done, labels = _run_stock(scene, directory / f"stock-{number}")
        stock.append(done)
        warm.append(_run_job(scene, f"warm again {number}"))
    assert labels is not None
    figures = _check(warm[-1], labels)
    forward = _time_stock_forward(scene, directory / "stock-forward")
    # The same turn once more, so that neither side has the quieter minutes to itself.
    warm.append(_run_job(scene, "warm last"))
    return [*figures, *_compare(cold, warm, stock, forward), *_ask_at_once(scene)]


def _run_job(scene: Scene, question: str) -> Run:
    from apps.ai import services
    from apps.ai.models import Job

    started = time.monotonic()
    job = services.request_job(
        actor=scene.team.actor("radiologist"),
        case_id=scene.team.case_id,
        model_id=scene.version.model_id,
        series_instance_uid=scene.series.series_instance_uid,
        parameters={"question": question},
    )
    while (state := Job.objects.values_list("state", flat=True).get(pk=job.pk)) in {
        "queued", "running",
    }:  # fmt: skip
        if time.monotonic() - started > JOB_LIMIT_S:
            raise AssertionError(f"job not over within {JOB_LIMIT_S} s: {scene.house.log_text()}")
        time.sleep(0.01)
    wall_s = time.monotonic() - started
    if state != "findings":
        job.refresh_from_db()
        raise AssertionError(f"job ended as {state}: {job.reason_code} {job.reason_message}")
    run = Run(job_id=job.pk, wall_s=wall_s, stages=_read_stages(scene, job.pk))
    print(f"{question}: {wall_s:.2f} s, {run.stages}", flush=True)
    return run


def _read_stages(scene: Scene, job_id: Any) -> dict[str, float]:
    """The worker's log says how long each stage took."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if found := re.search(rf"job {job_id}: ((?:\w+ [\d.]+ s(?:, )?)+)", scene.house.log_text()):
            return {
                name: float(seconds)
                for name, seconds in re.findall(r"(\w+) ([\d.]+) s", found.group(1))
            }
        time.sleep(0.1)
    raise AssertionError("the worker did not say how long its stages took")


def _forget_runner(scene: Scene) -> None:
    """The next job starts a process, imports torch and MONAI and loads the weights."""
    if scene.house.model_runners():
        scene.house.kill_model_runner()
        time.sleep(0.5)


def _run_stock(scene: Scene, directory: Path) -> tuple[StockRun, NDArray[np.bool_]]:
    copy = directory / "bundle"
    shutil.copytree(BUNDLE, copy)
    started = time.monotonic()
    subprocess.run(
        [
            sys.executable, "-m", "monai.bundle", "run",
            "--config_file", "configs/inference.json", "--meta_file", "configs/metadata.json",
            "--bundle_root", ".", "--dataset_dir", str(scene.files.nifti.parent),
        ],
        cwd=copy, check=True, capture_output=True, timeout=JOB_LIMIT_S,
    )  # fmt: skip
    bundle_s = time.monotonic() - started
    (written,) = (copy / "eval").rglob("*.nii.gz")
    started = time.monotonic()
    script = Path(__file__).with_name("write_seg.py")
    subprocess.run(
        [
            sys.executable, str(script), str(written), str(scene.files.dicom),
            str(directory / "seg.dcm"),
        ],
        check=True, capture_output=True, timeout=JOB_LIMIT_S,
    )  # fmt: skip
    seg_s = time.monotonic() - started
    print(f"monai.bundle run: {bundle_s:.2f} s, SEG script: {seg_s:.2f} s", flush=True)
    labels = np.asarray(nibabel.load(written).dataobj).squeeze().transpose(2, 1, 0) == 1
    return StockRun(bundle_s=bundle_s, seg_s=seg_s), labels


def _time_stock_forward(scene: Scene, copy: Path) -> float:
    """The forward pass in MONAI's evaluator; of two rounds in one process the second, warm one."""
    shutil.copytree(BUNDLE, copy)
    outcome = subprocess.run(
        [
            sys.executable, "-m", "tests.bench.ai.stock", str(copy),
            str(scene.files.nifti.parent), "2",
        ],
        cwd=BASE, check=True, capture_output=True, text=True, timeout=JOB_LIMIT_S,
    )  # fmt: skip
    print(f"MONAI's evaluator, forward passes: {outcome.stdout.strip()}", flush=True)
    return float(json.loads(outcome.stdout.strip().splitlines()[-1])[-1])


def _check(run: Run, labels: NDArray[np.bool_]) -> list[Figure]:
    """Dice against MONAI's own label map, of the components that are findings; else no figures."""
    from scipy import ndimage

    from apps.ai.models import Finding
    from apps.ai.objects import read_mask

    ours = np.zeros(labels.shape, dtype=bool)
    for finding in Finding.objects.filter(job_id=run.job_id).select_related("job"):
        ours |= read_mask(finding=finding)
    parts, _ = ndimage.label(labels, structure=np.ones((3, 3, 3)))
    # The side-car leaves out what is smaller than its min_volume_ml.
    kept = np.isin(parts, np.unique(parts[ours & labels])) & labels
    dice = 2.0 * float((ours & kept).sum()) / float(ours.sum() + kept.sum())
    if dice < 0.999:
        raise AssertionError(f"Dice {dice:.5f} against monai.bundle run")
    return [at_least("labels against monai.bundle run, Dice", dice, "", 0.999)]


def _compare(
    cold: Sequence[Run], warm: Sequence[Run], stock: Sequence[StockRun], forward_s: float
) -> list[Figure]:
    first, second = (statistics.median(one.wall_s for one in runs) for runs in (cold, warm))
    inference = statistics.median(one.stages["inference"] for one in warm)
    encode = statistics.median(one.stages.get("encode", 0.0) for one in warm)
    own = statistics.median(sum(one.stages.get(name, 0.0) for name in BUNDLES_OWN) for one in warm)
    around = second - inference - encode
    bundle_s = statistics.median(one.bundle_s for one in stock)
    whole_s = statistics.median(one.bundle_s + one.seg_s for one in stock)
    lowest, highest = (pick(one.stages["inference"] for one in warm) for pick in (min, max))
    title = f"warm job, forward pass ({lowest:.3g} to {highest:.3g} in {len(warm)} jobs)"
    return [
        Figure("warm job, request to findings", second, "s"),
        Figure(title, inference, "s"),
        Figure("warm job, SEG and SR", encode, "s"),
        at_most("warm job, all but forward pass and SEG", around * 1000, "ms", 300),
        Figure("warm job, of that the bundle's own transforms", own * 1000, "ms"),
        at_most("warm job, of that Consilium's own", (around - own) * 1000, "ms", 300),
        at_least("warm job, forward pass of the whole", 100 * inference / second, "%", 80),
        Figure("first job, process and model cold", first, "s"),
        at_least("second job, faster than the first", first / second, "x", 5),
        Figure("sliding window in MONAI's evaluator", forward_s, "s"),
        at_least("sliding window, faster than MONAI's", forward_s / inference, "x", 2),
        Figure("monai.bundle run", bundle_s, "s"),
        Figure("monai.bundle run and a highdicom script", whole_s, "s"),
        at_least("warm job, faster than both", whole_s / second, "x", 3),
    ]


def _ask_at_once(scene: Scene) -> list[Figure]:
    """The same question from twenty threads: one row, one attempt."""
    from django.db import connection

    from apps.ai import services
    from apps.ai.models import Job

    before = Job.objects.count()
    gate = threading.Barrier(AT_ONCE)
    asked: list[Any] = []
    actor = scene.team.actor("radiologist")

    def ask() -> None:
        try:
            gate.wait()
            job = services.request_job(
                actor=actor, case_id=scene.team.case_id, model_id=scene.version.model_id,
                series_instance_uid=scene.series.series_instance_uid,
                parameters={"question": "at once"},
            )  # fmt: skip
            asked.append(job.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(asked) != AT_ONCE or len(set(asked)) != 1:
        raise AssertionError(f"{len(asked)} answers, {len(set(asked))} jobs")
    started = time.monotonic()
    job = Job.objects.get(pk=asked[0])
    while job.state in {"queued", "running"} and time.monotonic() - started < JOB_LIMIT_S:
        time.sleep(0.05)
        job.refresh_from_db()
    again = _run_job(scene, "at once")
    if again.job_id != job.pk or job.state != "findings":
        raise AssertionError(f"asked again: another job, or {job.state}")
    inferences = Job.objects.count() - before - 1 + job.attempts
    return [
        at_most(f"asked {AT_ONCE} times at once, inferences", inferences, "", 1),
        Figure("asked again when it is done, answer", again.wall_s * 1000, "ms"),
    ]
