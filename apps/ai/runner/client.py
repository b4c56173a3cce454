"""The worker's side of the runner: start it, ask it, and end it on any limit.

One ``ModelRunner`` lives as long as its worker and keeps models warm. Whatever goes wrong with
the process (dead, silent, over a limit, speaking nonsense) it is killed and the next run gets a
fresh one; the job decides whether it is tried again.

Start it from a thread that lives as long as the worker: the kernel's death signal is bound to
the thread that started the process.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from pydicom.dataset import Dataset

from apps.ai.analyses.results import AnalysisOutcome
from apps.ai.runner import frames
from apps.ai.runner.effort import Effort
from apps.ai.runner.inbox import Inbox
from apps.ai.runner.memory import (
    DeviceMemory,
    count_oom_kills,
    host_memory,
    names_want_of_memory,
    resident_bytes,
)
from apps.ai.runner.process import (
    RunnerError,
    allow_cpu_seconds,
    bare_environment,
    check_confinement,
)
from apps.ai.runner.scratch import Scratch, empty_directory, exceeds, make_scratch
from apps.ai.runner.volumes import RunnerVolume, describe_volume
from apps.ai.runner.wire import WireError, unpack_outcome

logger = logging.getLogger(__name__)

START_TIMEOUT_S = 60.0
POLL_S = 0.25
FRAME_TIMEOUT_S = 20.0
STDERR_TAIL_LINES = 40
OUT_OF_MEMORY = "out_of_memory"
_CODE_ROOT = Path(__file__).resolve().parents[3]


class RunStopped(Exception):
    """The caller's ``should_stop`` said so; the runner was killed."""


@dataclass(frozen=True, slots=True)
class RunnerLimits:
    """What one runner process may use. ``memory_bytes=0`` lifts the limit (GPU)."""

    memory_bytes: int = 16 * 1024**3
    warm_bytes: int = 4 * 1024**3
    file_bytes: int = 8 * 1024**3
    open_files: int = 256
    scratch_bytes: int = 16 * 1024**3
    scratch_files: int = 20_000


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One run. ``module`` for a built-in, ``bundle_root`` and ``tree_sha256`` for a bundle.

    ``further`` are the other inputs of a bundle that reads several series, by role; results lie
    on the grid of ``volume``. ``room_bytes`` is what the run needs of its device: warm models make
    room for it. ``effort`` says how much memory it may take (``smaller``).
    """

    kind: Literal["builtin", "bundle"]
    volume: RunnerVolume
    headers: Sequence[Dataset]
    parameters: dict[str, Any]
    timeout_s: float
    module: str = ""
    bundle_root: str = ""
    tree_sha256: str = ""
    device: str = "cpu"
    further: Sequence[tuple[str, RunnerVolume]] = ()
    room_bytes: int = 0
    effort: Effort = Effort.USUAL


@dataclass(slots=True)
class ModelRunner:
    """A confined process and its pipes.

    Parameters
    ----------
    scratch_root:
        Where the runner's private directory is made.
    readable:
        Directories the runner may read besides the interpreter and this code: the bundle store.
    """

    scratch_root: Path
    readable: Sequence[Path] = ()
    limits: RunnerLimits = field(default_factory=RunnerLimits)
    starts: int = 0
    confinement: dict[str, Any] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _scratch: Scratch | None = None
    _inbox: Inbox | None = None
    _stderr: deque[str] = field(default_factory=lambda: deque(maxlen=STDERR_TAIL_LINES))
    _drainer: threading.Thread | None = None
    _oom_kills: int = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def run(
        self,
        *,
        request: RunRequest,
        on_progress: Callable[[float, str], None],
        should_stop: Callable[[], bool],
    ) -> AnalysisOutcome:
        """Run one analysis to its end.

        Raises
        ------
        RunnerError
            The process died, ran past its time, broke the protocol (all retryable), or the
            model raised an error (not retryable: the same input would fail again).
        RunStopped
            ``should_stop`` turned true.
        """
        process = self._ensure_started()
        run_id = uuid4().hex
        self._oom_kills = count_oom_kills()
        try:
            self._send(process, run_id, request)
            answer = self._await_outcome(process, run_id, request, on_progress, should_stop)
            return unpack_outcome(
                document=answer,
                mask_file=self._directory() / "work" / run_id / "masks.bin",
                shape=_shape_of(request.volume),
            )
        except WireError as error:
            self.close()
            raise RunnerError("protocol_broken", str(error), retryable=False) from error
        except (frames.EndOfStream, BrokenPipeError) as error:
            raise self._describe_death() from error
        except (frames.FrameError, TimeoutError) as error:
            self.close()
            raise RunnerError("protocol_broken", str(error), retryable=True) from error
        finally:
            self._forget_run()

    def device_memory(self, *, device: str) -> DeviceMemory:
        """What ``device`` has for a run here; what this runner's own models hold counts as free.

        Raises
        ------
        RunnerError
            The runner does not start, or cannot reach the GPU.
        """
        if not device.startswith("cuda"):
            held = resident_bytes(self.pid) if self.pid else 0
            host = host_memory()
            free = min(host.total_bytes, host.free_bytes + held)
            return DeviceMemory(host.total_bytes, free).held_to(self.limits.memory_bytes)
        process = self._ensure_started()
        run_id = uuid4().hex
        frames.write_frame(
            _descriptor(process.stdin), {"run_id": run_id, "kind": "memory", "device": device}
        )
        try:
            answer = frames.read_frame(_descriptor(process.stdout), timeout_s=START_TIMEOUT_S)
            found = answer["outcome"]
            return DeviceMemory(int(found["total_mb"]) << 20, int(found["free_mb"]) << 20)
        except (frames.EndOfStream, frames.FrameError, TimeoutError, KeyError, ValueError) as error:
            self.close()
            message = f"{device} does not say what memory it has."
            raise RunnerError("device_unknown", message, retryable=True) from error

    def rest(self) -> None:
        """No job is due: models stay warm, images do not stay."""
        if self._inbox is not None:
            with contextlib.suppress(OSError):
                self._inbox.clear()

    def close(self) -> None:
        """Kill the process and remove its directory; the next run starts a new one."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
        if self._scratch is not None:
            self._scratch.remove()
            self._scratch = self._inbox = None

    def _ensure_started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        self._stderr.clear()
        self._scratch = make_scratch(self.scratch_root)
        process = subprocess.Popen(
            self._command(self._scratch.path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=_CODE_ROOT,
            env=bare_environment(self._scratch.path / "work"),
            close_fds=True,
            start_new_session=True,
        )
        self._process = process
        self.starts += 1
        self._drainer = threading.Thread(target=self._drain, args=(process,), daemon=True)
        self._drainer.start()
        try:
            ready = frames.read_frame(_descriptor(process.stdout), timeout_s=START_TIMEOUT_S)
        except (frames.EndOfStream, frames.FrameError, TimeoutError) as error:
            self.close()
            tail = " ".join(self._stderr)[-400:]
            raise RunnerError(
                "runner_start", f"The model runner did not start. {tail}", retryable=True
            ) from error
        self.confinement = dict(ready.get("confinement", {}))
        try:
            check_confinement(self.confinement)
        except RunnerError:
            self.close()
            raise
        logger.info("model runner %s started: %s", process.pid, self.confinement)
        return process

    def _command(self, scratch: Path) -> list[str]:
        command = [
            sys.executable, "-E", "-s", "-m", "apps.ai.runner",
            "--parent-pid", str(os.getpid()),
            "--scratch", str(scratch),
            "--memory-bytes", str(self.limits.memory_bytes),
            "--warm-bytes", str(self.limits.warm_bytes),
            "--file-bytes", str(self.limits.file_bytes),
            "--open-files", str(self.limits.open_files),
        ]  # fmt: skip
        for path in self.readable:
            command += ["--readable", str(path)]
        return command

    def _send(self, process: subprocess.Popen[bytes], run_id: str, request: RunRequest) -> None:
        inbox = self._inbox or Inbox(self._directory() / "in")
        self._inbox = inbox
        volumes = [request.volume, *(volume for _, volume in request.further)]
        described = [
            describe_volume(volume, file=name)
            for volume, name in zip(volumes, inbox.put_volumes(volumes), strict=True)
        ]
        headers = inbox.put_headers(request.headers) if request.kind == "builtin" else ""
        allow_cpu_seconds(process.pid, request.timeout_s)
        frames.write_frame(
            _descriptor(process.stdin),
            {
                "run_id": run_id,
                "kind": request.kind,
                "module": request.module,
                "bundle_root": request.bundle_root,
                "tree_sha256": request.tree_sha256,
                "device": request.device,
                "room_bytes": request.room_bytes,
                "effort": request.effort.value,
                "parameters": request.parameters,
                "volume": described[0],
                "further": [
                    {"role": role, **one}
                    for (role, _), one in zip(request.further, described[1:], strict=True)
                ],
                "headers": headers,
            },
        )

    def _await_outcome(
        self,
        process: subprocess.Popen[bytes],
        run_id: str,
        request: RunRequest,
        on_progress: Callable[[float, str], None],
        should_stop: Callable[[], bool],
    ) -> Any:
        output = _descriptor(process.stdout)
        deadline = time.monotonic() + request.timeout_s
        while True:
            if exceeds(
                self._directory() / "work", self.limits.scratch_bytes, self.limits.scratch_files
            ):
                self.close()
                raise RunnerError(
                    "disk_limit",
                    "The model wrote more than it may and was stopped.",
                    retryable=False,
                )
            if should_stop():
                self.close()
                raise RunStopped
            if time.monotonic() > deadline:
                self.close()
                raise RunnerError(
                    "time_limit",
                    f"The model ran longer than {request.timeout_s:.0f} s and was stopped.",
                    retryable=True,
                )
            if not frames.wait_readable(output, POLL_S):
                continue
            answer = frames.read_frame(output, timeout_s=FRAME_TIMEOUT_S)
            if answer.get("run_id") != run_id:
                raise frames.FrameError("an answer to another run")
            match answer.get("type"):
                case "progress":
                    on_progress(_read_fraction(answer), str(answer.get("stage", ""))[:60])
                case "outcome":
                    return answer.get("outcome")
                case "error":
                    raise RunnerError(
                        str(answer.get("code", "model_error"))[:80],
                        str(answer.get("message", ""))[:2_000],
                        retryable=False,
                    )
                case _:
                    raise frames.FrameError("an answer of unknown type")

    def _describe_death(self) -> RunnerError:
        code = self._process.wait(timeout=5) if self._process else None
        if self._drainer is not None:
            self._drainer.join(timeout=2)
        killed = code == -signal.SIGKILL and count_oom_kills() > self._oom_kills
        wanted = code != -signal.SIGKILL and names_want_of_memory(" ".join(self._stderr))
        self.close()
        if killed or wanted:
            message = "The model runner was ended for want of memory."
            return RunnerError(OUT_OF_MEMORY, message, retryable=False)
        how = f"by signal {-code}" if code is not None and code < 0 else f"with status {code}"
        return RunnerError("runner_died", f"The model runner ended {how}.", retryable=True)

    def _forget_run(self) -> None:
        if self._scratch is None:
            return
        if self._inbox is not None:
            self._inbox.end_run()
        empty_directory(self._scratch.path / "work")

    def _drain(self, process: subprocess.Popen[bytes]) -> None:
        if process.stderr is None:
            return
        with process.stderr as stream:
            while line := stream.readline(2_000):
                text = line.decode(errors="replace").rstrip()
                self._stderr.append(text)
                logger.debug("model runner: %s", text)

    def _directory(self) -> Path:
        if self._scratch is None:
            raise RunnerError("runner_died", "The model runner is not running.", retryable=True)
        return self._scratch.path


def _shape_of(volume: RunnerVolume) -> tuple[int, int, int]:
    slices, rows, columns = volume.voxels.shape
    return int(slices), int(rows), int(columns)


def _read_fraction(answer: dict[str, Any]) -> float:
    value = answer.get("fraction")
    return min(1.0, max(0.0, float(value))) if isinstance(value, int | float) else 0.0


def _descriptor(stream: Any) -> int:
    return int(stream.fileno())
