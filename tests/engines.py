"""Pytest plugin: a PostgreSQL and a Valkey of its own for every test run.

Loaded by ``-p tests.engines`` before Django's settings are read. With DATABASE_URL or REDIS_URL set
the given server is used instead. The engines end with this process, also when it is killed, and
what a killed run left in the temporary directory is removed by the next one. Run in parallel
(``-n 2``), each worker has engines of its own and the controller, which tests nothing, has none: a
FLUSHALL in one worker is nobody else's.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from config.supervisor.engines import EmbeddedPostgres, EmbeddedValkey

PREFIX = "consilium-test-"
#: What the controller of a parallel run reads its settings with; it never connects.
NOWHERE = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/consilium",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "CONSILIUM_VAR": str(Path(tempfile.gettempdir(), f"{PREFIX}controller")),
}
#: Tells the workers which of these nobody had set.
UNSET = "CONSILIUM_TEST_UNSET"


@contextmanager
def engines_of_their_own(*, root: Path) -> Iterator[dict[str, str]]:
    """Start both engines under `root`; the environment that leads to them is yielded."""
    with ExitStack() as stack:
        postgres = EmbeddedPostgres(root=root / "postgres", durable=False)
        stack.callback(postgres.stop)
        valkey = EmbeddedValkey(root=root / "valkey", durable=False)
        stack.callback(valkey.stop)
        yield {"DATABASE_URL": postgres.start(), "REDIS_URL": valkey.start()}


def remove_leftovers() -> None:
    """Delete the directories of test runs that were killed."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = directory.name.removeprefix(PREFIX).split("-")[0]
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(directory, ignore_errors=True)


def is_controller(config: pytest.Config) -> bool:
    """Whether this process only hands the tests to workers."""
    return bool(getattr(config.known_args_namespace, "numprocesses", None)) and not is_worker()


def is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Set what is unset; a wrapper, so that it runs before pytest-django reads the settings."""
    if is_controller(early_config):
        unset = {name: value for name, value in NOWHERE.items() if not os.environ.get(name)}
        os.environ.update(unset | {UNSET: " ".join(unset)})
        return (yield)
    if is_worker():
        for name in os.environ.pop(UNSET, "").split():
            del os.environ[name]
    remove_leftovers()
    root = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    early_config.add_cleanup(lambda: shutil.rmtree(root, ignore_errors=True))
    os.environ.setdefault("CONSILIUM_VAR", str(root / "var"))
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        running = engines_of_their_own(root=root)
        environment = running.__enter__()
        early_config.add_cleanup(lambda: running.__exit__(None, None, None))
        for name, url in environment.items():
            if not os.environ.get(name):
                os.environ[name] = url
    return (yield)
