"""Runs that meet a real limit of memory: recognised, run smaller, and at last ended by name."""

import math
import os
import re
from pathlib import Path

import numpy as np
import pytest

from apps.ai import conf, execution, services
from apps.ai.runner.client import ModelRunner, RunnerError, RunnerLimits
from apps.ai.runner.memory import DeviceMemory, host_memory, is_out_of_memory
from apps.ai.runner.smaller import list_steps, run_to_fit
from tests.apps.ai import world
from tests.apps.ai.bundles import BRIGHT, INFERENCE, SIDE_CAR, write_bundle
from tests.apps.ai.test_runner import bundle_request, run, volume_with_boxes

GIB = 1024**3
WINDOW_BYTES = 32**3 * 4
#: The network repeats its input: one window takes about 0.25 GiB, eight about 2.
COPIES = 2048

WIDE = """
import torch


class Wide(torch.nn.Conv3d):
    def __init__(self, copies):
        super().__init__(1, 2, 1)
        self.copies = copies

    def forward(self, image):
        wide = image.repeat(1, self.copies, 1, 1, 1)
        return super().forward(wide.mean(dim=1, keepdim=True))
"""


def wide_bundle(root: Path, *, copies: int = COPIES) -> Path:
    config = {
        **INFERENCE,
        "network_def": {"_target_": "scripts.wide.Wide", "copies": copies},
        "inferer": {**INFERENCE["inferer"], "sw_batch_size": 64},
    }
    return write_bundle(
        root, inference=config, scripts={"wide.py": WIDE, "__init__.py": ""},
        side_car={**SIDE_CAR, "limits": {"timeout_s": 120}},
    )  # fmt: skip


def noisy_boxes():
    volume = volume_with_boxes()
    volume.voxels[:] += np.random.default_rng(1).normal(0, 3, volume.voxels.shape)
    return volume


@pytest.fixture(scope="module")
def usual_gib(tmp_path_factory) -> int:
    """Address space of a runner with torch, MONAI and a small bundle, in whole GiB, rounded up."""
    folder = tmp_path_factory.mktemp("usual")
    bundle = write_bundle(folder / "bundles" / "bright")
    runner = ModelRunner(
        scratch_root=folder / "scratch", readable=[folder / "bundles"],
        limits=RunnerLimits(memory_bytes=0),
    )  # fmt: skip
    try:
        run(runner, bundle_request(bundle))
        status = Path(f"/proc/{runner.pid}/status").read_text()
        return math.ceil(int(re.search(r"VmPeak:\s+(\d+) kB", status)[1]) * 1024 / GIB)
    finally:
        runner.close()


def limited(tmp_path: Path, gib: float) -> ModelRunner:
    return ModelRunner(
        scratch_root=tmp_path / "scratch", readable=[tmp_path / "bundles"],
        limits=RunnerLimits(memory_bytes=int(gib * GIB)),
    )  # fmt: skip


def fit(runner, request, **options):
    return run_to_fit(
        runner=runner, request=request, may_use_cpu=False,
        on_progress=lambda *_: None, should_stop=lambda: False, **options,
    )  # fmt: skip


def test_too_many_windows_for_the_limit_are_run_one_at_a_time(tmp_path, usual_gib):
    runner = limited(tmp_path, usual_gib + 1)
    root = wide_bundle(tmp_path / "bundles" / "wide")
    volume = noisy_boxes()
    try:
        with pytest.raises(RunnerError) as caught:
            run(runner, bundle_request(root, volume))
        assert (caught.value.code, caught.value.retryable) == ("out_of_memory", False)
        outcome = fit(runner, bundle_request(root, volume))
    finally:
        runner.close()
    assert [code for code, _ in outcome.warnings] == ["ran_smaller"]
    truth = volume.voxels > BRIGHT / 2
    found = outcome.segments[0].mask | outcome.segments[1].mask
    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.93


def test_with_memory_enough_nothing_is_said(tmp_path, usual_gib):
    runner = limited(tmp_path, usual_gib + 12)
    root = wide_bundle(tmp_path / "bundles" / "wide")
    try:
        outcome = fit(runner, bundle_request(root, noisy_boxes()))
    finally:
        runner.close()
    assert outcome.warnings == ()
    assert runner.starts == 1


def test_what_fits_in_no_way_ends_as_out_of_memory_with_what_was_tried(tmp_path, usual_gib):
    runner = limited(tmp_path, usual_gib + 1)
    root = wide_bundle(tmp_path / "bundles" / "wide", copies=COPIES * 16)
    try:
        with pytest.raises(RunnerError) as caught:
            fit(runner, bundle_request(root, noisy_boxes()))
    finally:
        runner.close()
    assert (caught.value.code, caught.value.retryable) == ("out_of_memory", False)
    assert "usual on cpu, one window on cpu" in caught.value.message


def test_a_process_that_aborts_for_want_of_memory_is_recognised(tmp_path):
    script = (
        "import os, sys\n"
        "def abort():\n"
        "    sys.stderr.write(\"terminate called after throwing 'std::bad_alloc'\\n\")\n"
        "    sys.stderr.flush()\n"
        "    os.abort()\n"
    )
    config = {
        **INFERENCE,
        "network_def": "$abort()",
        "imports": ["$from scripts.ends import abort"],
    }
    root = write_bundle(
        tmp_path / "bundles" / "aborts", inference=config,
        scripts={"ends.py": script, "__init__.py": ""},
    )  # fmt: skip
    runner = limited(tmp_path, 0)
    try:
        with pytest.raises(RunnerError) as caught:
            run(runner, bundle_request(root))
    finally:
        runner.close()
    assert (caught.value.code, caught.value.retryable) == ("out_of_memory", False)


def test_torch_and_python_say_it_in_their_own_ways():
    import torch

    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 50)
    assert is_out_of_memory(caught.value)
    with pytest.raises(MemoryError) as caught:
        np.empty(1 << 50, dtype=np.uint8)
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(torch.cuda.OutOfMemoryError("CUDA out of memory"))
    assert not is_out_of_memory(RuntimeError("shape mismatch"))


def test_steps_on_a_gpu_end_on_the_processor_only_where_the_card_allows_it():
    def named(**options):
        return [(step.effort.value, step.device, [code for code, _ in step.warnings])
                for step in list_steps(**options)]  # fmt: skip

    on_gpu = [
        ("usual", "cuda:1", []),
        ("one_window", "cuda:1", ["ran_smaller"]),
        ("stitched_on_host", "cuda:1", ["ran_smaller"]),
    ]
    assert named(device="cuda:1", may_use_cpu=False) == on_gpu
    assert named(device="cuda:1", may_use_cpu=True) == [*on_gpu, ("on_cpu", "cpu", ["ran_on_cpu"])]
    assert named(device="cpu", may_use_cpu=True) == [
        ("usual", "cpu", []), ("one_window", "cpu", ["ran_smaller"]),
    ]  # fmt: skip


def test_the_control_groups_limit_counts_where_it_is_lower(tmp_path):
    proc, groups = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "meminfo").write_text("MemTotal: 24000000 kB\nMemAvailable: 20000000 kB\n")
    (proc / "self" / "cgroup").write_text("0::/house/worker\n")
    group = groups / "house" / "worker"
    group.mkdir(parents=True)
    assert host_memory(proc=proc, cgroups=groups).free_bytes == 20_000_000 * 1024
    (group / "memory.max").write_text("max\n")
    assert host_memory(proc=proc, cgroups=groups).total_bytes == 24_000_000 * 1024
    (groups / "house" / "memory.max").write_text(f"{8 * GIB}\n")
    (groups / "house" / "memory.current").write_text(f"{5 * GIB}\n")
    (groups / "house" / "memory.stat").write_text(f"anon 1\ninactive_file {2 * GIB}\n")
    assert host_memory(proc=proc, cgroups=groups) == DeviceMemory(8 * GIB, 5 * GIB)
    (proc / "self" / "cgroup").write_text("4:memory:/x\n0::/\n")
    old = groups / "memory" / "x"
    old.mkdir(parents=True)
    (old / "memory.limit_in_bytes").write_text(f"{4 * GIB}\n")
    (old / "memory.usage_in_bytes").write_text(f"{1 * GIB}\n")
    assert host_memory(proc=proc, cgroups=groups) == DeviceMemory(4 * GIB, 3 * GIB)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_runner")
def test_a_job_says_that_it_ran_smaller_and_one_that_fits_in_no_way_fails_by_name(
    phantom_team, phantom_series, house, usual_gib, monkeypatch
):
    """The series has two windows, of 1.7 GiB each in this network, or of 12."""
    monkeypatch.setenv("CONSILIUM_AI_MEMORY_GIB", str(usual_gib + 2))
    assert conf.memory_limit_bytes() == (usual_gib + 2) * GIB
    for copies, ending in ((14_000, ("findings", "")), (100_000, ("failed", "out_of_memory"))):
        root = wide_bundle(house / "source" / f"wide-{copies}", copies=copies)
        version = services.register_bundle(actor=world.INSTALLER, root=root, slug=f"wide-{copies}")
        world.put_into_use(team=phantom_team, version=version)
        job = world.request(team=phantom_team, version=version, series=phantom_series)
        assert execution.run_waiting_jobs(worker=f"test:{os.getpid()}") == 1
        job.refresh_from_db()
        assert (job.state, job.reason_code, job.attempts) == (*ending, 1), job.reason_message
        if ending[0] == "findings":
            assert [code for code, _ in job.warnings] == ["ran_smaller"]
