"""What worker-ai does: claim, compute in the runner, encode, write once under the fence."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
)
from pydicom.dataset import Dataset

from apps.ai import admission, conf, services
from apps.ai.analyses.results import AnalysisOutcome, SegmentResult, SeriesStatement
from apps.ai.choices import JobState, ModelKind
from apps.ai.encoding import EncodingRefused, prepare_sources
from apps.ai.exceptions import StaleFence
from apps.ai.maps import draft_maps
from apps.ai.models import Job, ModelVersion
from apps.ai.monitoring.profiles import read_profile
from apps.ai.objects import draft_finding
from apps.ai.reading import ReadInput, judge_inputs, read_inputs
from apps.ai.runner.client import (
    ModelRunner,
    RunnerLimits,
    RunRequest,
    RunStopped,
)
from apps.ai.runner.memory import DeviceMemory
from apps.ai.runner.process import RunnerError
from apps.ai.runner.smaller import run_to_fit
from apps.ai.services.claiming import Place, say_memory
from apps.ai.stages import StageClock
from apps.core.exceptions import DomainError, Unavailable
from apps.imaging.exceptions import NotAVolume

logger = logging.getLogger(__name__)

UNREADABLE = frozenset({"pixels_unavailable"})
"""Refusals of the volume that say nothing about the model's scope."""


def run_waiting_jobs(*, worker: str = "") -> int:
    """Run jobs until none is due that fits this worker's device; how many were run."""
    name = worker or f"{socket.gethostname()}:{os.getpid()}"
    count = 0
    while (job := _claim(name)) is not None:
        if job.state == JobState.RUNNING:
            run_job(job=job)
        count += 1
    model_runner().rest()
    return count


def _claim(worker: str) -> Job | None:
    place = worker_place()
    try:
        place.memory = model_runner().device_memory(device=conf.read_device())
    except RunnerError as error:
        # The job says so itself when it meets the same.
        logger.warning("%s: %s; jobs are taken without asking for memory", worker, error.message)
        return services.claim_next_job(worker=worker)
    say_memory(place=place)
    return services.claim_next_job(worker=worker, place=place)


@cache
def worker_place() -> Place:
    """This process's device, and which jobs it has passed over since when."""
    return Place(name=f"{socket.gethostname()}/{conf.read_device()}", memory=DeviceMemory(0, 0))


def run_job(*, job: Job) -> None:
    """Run a claimed job to an ending; whatever happens, it is written under its fence."""
    keeper = LeaseKeeper(job_id=job.pk, fence=job.fence, place=worker_place())
    keeper.start()
    try:
        _analyse(job, keeper)
    except (StaleFence, RunStopped):
        _finish_stopped(job, keeper)
    except (OperationalError, InterfaceError):
        # The lease ends by itself and the sweeper gives the job to somebody else.
        logger.exception("job %s: database away", job.pk)
        connection.close()
    except Exception as error:  # noqa: BLE001 - every failure must end or release the job
        keeper.stop()
        _end_or_release(job, error)
    finally:
        keeper.stop()
        took = keeper.clock.stop()
        said = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in took.items())
        logger.info("job %s: %s", job.pk, said, extra={"stages": took})


@cache
def model_runner() -> ModelRunner:
    """This process's runner; it starts at the first job and stays warm."""
    return ModelRunner(
        scratch_root=conf.scratch_root(),
        readable=[conf.bundle_store()],
        limits=RunnerLimits(
            memory_bytes=conf.memory_limit_bytes(), warm_bytes=conf.warm_limit_bytes()
        ),
    )


@dataclass
class LeaseKeeper:
    """Reports for the job every few seconds from a thread of its own.

    ``should_stop`` turns true when the job was cancelled or belongs to somebody else.
    """

    job_id: UUID
    fence: int
    place: Place
    clock: StageClock = field(default_factory=StageClock)
    progress: float = 0.0
    stage: str = "starting"
    cancelled: bool = False
    lost: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._beat, name="lease-keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=conf.HEARTBEAT_S * 2)

    def report(self, fraction: float, stage: str) -> None:
        self.progress, self.stage = fraction, stage
        self.clock.enter(stage)

    def should_stop(self) -> bool:
        return self.cancelled or self.lost

    def _beat(self) -> None:
        reported, last = (self.progress, self.stage), time.monotonic()
        try:
            while not self._stop.wait(conf.PROGRESS_EVERY_S):
                current = (self.progress, self.stage)
                due = time.monotonic() - last >= conf.HEARTBEAT_S
                if current == reported and not due:
                    continue
                if not self._send(*current):
                    return
                reported, last = current, time.monotonic()
        finally:
            connection.close()

    def _send(self, progress: float, stage: str) -> bool:
        try:
            self.cancelled = services.heartbeat_job(
                job_id=self.job_id, fence=self.fence, progress=progress, stage=stage
            )
            say_memory(place=self.place)
        except StaleFence:
            self.lost = True
            return False
        except (DatabaseError, InterfaceError):
            logger.warning("job %s: heartbeat not written, trying again", self.job_id)
            close_old_connections()
        return True


def _analyse(job: Job, keeper: LeaseKeeper) -> None:
    keeper.report(0.02, "read")
    inputs = read_inputs(job=job)
    services.keep_profile(job_id=job.pk, profile=read_profile(inputs[0].headers[0]))
    verdict = judge_inputs(job=job, inputs=inputs)
    if not verdict.in_scope:
        services.fail_job(
            job_id=job.pk, fence=job.fence, code=verdict.code, message=verdict.message,
            state=JobState.OUT_OF_SCOPE,
        )  # fmt: skip
        return
    keeper.clock.enter("hand_over")
    outcome = run_to_fit(
        runner=model_runner(),
        request=build_request(version=job.version, parameters=job.parameters, inputs=inputs),
        may_use_cpu=bool(job.version.limits.get("cpu_fallback")),
        on_progress=keeper.report,
        should_stop=keeper.should_stop,
    )
    if outcome.kind in {"out_of_scope", "failed"}:
        keeper.stop()
        services.fail_job(
            job_id=job.pk, fence=job.fence, code=outcome.reason_code, message=outcome.reason,
            state=JobState(outcome.kind),
        )  # fmt: skip
        return
    _write_results(job, keeper, inputs[0], outcome)


def build_request(
    *, version: ModelVersion, parameters: dict[str, Any], inputs: Sequence[ReadInput]
) -> RunRequest:
    """What the runner is asked, for a job and for a validation run alike."""
    timeout_s = float(version.limits.get("timeout_s", conf.DEFAULT_TIMEOUT_S))
    builtin = version.model.kind == ModelKind.BUILTIN
    return RunRequest(
        kind="builtin" if builtin else "bundle",
        volume=inputs[0].for_runner(),
        further=[(one.role, one.for_runner()) for one in inputs[1:]],
        headers=inputs[0].headers if builtin else [],
        parameters=parameters,
        timeout_s=timeout_s,
        module=version.module,
        bundle_root=str(conf.bundle_store() / version.tree_sha256),
        tree_sha256=version.tree_sha256,
        device=conf.read_device(),
        room_bytes=admission.estimate_need(
            limits=version.limits,
            is_builtin=builtin,
            voxels=sum(one.volume.voxels.size for one in inputs),
        ).bytes,
    )


def _write_results(
    job: Job, keeper: LeaseKeeper, first: ReadInput, outcome: AnalysisOutcome
) -> None:
    parameters = dict(outcome.parameters) or dict(job.parameters)
    found: list[SegmentResult | SeriesStatement] = [*outcome.segments, *outcome.statements]
    # Copied and checked once for all objects; a statement about a series needs no patient space.
    headers: Sequence[Dataset] = (
        first.headers
        if outcome.statements or not found
        else prepare_sources(source_headers=first.headers)
    )
    drafts = []
    for number, result in enumerate(found, start=1):
        if keeper.should_stop():
            raise RunStopped
        keeper.report(0.9 + 0.09 * number / len(found), "encode")
        drafts.append(
            draft_finding(
                job=job,
                number=number,
                result=result,
                headers=headers,
                volume=first.volume,
                parameters=parameters,
            )
        )
    maps = draft_maps(job=job, maps=outcome.maps, headers=headers, parameters=parameters)
    keeper.stop()
    keeper.clock.enter("write")
    services.complete_job(
        job_id=job.pk,
        fence=job.fence,
        drafts=drafts,
        grid={
            "shape": [int(extent) for extent in first.volume.voxels.shape],
            "sop_instance_uids": list(first.volume.sop_instance_uids),
        },
        parameters=parameters,
        warnings=outcome.warnings,
        maps=maps,
    )


def _finish_stopped(job: Job, keeper: LeaseKeeper) -> None:
    keeper.stop()
    if keeper.lost or not keeper.cancelled:
        logger.info("job %s: given up, another worker has it", job.pk)
        return
    try:
        services.finish_cancelled_job(job_id=job.pk, fence=job.fence)
    except StaleFence:
        logger.info("job %s: given up, another worker has it", job.pk)


def _end_or_release(job: Job, error: Exception) -> None:
    failure = _describe_failure(error)
    if failure.code == "internal_error":
        logger.error("job %s failed", job.pk, exc_info=error)
    try:
        if failure.retryable:
            services.release_job(
                job_id=job.pk, fence=job.fence, code=failure.code, message=failure.message
            )
        else:
            services.fail_job(
                job_id=job.pk,
                fence=job.fence,
                code=failure.code,
                message=failure.message,
                state=failure.state,
            )
    except StaleFence:
        logger.info("job %s: given up, another worker has it", job.pk)


@dataclass(frozen=True, slots=True)
class _Failure:
    code: str
    message: str
    retryable: bool = False
    state: JobState = JobState.FAILED


def _describe_failure(error: Exception) -> _Failure:
    match error:
        case RunnerError():
            return _Failure(error.code, error.message, retryable=error.retryable)
        case NotAVolume() if error.error_code not in UNREADABLE:
            return _Failure(error.error_code, error.message, state=JobState.OUT_OF_SCOPE)
        case DomainError():
            retryable = isinstance(error, Unavailable)
            return _Failure(error.error_code, error.message, retryable=retryable)
        case EncodingRefused():
            return _Failure(error.code, error.reason)
        case _:
            message = f"{type(error).__name__} in the worker."
            return _Failure("internal_error", message, retryable=True)
