"""The pieces of the supervisor that need no running house."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.supervisor import checks
from config.supervisor.command import main
from config.supervisor.errors import CannotStart
from config.supervisor.kept import KeptProcess
from config.supervisor.lock import StateLock
from config.supervisor.logs import MergedLog
from config.supervisor.programs import Program
from config.supervisor.undertaker import find_family, read_processes
from tests.e2e.harness import wait_for

UNDERTAKER = Path(checks.__file__).with_name("undertaker.py")
GRANDPARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"],
                         start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


def kept(*, code: str, log: io.StringIO, directory: Path) -> KeptProcess:
    return KeptProcess(
        program=Program(name="web", command=[sys.executable, "-c", code]),
        environment=os.environ,
        directory=directory,
        log=MergedLog(stream=log),
        on_change=lambda: None,
    )


async def test_a_process_that_dies_comes_back_later_and_later(tmp_path: Path) -> None:
    log = io.StringIO()
    process = kept(code="print('here'); raise SystemExit(3)", log=log, directory=tmp_path)
    running = asyncio.create_task(process.run())
    deadline = time.monotonic() + 20
    while "again in 1 s" not in log.getvalue() and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    await process.stop(grace_s=1)
    running.cancel()
    text = log.getvalue()
    assert "web       here" in text
    assert "web ended with 3; again in 0.5 s" in text
    assert "web ended with 3; again in 1 s" in text


async def test_a_process_deaf_to_the_polite_signal_is_killed_with_its_children(
    tmp_path: Path,
) -> None:
    log = io.StringIO()
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + GRANDPARENT
    process = kept(code=deaf, log=log, directory=tmp_path)
    running = asyncio.create_task(process.run())
    while not log.getvalue():
        await asyncio.sleep(0.05)
    family = {pid for pid, _ in find_family(roots={process.pid or 0})}
    assert len(family) == 2
    await process.stop(grace_s=0.3)
    await running
    assert not family & {pid for pid, _ in read_processes()}


def test_the_undertaker_ends_wards_and_their_hidden_children() -> None:
    ward = subprocess.Popen(
        [sys.executable, "-c", GRANDPARENT],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert ward.stdout is not None
    child = int(ward.stdout.readline())
    undertaker = subprocess.Popen(
        [sys.executable, "-I", "-S", str(UNDERTAKER)], stdin=subprocess.PIPE, text=True
    )
    assert undertaker.stdin is not None
    undertaker.stdin.write(f"+{ward.pid} {int(signal.SIGTERM)}\n")
    undertaker.stdin.close()  # what happens when the supervisor is killed
    assert undertaker.wait(timeout=20) == 0
    assert ward.wait(timeout=5) == -signal.SIGTERM
    wait_for(lambda: child not in {pid for pid, _ in read_processes()}, what="no orphan")
    ward.stdout.close()


def test_the_undertaker_leaves_alone_who_was_taken_off_its_list() -> None:
    spared = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    undertaker = subprocess.run(
        [sys.executable, "-I", "-S", str(UNDERTAKER)],
        input=f"+{spared.pid} 15\n-{spared.pid}\n",
        text=True,
        timeout=20,
        check=False,
    )
    assert undertaker.returncode == 0
    assert spared.poll() is None
    spared.kill()
    spared.wait()


def test_a_lock_names_its_living_holder(tmp_path: Path) -> None:
    first = StateLock(path=tmp_path / "up.lock")
    first.acquire(url="http://127.0.0.1:8000")
    second = StateLock(path=tmp_path / "up.lock")
    with pytest.raises(CannotStart, match=rf"pid {os.getpid()} .* at http://127.0.0.1:8000"):
        second.acquire(url="http://127.0.0.1:8001")
    first.release()
    second.acquire(url="http://127.0.0.1:8001")
    assert json.loads((tmp_path / "up.lock").read_text("utf-8"))["url"].endswith(":8001")
    second.release()


def test_a_missing_page_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="The frontend is not built: run `make demo`"):
        checks.check_frontend(dist=tmp_path)
    (tmp_path / "index.html").write_text("<!doctype html>", encoding="utf-8")
    checks.check_frontend(dist=tmp_path)


def test_a_taken_port_names_the_taker() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Port {port} is in use by pid {os.getpid()}"):
            checks.check_port(host="127.0.0.1", port=port)
    checks.check_port(host="127.0.0.1", port=port)


def test_a_state_directory_that_cannot_be_written_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CONSILIUM_VAR", str(tmp_path / "file" / "var"))
    assert main(["--no-frontend", "--port", "8000"]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("Consilium cannot start. Cannot write to ")
    assert line.endswith("Not a directory.")


def test_a_port_that_is_no_port_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "eighty")
    assert main(["--no-frontend"]) == 1
    line = capsys.readouterr().err
    assert line == "Consilium cannot start. PORT='eighty' is not a port number.\n"


async def test_logs_carry_name_and_time_and_no_escape_sequences() -> None:
    stream = io.StringIO()
    log = MergedLog(stream=stream)
    reader = asyncio.StreamReader()
    reader.feed_data(b"first\nPatient \x1b[2J\xc2\x9b\nlast without end")
    reader.feed_eof()
    await log.follow(name="worker", reader=reader)
    lines = stream.getvalue().splitlines()
    assert [line[9:19].strip() for line in lines] == ["worker"] * 3
    assert lines[0].endswith(" first")
    assert "\x1b" not in lines[1]
    assert "\x9b" not in lines[1]
    assert lines[2].endswith("last without end")


def test_logs_are_coloured_only_where_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream = io.StringIO()
    MergedLog(stream=stream).say("hello")
    assert "\x1b[" in stream.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    stream = io.StringIO()
    MergedLog(stream=stream).say("hello")
    assert "\x1b[" not in stream.getvalue()
