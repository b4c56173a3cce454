"""`docker/nginx.conf` in a real nginx, before whatever web processes a test has."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.e2e.harness import free_port
from tests.system_parts import find_program, is_required

CONFIGURATION = Path(__file__).resolve().parents[1] / "docker" / "nginx.conf"
#: What needs a newer nginx than some systems ship, and what replaces it there.
SPELT_OTHERWISE = {(1, 25): ("        http2 on;\n", ""), (1, 27, 3): (" resolve ", " ")}


class NginxFront:
    """Started when made; `stop` ends it.

    Parameters
    ----------
    root
        An empty folder for certificate, configuration and logs.
    backends
        Addresses of the web processes, ``127.0.0.1:8000``.
    """

    def __init__(self, *, root: Path, backends: list[str]) -> None:
        self.root, self.port = root, free_port()
        self._nginx = _find()
        self._certify()
        configuration = root / "nginx.conf"
        configuration.write_text(self._configure(backends), encoding="utf-8")
        (root / "mime.types").write_text("types { text/html html; }", encoding="utf-8")
        command = [self._nginx, "-p", str(root), "-c", str(configuration)]
        command += ["-e", str(root / "error.log")]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        user = "user root;" if os.geteuid() == 0 else ""  # the test's folders are nobody else's
        self._process = subprocess.Popen([*command, "-g", f"daemon off; {user}"])
        self.trust = ssl.create_default_context(cafile=str(root / "fullchain.pem"))
        with self.client() as client:
            _wait_until_up(client)

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.origin, verify=self.trust, trust_env=False)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)

    def _certify(self) -> None:
        openssl = shutil.which("openssl")
        assert openssl is not None
        wanted = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
        wanted += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        wanted += ["-keyout", f"{self.root}/privkey.pem", "-out", f"{self.root}/fullchain.pem"]
        subprocess.run([openssl, *wanted], check=True, capture_output=True)

    def _configure(self, backends: list[str]) -> str:
        text = CONFIGURATION.read_text("utf-8")
        for since, (new, old) in SPELT_OTHERWISE.items():
            assert new in text, new
            if self._version() < since:
                text = text.replace(new, old)
        (line,) = [line for line in text.splitlines() if "server web:8000" in line]
        lines = [line.replace("web:8000", backend) for backend in backends]
        for old, new in {
            "listen 8443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            line: "\n".join(lines),
            "/etc/nginx/certificates": str(self.root),
            "/etc/nginx/mime.types": str(self.root / "mime.types"),
            "/var/run/nginx.pid": str(self.root / "nginx.pid"),
            "/dev/stdout": str(self.root / "access.log"),
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        names = ("proxy", "client_body", "fastcgi", "uwsgi", "scgi")
        temporary = [f"{name}_temp_path {self.root}/{name};" for name in names]
        return text.replace("http {\n", "http {\n" + "\n".join(temporary) + "\n", 1)

    def _version(self) -> tuple[int, ...]:
        told = subprocess.run([self._nginx, "-v"], capture_output=True, text=True, check=True)
        return tuple(map(int, told.stderr.split("/")[1].split()[0].split(".")))


def _find() -> str:
    nginx = find_program("nginx")
    if nginx is None or shutil.which("openssl") is None:
        reason = "nginx or openssl is not installed (make test says how)"
        pytest.fail(reason) if is_required() else pytest.skip(reason)
    return str(nginx)


def _wait_until_up(client: httpx.Client) -> None:
    for _ in range(100):
        try:
            client.get("/livez")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nginx did not start")
