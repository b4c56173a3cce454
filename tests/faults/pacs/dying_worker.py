"""A nursery of workers that die on demand: one warm process, a fork per worker, SIGKILL at a step.

Run as a program. A request is one JSON line: the work, and before which step to die. A step is
any file operation, statement, commit or network read, so a kill may fall between any two of them.
Forking spares each worker the start of Django and of its parser child, which would be most of
the time; the parser child is inherited, and survives its worker as one killed by power would not.
"""

from __future__ import annotations

import io
import json
import mmap
import os
import select
import signal
import sys
from collections.abc import Callable
from typing import Any

KILLED, FINISHED = "killed", "finished"


class Reaper:
    """Counts steps; at the chosen one the process is gone, without any clearing up."""

    def __init__(self, *, die_before: int) -> None:
        self.steps = 0
        self.die_before = die_before

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.die_before:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.step()
            result = original(*args, **kwargs)
            self.step()
            return result

        setattr(owner, name, counted)

    def watch_everything(self) -> None:
        from django.db.backends.base.base import BaseDatabaseWrapper
        from django.db.backends.utils import CursorWrapper

        from apps.imaging.pacs.transport import _DeadlineStream

        for name in ("fsync", "rename", "unlink", "mkdir", "rmdir", "sendfile"):
            self.watch(os, name)
        self.watch(io, "open")
        for name in ("execute", "executemany"):
            self.watch(CursorWrapper, name)
        self.watch(BaseDatabaseWrapper, "_commit")
        self.watch(_DeadlineStream, "read")


class Nursery:
    """Forks workers; all use one parser child, replaced when a death left it in mid-answer."""

    def __init__(self) -> None:
        from apps.imaging.parsing import ParserPool

        self.asking = mmap.mmap(-1, 1)  # shared with the forks: a request is out
        self.pool = ParserPool(size=1)
        self.warm()

    def warm(self) -> None:
        from pathlib import Path

        self.pool.parse(source=Path(__file__), prefix=Path("/nowhere/warm"))

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self._work(request, writing)
        os.close(writing)
        _, status = os.waitpid(pid, 0)
        with os.fdopen(reading) as pipe:
            said = pipe.read()
        self._tidy_parser()
        return {"end": FINISHED if os.WIFEXITED(status) else KILLED, "steps": said}

    def _work(self, request: dict[str, Any], writing: int) -> None:
        from apps.imaging import parsing

        try:
            parsing._pools[os.getpid()] = self.pool
            for child in self.pool._all:  # not a fork's to wait for: it would look dead
                child.poll = lambda: None  # type: ignore[method-assign]
            original = self.pool._ask

            def ask(*args: Any, **options: Any) -> Any:
                self.asking[0] = 1
                answer = original(*args, **options)
                self.asking[0] = 0
                return answer

            self.pool._ask = ask  # type: ignore[method-assign]
            reaper = Reaper(die_before=request["die_before"])
            reaper.watch_everything()
            WORK[request["work"]](request["id"])
            os.write(writing, str(reaper.steps).encode())
        finally:
            os._exit(0)

    def _tidy_parser(self) -> None:
        if not self.asking[0]:
            return
        self.asking[0] = 0
        (child,) = self.pool._all
        assert child.stdout is not None
        ready, _, _ = select.select([child.stdout], [], [], 0.5)
        if ready and child.stdout.readline():
            return
        while not self.pool._idle.empty():
            self.pool._idle.get_nowait()
        self.pool._bury(child)
        self.warm()


def _ingest(row_id: str) -> None:
    from uuid import UUID

    from apps.imaging.services import ingesting

    ingesting.run_ingest(job_id=UUID(row_id))


def _import(row_id: str) -> None:
    from uuid import UUID

    from apps.imaging.services import importing

    importing.process_import(import_id=UUID(row_id))


WORK: dict[str, Callable[[str], None]] = {"ingest": _ingest, "import": _import}


def main() -> None:
    import django

    django.setup()
    from apps.imaging.services import importing, ingesting  # noqa: F401 - before the first fork

    nursery = Nursery()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(nursery.run(json.loads(line))), flush=True)
    nursery.pool.close()


if __name__ == "__main__":
    main()
