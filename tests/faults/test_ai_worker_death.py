"""A worker or its runner dies mid-job, and Redis is flushed: the job completes exactly once.

Real Celery, Valkey and PostgreSQL; the worker is started with the supervisor's own command.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection

from apps.ai import services
from apps.ai.models import Finding, Job, ModelVersion
from apps.core.models import OutboxMessage
from apps.imaging.models import Series
from config.supervisor.programs import _worker_command
from tests.apps.ai import world
from tests.apps.ai.bundles import INFERENCE, write_bundle
from tests.apps.ai.conftest import approved_bundle, house, phantom_series, phantom_team
from tests.faults.processes import children_of, is_alive, is_runner

__all__ = ["approved_bundle", "house", "phantom_series", "phantom_team"]

ROOT = Path(__file__).resolve().parents[2]
WORKS_FOR_S = 3
RETURNS_WITHIN_S = 60.0

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(600)]


def test_database_url() -> str:
    """The URL of the database this test runs on, for processes of their own."""
    known = connection.settings_dict
    query = {"host": known["HOST"]} if str(known["HOST"]).startswith("/") else {}
    host = "" if query else known["HOST"]
    port = f":{known['PORT']}" if known["PORT"] else ""
    user = f"{quote(known['USER'])}:{quote(known['PASSWORD'] or '')}@"
    return f"postgres://{user}{host}{port}/{known['NAME']}?{urlencode(query)}"


test_database_url.__test__ = False


class Processes:
    """Worker and ticker as the house runs them, on this test's database."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.running: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            "DATABASE_URL": test_database_url(),
            "CONSILIUM_VAR": str(directory / "var"),
            "CONSILIUM_ARCHIVE": str(directory / "var" / "archive"),
            "CONSILIUM_AI_DEVICE": "cpu",
        }

    def start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        log = (self.directory / f"{name}-{len(self.running)}.log").open("wb")
        process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )
        self.running.append(process)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start("worker-ai", _worker_command(name="worker-ai", queue="ai", size=1))

    def start_ticker(self) -> subprocess.Popen[bytes]:
        return self.start("ticker", [sys.executable, "manage.py", "tick"])

    def worker_is_ready(self) -> bool:
        """Whether the worker that was started last takes messages."""
        newest = self.directory / f"worker-ai-{len(self.running) - 1}.log"
        return "ready." in newest.read_text(errors="replace")

    def logs(self) -> str:
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-4000:]}"
            for path in sorted(self.directory.glob("*.log"))
        )

    def stop(self) -> None:
        for process in self.running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def processes(house: Path) -> Iterator[Processes]:
    redis.Redis.from_url(django_settings.REDIS_URL).flushall()
    started = Processes(house)
    yield started
    started.stop()


@pytest.fixture
def slow_version(phantom_team, house) -> ModelVersion:
    """An honest bundle that takes a few seconds to load."""
    network = (
        f"$[__import__('time').sleep({WORKS_FOR_S}), "
        "torch.nn.Conv3d(in_channels=1, out_channels=2, kernel_size=1)][1]"
    )
    root = write_bundle(house / "source" / "slow", inference={**INFERENCE, "network_def": network})
    version = services.register_bundle(actor=world.INSTALLER, root=root, slug="slow")
    return world.put_into_use(team=phantom_team, version=version)


def wait_until(condition: Callable[[], object], *, timeout_s: float, processes: Processes) -> float:
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > timeout_s:
            jobs = list(Job.objects.values("state", "stage", "attempts", "reason_message"))
            pytest.fail(f"not within {timeout_s} s: {jobs}\n{processes.logs()}")
        time.sleep(0.1)
    return time.monotonic() - started


def runner_of(worker: subprocess.Popen[bytes]) -> int:
    return next(filter(is_runner, children_of(worker.pid)), 0)


def is_loading(job: Job) -> bool:
    job.refresh_from_db()
    return job.state == "running" and job.stage == "load_model"


def is_finished(job: Job) -> bool:
    job.refresh_from_db()
    return job.state not in {"queued", "running"}


def assert_completed_once(job: Job, *, attempts: int) -> None:
    assert (job.state, job.reason_message) == ("findings", "")
    assert job.attempts == attempts
    assert Finding.objects.filter(job=job).count() == 2
    assert Job.objects.count() == 1


def test_killed_worker_and_flushed_redis_complete_the_job_once(
    phantom_team, slow_version, phantom_series: Series, processes: Processes
):
    processes.start_ticker()
    worker = processes.start_worker()
    job = world.request(team=phantom_team, version=slow_version, series=phantom_series)
    wait_until(lambda: is_loading(job), timeout_s=90, processes=processes)
    family = children_of(worker.pid)
    assert len(family) >= 2, "a pool process and its model runner"

    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    redis.Redis.from_url(django_settings.REDIS_URL).flushall()
    wait_until(lambda: not any(is_alive(pid) for pid in family), timeout_s=10, processes=processes)

    processes.start_worker()
    wait_until(processes.worker_is_ready, timeout_s=60, processes=processes)
    wait_until(lambda: is_finished(job), timeout_s=RETURNS_WITHIN_S, processes=processes)
    assert_completed_once(job, attempts=2)


def test_killed_runner_completes_the_job_once(
    phantom_team, slow_version, phantom_series: Series, processes: Processes
):
    processes.start_ticker()
    worker = processes.start_worker()
    job = world.request(team=phantom_team, version=slow_version, series=phantom_series)
    wait_until(lambda: is_loading(job), timeout_s=90, processes=processes)
    wait_until(lambda: runner_of(worker), timeout_s=10, processes=processes)
    os.kill(runner_of(worker), signal.SIGKILL)
    wait_until(lambda: is_finished(job), timeout_s=RETURNS_WITHIN_S, processes=processes)
    assert worker.poll() is None
    assert_completed_once(job, attempts=2)


def test_flush_while_jobs_wait_loses_none(
    phantom_team, approved_bundle, phantom_series: Series, processes: Processes
):
    processes.start_ticker()
    job = world.request(team=phantom_team, version=approved_bundle, series=phantom_series)
    wait_until(
        lambda: not OutboxMessage.objects.filter(sent_at__isnull=True).exists(),
        timeout_s=30,
        processes=processes,
    )
    redis.Redis.from_url(django_settings.REDIS_URL).flushall()
    processes.start_worker()
    wait_until(lambda: is_finished(job), timeout_s=RETURNS_WITHIN_S, processes=processes)
    assert_completed_once(job, attempts=1)
