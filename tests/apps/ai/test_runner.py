"""The model runner: right on the source grid, warm, and unable to reach anything."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from apps.ai.bundle_tree import hash_tree
from apps.ai.runner.client import (
    ModelRunner,
    RunnerError,
    RunnerLimits,
    RunRequest,
    RunStopped,
)
from apps.ai.runner.process import check_confinement
from apps.ai.runner.volumes import RunnerVolume
from tests.apps.ai.bundles import BRIGHT, INFERENCE, SIDE_CAR, write_bundle, write_side_car

ROOT = Path(__file__).resolve().parents[3]


def oblique_affine(spacing_mm=(0.9, 0.8, 2.5), tilt_deg=20.0):
    """(column, row, slice) to LPS: a volume turned about the patient's x axis."""
    tilt = np.deg2rad(tilt_deg)
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag(spacing_mm)
    affine[:3, 3] = (-40.0, 30.0, -700.0)
    return affine


def volume_with_boxes(affine=None, shape=(16, 48, 56)):
    voxels = np.zeros(shape, dtype=np.float32)
    voxels[4:9, 10:20, 30:44] = BRIGHT
    voxels[11:14, 32:40, 5:12] = BRIGHT
    return RunnerVolume(
        voxels=voxels,
        affine_lps=oblique_affine() if affine is None else affine,
        sop_instance_uids=tuple(f"1.2.{index}" for index in range(shape[0])),
        frame_of_reference_uid="1.2.3",
    )


def bundle_request(root: Path, volume=None, **changes) -> RunRequest:
    values = {
        "kind": "bundle",
        "volume": volume or volume_with_boxes(),
        "headers": [],
        "parameters": {},
        "timeout_s": 120.0,
        "bundle_root": str(root),
        "tree_sha256": hash_tree(root),
        **changes,
    }
    return RunRequest(**values)


def run(runner: ModelRunner, request: RunRequest, stages=None, should_stop=lambda: False):
    return runner.run(
        request=request,
        on_progress=lambda fraction, stage: stages.append(stage) if stages is not None else None,
        should_stop=should_stop,
    )


@pytest.fixture
def runner(tmp_path):
    made = ModelRunner(scratch_root=tmp_path / "scratch", readable=[tmp_path / "bundles"])
    yield made
    made.close()


@pytest.fixture(scope="module")
def warm_runner(tmp_path_factory):
    """One for all tests that leave it alive; it may read whatever pytest writes."""
    root = tmp_path_factory.getbasetemp()
    made = ModelRunner(scratch_root=tmp_path_factory.mktemp("scratch"), readable=[root])
    yield made
    made.close()


@pytest.fixture
def bundle(tmp_path):
    return write_bundle(tmp_path / "bundles" / "bright")


def test_bundle_labels_come_back_on_the_oblique_source_grid(warm_runner, bundle):
    volume = volume_with_boxes()
    stages: list[str] = []
    outcome = run(warm_runner, bundle_request(bundle, volume), stages)
    assert outcome.kind == "findings"
    assert [segment.label for segment in outcome.segments] == ["Bright thing 1", "Bright thing 2"]
    truth = volume.voxels > BRIGHT / 2
    found = outcome.segments[0].mask | outcome.segments[1].mask
    dice = 2 * (found & truth).sum() / (found.sum() + truth.sum())
    assert dice > 0.93, f"Dice {dice:.3f} after resampling there and back"
    large = outcome.segments[0]
    assert large.mask[6, 15, 36]
    assert not large.mask[12, 36, 8]
    assert large.value_of("volume") == pytest.approx(5 * 10 * 14 * 0.9 * 0.8 * 2.5 / 1000, rel=0.15)
    assert 0.5 < large.probability <= 1.0 if large.probability is not None else True
    assert stages[:3] == ["load_model", "preprocess", "inference"]


def test_bundle_without_inversion_is_inverted_by_the_runner(warm_runner, tmp_path):
    config = json.loads(json.dumps(INFERENCE))
    del config["postprocessing"]["transforms"][1]
    config["postprocessing"]["transforms"] = config["postprocessing"]["transforms"][:1]
    root = write_bundle(tmp_path / "bundles" / "plain", inference=config)
    outcome = run(warm_runner, bundle_request(root))
    assert len(outcome.segments) == 2
    assert all(segment.probability > 0.6 for segment in outcome.segments)


def test_nothing_bright_is_no_findings(warm_runner, bundle):
    volume = volume_with_boxes()
    volume.voxels[:] = 0
    assert run(warm_runner, bundle_request(bundle, volume)).kind == "no_findings"


def test_second_run_is_warm(runner, bundle):
    run(runner, bundle_request(bundle))
    first_pid, started = runner.pid, time.monotonic()
    run(runner, bundle_request(bundle))
    warm_s = time.monotonic() - started
    assert runner.pid == first_pid
    assert runner.starts == 1
    assert warm_s < 2.0


def test_changed_bundle_is_not_evaluated(runner, bundle):
    """By a runner that has not loaded it yet: what is loaded is not read again."""
    request = bundle_request(bundle)
    config = json.loads((bundle / "configs/inference.json").read_text())
    config["network_def"] = "$__import__('os').abort()"
    (bundle / "configs/inference.json").write_text(json.dumps(config))
    with pytest.raises(RunnerError) as caught:
        run(runner, request)
    assert caught.value.code == "bundle_changed"
    assert not caught.value.retryable


def test_pickled_weights_do_not_execute(runner, bundle):
    import torch

    class Payload:
        def __reduce__(self):
            return (os.mkdir, ("weights-were-executed",))

    torch.save({"weight": Payload()}, bundle / "models/model.pt")
    with pytest.raises(RunnerError) as caught:
        run(runner, bundle_request(bundle))
    assert caught.value.code == "file_changed"
    write_side_car(bundle, SIDE_CAR)
    with pytest.raises(RunnerError) as caught:
        run(runner, bundle_request(bundle))
    assert caught.value.code == "pickle_imports"


HOSTILE = """
import json, os, socket, subprocess, ctypes

def attempt(name, action):
    try:
        return name, repr(action())[:200]
    except BaseException as error:
        return name, "refused:" + type(error).__name__

def raw_socket():
    number = ctypes.CDLL(None, use_errno=True).socket(2, 1, 0)
    if number < 0:
        raise PermissionError(ctypes.get_errno())
    return number

def mount():
    if ctypes.CDLL(None, use_errno=True).mount(b"a", b"/", b"tmpfs", 0, 0) != 0:
        raise PermissionError(ctypes.get_errno())

def run(port, parent, secret_path, outside):
    found = dict([
        attempt("environment", lambda: [k for k in os.environ if "SECRET" in k or "URL" in k]),
        attempt("connect", lambda: socket.create_connection(("127.0.0.1", port), 2).send(b"x")),
        attempt("resolve", lambda: socket.create_connection(("example.org", 80), 2)),
        attempt("unix", lambda: socket.socket(socket.AF_UNIX)),
        attempt("native_socket", raw_socket),
        attempt("parent_environ", lambda: open(f"/proc/{parent}/environ", "rb").read()),
        attempt("parent_memory", lambda: open(f"/proc/{parent}/mem", "rb").read(1)),
        attempt("read_secret", lambda: open(secret_path).read()),
        attempt("write_outside", lambda: open(outside, "w").write("x")),
        attempt("write_code", lambda: open(os.path.abspath(__file__), "a").write("x")),
        attempt("execute", lambda: subprocess.run(["/bin/true"], check=True)),
        attempt("signal_parent", lambda: os.kill(parent, 0)),
        attempt("mount", mount),
        attempt("scratch", lambda: open(os.environ["TMPDIR"] + "/allowed.txt", "w").write("xyz")),
    ])
    raise RuntimeError("REPORT" + json.dumps(found))
"""


def test_hostile_bundle_reaches_neither_network_nor_secrets(runner, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "do-not-leak")
    monkeypatch.setenv("DATABASE_URL", "postgres://user:secret@localhost/db")
    secret = tmp_path / "secret.txt"
    secret.write_text("do-not-leak")
    outside = tmp_path / "written-by-model"
    reached = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)

    def accept():
        while not reached.is_set():
            try:
                listener.accept()
                reached.set()
            except TimeoutError:
                if stop.is_set():
                    return

    stop = threading.Event()
    thread = threading.Thread(target=accept)
    thread.start()
    config = {
        **INFERENCE,
        "network_def": f"$run({listener.getsockname()[1]}, {os.getpid()}, '{secret}', '{outside}')",
        "imports": ["$from scripts.hostile import run"],
    }
    root = write_bundle(
        tmp_path / "bundles" / "hostile",
        inference=config,
        scripts={"hostile.py": HOSTILE, "__init__.py": ""},
    )
    try:
        with pytest.raises(RunnerError) as caught:
            run(runner, bundle_request(root))
    finally:
        stop.set()
        thread.join()
        listener.close()
    assert "REPORT" in caught.value.message, caught.value.message
    report, _ = json.JSONDecoder().raw_decode(caught.value.message.split("REPORT", 1)[1])
    assert report["environment"] == "[]"
    assert report["scratch"] == "3", "the scratch directory is the one place it may write"
    refused = set(report) - {"environment", "scratch"}
    leaked = {name: report[name] for name in refused if not report[name].startswith("refused:")}
    assert leaked == {}
    assert not reached.is_set()
    assert not outside.exists()
    assert "do-not-leak" not in caught.value.message


def test_runner_says_which_layers_hold(runner, bundle):
    run(runner, bundle_request(bundle))
    assert runner.confinement["syscall_filter"] is True
    assert runner.confinement["capabilities_dropped"] is True
    assert runner.confinement["file_rules"] in {"landlock", "audit_hook"}


def test_machine_without_network_confinement_runs_no_model():
    weak = {"network_namespace": False, "syscall_filter": False, "file_rules": "audit_hook"}
    with pytest.raises(RunnerError) as caught:
        check_confinement(weak)
    assert caught.value.code == "not_confined"


def slow_bundle(tmp_path: Path, name: str, expression: str) -> Path:
    config = {**INFERENCE, "network_def": f"${expression}",
              "imports": [f"$from scripts.slow import {expression[:-2]}"]}  # fmt: skip
    script = (
        "import time\n"
        "def sleep():\n    time.sleep(600)\n"
        "def eat():\n    return [bytearray(1 << 28) for _ in range(4000)]\n"
    )
    return write_bundle(
        tmp_path / "bundles" / name,
        inference=config,
        scripts={"slow.py": script, "__init__.py": ""},
    )


def test_run_past_its_time_is_killed_and_may_be_tried_again(runner, tmp_path):
    root = slow_bundle(tmp_path, "slow", "sleep()")
    started = time.monotonic()
    with pytest.raises(RunnerError) as caught:
        run(runner, bundle_request(root, timeout_s=15.0))
    assert caught.value.code == "time_limit"
    assert caught.value.retryable
    assert time.monotonic() - started < 25
    assert runner.pid is None


def test_model_that_eats_memory_meets_its_limit(tmp_path):
    root = slow_bundle(tmp_path, "hungry", "eat()")
    small = ModelRunner(
        scratch_root=tmp_path / "scratch",
        readable=[tmp_path / "bundles"],
        limits=RunnerLimits(memory_bytes=6 * 1024**3),
    )
    try:
        with pytest.raises(RunnerError) as caught:
            run(small, bundle_request(root))
    finally:
        small.close()
    assert caught.value.code in {"out_of_memory", "model_error", "runner_died"}
    assert "MemoryError" in caught.value.message or caught.value.code != "model_error"


def test_killed_runner_is_a_retryable_failure_and_the_next_run_works(runner, bundle, tmp_path):
    root = slow_bundle(tmp_path, "slow", "sleep()")

    def kill():
        while runner.pid is None or not runner.confinement:
            time.sleep(0.05)
        time.sleep(1.0)
        os.kill(runner.pid, signal.SIGKILL)

    threading.Thread(target=kill).start()
    with pytest.raises(RunnerError) as caught:
        run(runner, bundle_request(root))
    assert caught.value.code == "runner_died"
    assert caught.value.retryable
    assert run(runner, bundle_request(bundle)).kind == "findings"
    assert runner.starts == 2


def test_stopped_run_kills_the_runner(runner, tmp_path):
    root = slow_bundle(tmp_path, "slow", "sleep()")
    deadline = time.monotonic() + 3
    with pytest.raises(RunStopped):
        run(runner, bundle_request(root), should_stop=lambda: time.monotonic() > deadline)
    assert runner.pid is None
    assert not list((tmp_path / "scratch").glob("runner-*"))


def test_runner_never_outlives_its_worker(tmp_path):
    code = (
        "import sys, time, numpy as np\n"
        "from pathlib import Path\n"
        "from apps.ai.runner.client import ModelRunner\n"
        "runner = ModelRunner(scratch_root=Path(sys.argv[1]))\n"
        "runner._ensure_started()\n"
        "print(runner.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "scratch")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    pid = int(worker.stdout.readline())
    assert Path(f"/proc/{pid}").exists()
    worker.kill()
    worker.wait()
    deadline = time.monotonic() + 5
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid)
    left = list((tmp_path / "scratch").glob("runner-*"))
    assert len(left) == 1
    again = ModelRunner(scratch_root=tmp_path / "scratch")
    again._ensure_started()
    again.close()
    assert not left[0].exists(), "what a killed worker left is removed by the next"


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def test_builtin_error_is_reported_with_its_type(warm_runner):
    request = RunRequest(
        kind="builtin",
        volume=volume_with_boxes(),
        headers=[],
        parameters={},
        timeout_s=30,
        module="os",
    )
    with pytest.raises(RunnerError) as caught:
        run(warm_runner, request)
    assert "not a built-in analysis" in caught.value.message
    assert not caught.value.retryable
