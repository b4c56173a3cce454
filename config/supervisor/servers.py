"""Private directories, secrets and the tied start of an embedded server."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import secrets
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

from config.supervisor.errors import CannotStart
from config.supervisor.launch import NOBODY_ID

STOP_TIMEOUT_S = 15.0
SOCKET_PATH_MAX_BYTES = 100  # sockaddr_un holds 108 with the terminator
LAUNCHER = Path(__file__).with_name("launch.py")


def launch_command(
    *, program: list[str], parent_death: str, unprivileged: bool = False, new_session: bool = True
) -> list[str]:
    """The argument list that starts `program` tied to the life of the present process."""
    command = [sys.executable, "-I", "-S", str(LAUNCHER), "--parent-death", parent_death]
    if unprivileged:
        command.append("--unprivileged")
    if new_session:
        command.append("--new-session")
    return [*command, "--", *program]


def package_directory(name: str) -> Path:
    specification = importlib.util.find_spec(name)
    if specification is None or specification.origin is None:
        raise CannotStart(f"The embedded engine {name} is not installed: run make demo.")
    return Path(specification.origin).parent


def socket_directory(*, root: Path, name: str) -> Path:
    """`root`/run, or a short private directory where the path would not fit into a socket name."""
    directory = root / "run"
    if len(os.fsencode(directory / name)) <= SOCKET_PATH_MAX_BYTES:
        return directory
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"consilium-{os.geteuid()}-{digest}"


def make_private(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.lstat()
    allowed_owners = (0, os.geteuid(), NOBODY_ID) if os.geteuid() == 0 else (os.geteuid(),)
    if directory.is_symlink() or status.st_uid not in allowed_owners:
        raise CannotStart(f"{directory} belongs to somebody else; remove it or set CONSILIUM_VAR.")
    directory.chmod(0o700)


def chown_tree(directory: Path, *, owner: int) -> None:
    if not directory.exists():
        return
    for path in [directory, *directory.rglob("*")]:
        if path.lstat().st_uid != owner:
            os.chown(path, owner, owner, follow_symlinks=False)


def let_nobody_pass(*, to: Path) -> None:
    """Let the real ``nobody`` through the state directory (not read it) to its own below.

    Only where root may not enter a user namespace; what lies beside stays 0700 or 0600.
    """
    to.parent.chmod(stat.S_IMODE(to.parent.stat().st_mode) | stat.S_IXOTH)
    require_passage(to=to)


def require_passage(*, to: Path) -> None:
    """Every directory above `to` lets other users through.

    Raises
    ------
    CannotStart
        One does not, and it is not ours to open.
    """
    for directory in to.parents:
        if not directory.stat().st_mode & stat.S_IXOTH:
            raise CannotStart(
                f"PostgreSQL does not run as root, and `nobody` may not pass {directory}. "
                "Start Consilium as an ordinary user, or set DATABASE_URL."
            )


def ensure_secret(path: Path) -> None:
    if not path.exists():
        write_secret(path, secrets.token_hex(24))


def write_secret(path: Path, text: str) -> None:
    """Write `text` with mode 0600, whole or not at all (a full disk leaves no empty password)."""
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def read_secret(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()


def server_environment() -> dict[str, str]:
    """Nothing of the caller's environment reaches the server except what it needs to run."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "TZ") if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8"}


def spawn_server(*, command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with open_log(log) as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env=server_environment(),
        )


def open_log(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def stop_server(
    process: subprocess.Popen[bytes] | None, *, first_signal: int, last_signal: int
) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(first_signal)
    try:
        process.wait(timeout=STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.send_signal(last_signal)
        process.wait(timeout=STOP_TIMEOUT_S)


def last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
