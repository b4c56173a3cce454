"""`manage.py up` as people and accidents use it."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from config.supervisor.undertaker import read_processes
from tests.e2e.harness import BASE_DIRECTORY, Stack, free_port, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

EXPECTED = {"up", "web", "worker", "worker-ai", "beat", "ticker", "postgres", "valkey"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(directory=tmp_path_factory.mktemp("house"), orthanc=False, frontend=False)
    stack.start()
    yield stack
    stack.stop()


def living(pids: set[int]) -> set[int]:
    return pids & {pid for pid, _ in read_processes()}


def run_up(
    *, port: int, state_directory: Path, seconds: float = 120
) -> subprocess.CompletedProcess:
    """A start that is expected to be refused."""
    environment = os.environ | {"CONSILIUM_VAR": str(state_directory), "PORT": str(port)}
    environment.pop("DATABASE_URL", None)
    environment.pop("REDIS_URL", None)
    return subprocess.run(
        [sys.executable, "manage.py", "up", "--no-frontend"],
        cwd=BASE_DIRECTORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_runs_every_process_and_says_ready(house: Stack) -> None:
    assert set(house.pids()) == EXPECTED
    assert house.health()["status"] == "ok"
    assert httpx.get(f"{house.base_url}/livez").json() == {"status": "ok"}
    wait_for(lambda: f"ready: {house.base_url}" in house.log_text(), what="the line for people")


def test_keeps_everything_it_writes_to_itself(house: Stack) -> None:
    state = house.state_directory
    for directory in (state, state / "run", state / "postgres", state / "valkey"):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700, directory
    for secret in (state / "postgres" / "password", state / "valkey" / "password"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600, secret


def test_the_embedded_database_wants_its_password(house: Stack) -> None:
    url = house.urls()["DATABASE_URL"]
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("consilium",)
        is_superuser = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(is_superuser).fetchone() == (False,)
    for user in ("consilium", "postgres"):
        with pytest.raises(psycopg.OperationalError, match=r"password authentication failed"):
            psycopg.connect(url, user=user, password="trust")


def test_a_second_up_says_who_holds_the_house(house: Stack) -> None:
    refused = run_up(port=free_port(), state_directory=house.state_directory)
    assert refused.returncode == 1
    (line,) = refused.stderr.strip().splitlines()
    assert f"pid {house.pid} " in line
    assert house.base_url in line
    assert house.health()["status"] == "ok"


def test_other_commands_find_the_running_house(house: Stack) -> None:
    assert house.urls()["DATABASE_URL"].startswith("postgresql://")
    output = house.manage("showmigrations", "--plan")
    assert "[X]" in output
    assert "[ ]" not in output


@pytest.mark.parametrize("name", ["web", "worker", "ticker", "postgres", "valkey"])
def test_a_killed_process_comes_back(house: Stack, name: str) -> None:
    before = house.pids()[name]
    house.kill(name)
    wait_for(lambda: house.pids().get(name, before) != before, what=f"a new {name}")
    house.wait_until_ready()


def test_a_killed_worker_leaves_no_child_behind(house: Stack) -> None:
    house.wait_until_ready()

    def find_pool() -> tuple[int, set[int]] | None:
        """The worker and its children, once it has forked them."""
        parent = house.pids().get("worker", 0)
        born = {pid for (pid, _), (of, _) in read_processes().items() if of == parent}
        return (parent, born) if born else None

    main, children = wait_for(find_pool, what="a worker with its pool")
    os.kill(main, signal.SIGKILL)
    wait_for(lambda: not living(children), what="the end of the pool")
    wait_for(lambda: house.pids().get("worker", main) != main, what="a new worker")


def test_health_tells_the_truth_about_a_dead_worker(house: Stack) -> None:
    house.wait_until_ready()
    os.kill(house.pids()["worker-ai"], signal.SIGSTOP)
    try:
        silent = wait_for(
            lambda: not (health := house.health())["checks"]["worker-ai"]["ok"] and health,
            what="silence noticed",
        )
        assert silent["status"] == "degraded"
        assert silent["checks"]["worker-ai"] == {"ok": False, "reason": "no sign of life"}
        assert httpx.get(f"{house.base_url}/readyz").status_code == 200
    finally:
        os.kill(house.pids()["worker-ai"], signal.SIGCONT)
    house.wait_until_ready()


def test_health_tells_the_truth_about_a_dead_broker(house: Stack) -> None:
    house.wait_until_ready()
    os.kill(house.pids()["valkey"], signal.SIGSTOP)
    try:
        answer = httpx.get(f"{house.base_url}/readyz", timeout=60)
        assert answer.status_code == 503
        assert answer.json()["checks"]["redis"]["ok"] is False
        assert answer.json()["checks"]["database"]["ok"] is True
    finally:
        os.kill(house.pids()["valkey"], signal.SIGCONT)
    house.wait_until_ready()


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = run_up(port=port, state_directory=tmp_path / "var")
    assert refused.returncode == 1
    (line,) = refused.stderr.strip().splitlines()
    assert f"Port {port} is in use by pid {os.getpid()}" in line
    assert f"PORT={port + 1}" in line


def test_a_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-rm", "true"], check=False).returncode != 0:
        pytest.skip("this kernel lets no user mount a small disk of their own")
    (tmp_path / "var").mkdir()
    command = (
        f"mount -t tmpfs -o size=4m none {tmp_path}/var && exec {sys.executable} manage.py up "
        "--no-frontend"
    )
    environment = os.environ | {"CONSILIUM_VAR": f"{tmp_path}/var", "PORT": str(free_port())}
    refused = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command],
        cwd=BASE_DIRECTORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert refused.returncode == 1
    (line,) = refused.stderr.strip().splitlines()
    assert f"The disk of {tmp_path}/var is full" in line


def test_an_interrupt_ends_everything_and_what_was_stored_stays(house: Stack) -> None:
    house.wait_until_ready()
    with psycopg.connect(house.urls()["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'yes' AS answer")
    family = house.family()
    assert len(family) > len(EXPECTED)
    assert house.stop() == 0
    assert not living(family)

    house.start()
    with psycopg.connect(house.urls()["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == ("yes",)


def test_a_kill_of_the_supervisor_leaves_no_orphan_and_the_next_start_works(house: Stack) -> None:
    family = house.family()
    os.kill(house.pid, signal.SIGKILL)
    house.wait_for_end()
    wait_for(lambda: not living(family), what="no orphan")

    house.start()
    house.kill_whole("up")  # undertaker, engines and workers included: nothing is asked politely
    house.wait_for_end()
    house.start()
    assert house.stop() == 0
