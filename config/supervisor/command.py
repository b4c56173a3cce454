"""``manage.py up``: parse, run the house, turn what prevents it into one line.

`manage.py` comes here without loading Django, so the supervisor stays small, starts at once, and
can still say what is wrong when an app cannot be imported.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from config.supervisor.checks import explain_os_error
from config.supervisor.errors import CannotStart
from config.supervisor.house import House, Options
from config.supervisor.logs import MergedLog
from config.supervisor.orthanc import find_dicomweb_plugin, find_orthanc

BASE_DIRECTORY = Path(__file__).resolve().parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=None, help="default: PORT, else 8000")
    parser.add_argument(
        "--orthanc",
        nargs="?",
        const="yes",
        default="no",
        choices=("yes", "no", "auto"),
        help="run an Orthanc under var/orthanc; auto: if installed and no PACS is configured",
    )
    parser.add_argument("--demo", action="store_true", help="fill the demo hospital once")
    parser.add_argument("--no-frontend", action="store_true", help="start without the built page")


def read_state_directory() -> Path:
    """CONSILIUM_VAR, by the rule of the settings, which cannot be loaded here yet."""
    state = os.environ.get("CONSILIUM_VAR", "").strip()
    return Path(state).expanduser().resolve() if state else BASE_DIRECTORY / "var"


def read_options(arguments: argparse.Namespace) -> Options:
    return Options(
        base_directory=BASE_DIRECTORY,
        state_directory=read_state_directory(),
        port=arguments.port or _read_port(),
        bind=os.environ.get("CONSILIUM_BIND", "").strip() or "127.0.0.1",
        orthanc=_wants_orthanc(arguments.orthanc),
        demo=arguments.demo,
        frontend=not arguments.no_frontend,
    )


def run(arguments: argparse.Namespace) -> int:
    """Run until told to stop; the exit status."""
    try:
        options = read_options(arguments)
        return asyncio.run(_run(options))
    except CannotStart as reason:
        print(f"Consilium cannot start. {reason}", file=sys.stderr)
    except OSError as error:
        print(
            f"Consilium cannot go on. {explain_os_error(error=error, directory=Path.cwd())}",
            file=sys.stderr,
        )
    return 1


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py up", description="Run the whole house.")
    add_arguments(parser)
    return run(parser.parse_args(argv))


def _wants_orthanc(answer: str) -> bool:
    if answer != "auto":
        return answer == "yes"
    is_configured = bool(os.environ.get("CONSILIUM_PACS_URL", "").strip())
    return not is_configured and find_orthanc() is not None and find_dicomweb_plugin() is not None


async def _run(options: Options) -> int:
    house = House(options=options, log=MergedLog())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, house.ask_to_stop)
    return await house.run()


def _read_port() -> int:
    raw = os.environ.get("PORT", "").strip() or "8000"
    if not raw.isdigit() or not 0 < int(raw) < 65536:
        raise CannotStart(f"PORT={raw!r} is not a port number.")
    return int(raw)
