"""The parent of the parser children: a small pool, each child killed when it overstays.

Not multiprocessing: a Celery prefork child may not have children of that kind, and a forked
child would inherit the database connection and the secrets. These are fresh interpreters with
an empty environment that end when their stdin closes, so no orphan lives on.
"""

import atexit
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

from django.conf import settings

from apps.imaging.parser.verdicts import REASONS

DEFAULT_TIMEOUT_S = 120.0
CHILD_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class ParseOutcome:
    """``summary`` when the file was accepted, else ``code`` and ``reason``.

    ``listed``: SOP Instance UIDs that a DICOMDIR lists.
    """

    prefix: Path
    summary: dict[str, Any] | None = None
    code: str = ""
    reason: str = ""
    listed: tuple[str, ...] = ()


class ParserPool:
    """``size`` children, started when first needed, reused, replaced when they die."""

    def __init__(self, *, size: int, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self.size = size
        self.timeout_s = timeout_s
        self._executor = ThreadPoolExecutor(max_workers=size, thread_name_prefix="dicom-parser")
        self._idle: LifoQueue[subprocess.Popen[bytes]] = LifoQueue()
        self._all: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def submit(
        self, *, source: Path, prefix: Path, limits: dict[str, int] | None = None
    ) -> "Future[ParseOutcome]":
        return self._executor.submit(self.parse, source=source, prefix=prefix, limits=limits)

    def parse(
        self, *, source: Path, prefix: Path, limits: dict[str, int] | None = None
    ) -> ParseOutcome:
        """Parse one file in a child; a dead or late child is one file's verdict, not ours."""
        request = {"source": str(source), "prefix": str(prefix), "limits": limits or {}}
        return self._work(request, prefix=prefix)

    def unpack_segments(
        self,
        *,
        source: Path,
        offset: int,
        length: int,
        prefix: Path,
        limits: dict[str, int] | None = None,
    ) -> ParseOutcome:
        """Unpack the frames of a segmentation that lies in a pack; writes ``<prefix>.masks``."""
        request = {
            "task": "segments",
            "source": str(source),
            "prefix": str(prefix),
            "limits": limits or {},
            "extent": {"offset": offset, "length": length},
        }
        return self._work(request, prefix=prefix)

    def draw_page(
        self,
        *,
        source: Path,
        prefix: Path,
        page: int,
        width: int,
        limits: dict[str, int],
        timeout_s: float,
    ) -> ParseOutcome:
        """Draw a page of an encapsulated PDF; writes ``<prefix>.png`` and ``.txt``."""
        request = {
            "task": "page",
            "source": str(source),
            "prefix": str(prefix),
            "limits": limits,
            "extent": {"page": page, "width": width},
        }
        return self._work(request, prefix=prefix, timeout_s=timeout_s)

    def _work(
        self, request: dict[str, Any], *, prefix: Path, timeout_s: float | None = None
    ) -> ParseOutcome:
        child = self._take()
        try:
            answer = self._ask(child, request, timeout_s=timeout_s or self.timeout_s)
        except TimeoutError:
            self._bury(child)
            return _refuse(prefix, "parser_timeout")
        except (OSError, ValueError):
            self._bury(child)
            return _refuse(prefix, "parser_crashed")
        self._idle.put(child)
        if not answer.get("ok"):
            clear_prefix(prefix)
            return ParseOutcome(
                prefix=prefix,
                code=answer["code"],
                reason=answer["reason"],
                listed=tuple(answer.get("listed", ())),
            )
        return ParseOutcome(prefix=prefix, summary=read_summary(prefix))

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            children = list(self._all)
        for child in children:
            self._bury(child)

    def _take(self) -> subprocess.Popen[bytes]:
        while True:
            try:
                child = self._idle.get_nowait()
            except Empty:
                return self._start()
            if child.poll() is None:
                return child
            self._bury(child)

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in CHILD_ENVIRONMENT if name in os.environ}
        environment |= {
            "PYTHONPATH": str(settings.BASE_DIR),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        child = subprocess.Popen(
            [sys.executable, "-m", "apps.imaging.parser"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
        )
        with self._lock:
            self._all.add(child)
        return child

    def _ask(
        self, child: subprocess.Popen[bytes], request: dict[str, Any], *, timeout_s: float
    ) -> dict[str, Any]:
        assert child.stdin and child.stdout
        child.stdin.write(json.dumps(request).encode() + b"\n")
        child.stdin.flush()
        ready, _, _ = select.select([child.stdout], [], [], timeout_s)
        if not ready:
            raise TimeoutError
        line = child.stdout.readline()
        if not line:
            raise OSError("the parser ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _bury(self, child: subprocess.Popen[bytes]) -> None:
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()
        child.wait()
        with self._lock:
            self._all.discard(child)


def read_summary(prefix: Path) -> dict[str, Any]:
    """The summary that a child wrote last."""
    summary: dict[str, Any] = json.loads(side_file(prefix, "json").read_bytes())
    return summary


def side_file(prefix: Path, suffix: str) -> Path:
    return prefix.with_name(f"{prefix.name}.{suffix}")


def clear_prefix(prefix: Path) -> None:
    """Remove whatever a child left for one file."""
    for suffix in ("json", "json-draft", "dcm", "frames", "meta", "viewer", "masks", "png", "txt"):
        side_file(prefix, suffix).unlink(missing_ok=True)


def _refuse(prefix: Path, code: str) -> ParseOutcome:
    clear_prefix(prefix)
    return ParseOutcome(prefix=prefix, code=code, reason=REASONS[code])


_pools: dict[int, ParserPool] = {}  # by process id: a forked process makes its own
_pool_lock = threading.Lock()


@contextmanager
def shared_pool() -> Iterator[ParserPool]:
    """This process's pool, made when first needed."""
    with _pool_lock:
        pool = _pools.get(os.getpid())
        if pool is None:
            size = max(1, min(4, len(os.sched_getaffinity(0))))
            pool = _pools[os.getpid()] = ParserPool(size=size)
            atexit.register(_close_pool)
    yield pool


def _close_pool() -> None:
    pool = _pools.pop(os.getpid(), None)
    if pool is not None:
        pool.close()
