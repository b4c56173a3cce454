"""Runs the Node load generator on a job and reads back what it heard."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.live.gate import check_events, check_private, check_stage
from tests.live_client import stage

Json = dict[str, Any]
HERE = Path(__file__).parent
SETUP_S = 300


def run_generator(job: Json, *, program: str = "load.mjs") -> Json:
    """What the clients of ``job`` heard."""
    with generating(job, program=program) as (_, result):
        return result()


@contextmanager
def generating(
    job: Json, *, program: str = "load.mjs"
) -> Iterator[tuple[subprocess.Popen[str], Callable[[], Json]]]:
    """The running generator, and its result once it has ended."""
    with tempfile.TemporaryDirectory(prefix="consilium-live-") as name:
        told, heard = Path(name, "job.json"), Path(name, "result.json")
        told.write_text(json.dumps(job), "utf-8")
        process = subprocess.Popen(
            ["node", str(HERE / program), str(told), str(heard)], stdout=subprocess.PIPE, text=True
        )

        def result() -> Json:
            if process.wait(timeout=job.get("seconds", 0) + SETUP_S) != 0:
                raise AssertionError(f"{program} ended with {process.returncode}")
            answer: Json = json.loads(heard.read_text("utf-8"))
            return answer

        try:
            yield process, result
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def stage_text(study: str, *, room: int) -> str:
    """A full ``stage.update`` of one viewport: what the browser sends while somebody scrolls.

    ``@EPOCH@`` and ``@REV@`` are filled in for each frame. It names its room, to find leaks.
    """
    message = stage(study, epoch=0, rev=0)
    (viewport,) = message["state"]["viewports"]
    viewport["overlays"] = [f"bench-room-{room}"]
    viewport["camera"]["focal_point_lps"] = [1.5, 2.5, "@REV@"]
    message |= {"epoch": "@EPOCH@", "rev": "@REV@"}
    text = json.dumps(message, separators=(",", ":"))
    return text.replace('"@EPOCH@"', "@EPOCH@").replace('"@REV@"', "@REV@")


def check_heard(heard: Json, *, heads: Sequence[int] | dict[int, int]) -> None:
    """The gate of a run against our hub; ``heads`` by room."""
    for client in heard["clients"]:
        who = f"client {client['index']} of room {client['room']}"
        if client["closed"] is not None:
            raise AssertionError(f"{who} was closed with {client['closed']}")
        if client["refused"]:
            raise AssertionError(f"{who} was refused: {client['refused'][:5]}")
        if client["acked"] != client["submitted"]:
            raise AssertionError(f"{who}: {client['acked']} of {client['submitted']} acknowledged")
        check_events(
            joins=client["joins"], seqs=client["seqs"], head=heads[client["room"]], who=who
        )
        check_stage(revs=client["revs"], who=who)
    check_private(clients=heard["clients"])
