"""The embedded engines by themselves."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import psycopg
import pytest
import redis

from config.supervisor.engines import EmbeddedPostgres, EmbeddedValkey
from config.supervisor.errors import CannotStart
from config.supervisor.servers import let_nobody_pass, make_private, socket_directory, write_secret
from config.supervisor.undertaker import read_processes
from tests.e2e.harness import wait_for


def test_postgres_keeps_its_data_and_its_password_over_a_restart(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(root=tmp_path / "postgres", durable=False)
    url = postgres.start()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE cases AS SELECT 7 AS number")
    postgres.stop()
    assert postgres.start() == url
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT number FROM cases").fetchone() == (7,)
        listening = connection.execute("SHOW listen_addresses").fetchone()
    postgres.stop()
    assert listening == ("",)


def test_postgres_takes_no_password_for_granted(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(root=tmp_path / "postgres", durable=False)
    url = postgres.start()
    try:
        for user in ("postgres", "consilium"):
            with pytest.raises(psycopg.OperationalError, match="no password supplied"):
                psycopg.connect(url, user=user, password="")
        rules = (postgres.data / "pg_hba.conf").read_text("utf-8")
        assert "trust" not in [line.split()[-1] for line in rules.splitlines() if line[:1] == "l"]
    finally:
        postgres.stop()


def test_postgres_starts_over_the_pid_file_of_a_killed_one(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(root=tmp_path / "postgres", durable=False)
    postgres.start()
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)
    lock = postgres.data / "postmaster.pid"
    lines = lock.read_text("ascii").splitlines()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]), encoding="ascii")  # reused pid
    again = EmbeddedPostgres(root=tmp_path / "postgres", durable=False)
    with psycopg.connect(again.start()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    again.stop()


def test_a_broken_cluster_is_one_clear_line(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(root=tmp_path / "postgres", durable=False)
    postgres.start()
    postgres.stop()
    (postgres.data / "global" / "pg_control").unlink()
    with pytest.raises(CannotStart, match=r"^PostgreSQL did not start: .* \(log: .*\)$"):
        postgres.start()


def test_valkey_survives_kill_with_what_it_had_written(tmp_path: Path) -> None:
    valkey = EmbeddedValkey(root=tmp_path / "valkey")
    client = redis.Redis.from_url(valkey.start())
    client.rpush("default", "job")
    wait_for(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0, what="fsync")
    assert valkey.pid is not None
    os.kill(valkey.pid, signal.SIGKILL)
    valkey.stop()
    client = redis.Redis.from_url(valkey.start())
    assert client.lrange("default", 0, -1) == [b"job"]
    client.close()
    valkey.stop()


def test_valkey_wants_its_password_and_shows_it_to_nobody(tmp_path: Path) -> None:
    valkey = EmbeddedValkey(root=tmp_path / "valkey", durable=False)
    valkey.start()
    try:
        stranger = redis.Redis(unix_socket_path=str(valkey.socket))
        with pytest.raises(redis.AuthenticationError):
            stranger.ping()
        command_line = Path("/proc", str(valkey.pid), "cmdline").read_text("utf-8")
        password = (valkey.root / "password").read_text("utf-8")
        assert password not in command_line
        assert stat.S_IMODE(valkey.socket.stat().st_mode) == 0o700
    finally:
        valkey.stop()


def test_engines_end_with_a_killed_parent(tmp_path: Path) -> None:
    program = f"""
        import sys, time
        from pathlib import Path
        from config.supervisor.engines import EmbeddedPostgres, EmbeddedValkey
        postgres = EmbeddedPostgres(root=Path({str(tmp_path)!r}) / "postgres", durable=False)
        valkey = EmbeddedValkey(root=Path({str(tmp_path)!r}) / "valkey", durable=False)
        postgres.start(), valkey.start()
        print(postgres.pid, valkey.pid, flush=True)
        time.sleep(60)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pids = {int(pid) for pid in parent.stdout.readline().split()}
    assert len(pids) == 2
    parent.kill()
    parent.wait()
    wait_for(lambda: not pids & {pid for pid, _ in read_processes()}, what="no orphan")
    parent.stdout.close()


def test_a_long_path_gets_a_short_private_socket_directory(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-name-of-a-folder"] * 5)
    directory = socket_directory(root=deep, name=".s.PGSQL.5432")
    assert not directory.is_relative_to(deep)
    assert len(os.fsencode(directory / ".s.PGSQL.5432")) < 108
    make_private(directory)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    directory.rmdir()


def test_a_directory_planted_by_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "planted").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotStart, match="belongs to somebody else"):
        make_private(tmp_path / "planted")


def test_nobody_gets_a_way_through_the_state_directory_but_through_no_other(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    state = closed / "var"
    state.mkdir(parents=True, mode=0o700)
    closed.chmod(0o700)
    with pytest.raises(CannotStart, match="`nobody` may not pass"):
        let_nobody_pass(to=state / "postgres")
    assert stat.S_IMODE(state.stat().st_mode) == 0o701
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_a_secret_is_for_its_owner_only(tmp_path: Path) -> None:
    write_secret(tmp_path / "password", "hidden")
    assert stat.S_IMODE((tmp_path / "password").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["password"]
