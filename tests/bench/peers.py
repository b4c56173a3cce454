"""The servers Consilium's pixel path is held against, each on loopback and in its own directory."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path
from shutil import which

import httpx

from config.supervisor.orthanc import OrthancServer
from config.supervisor.servers import launch_command
from tests.e2e.harness import free_port
from tests.orthanc import OrthancUnderTest

_NGINX = """
daemon off; worker_processes 1; error_log {root}/error.log; pid {root}/nginx.pid;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  client_body_temp_path {root}/body; proxy_temp_path {root}/proxy;
  fastcgi_temp_path {root}/fastcgi; uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
  open_file_cache max=2000 inactive=60s;
  server {{ listen 127.0.0.1:{port}; root {root}/files; default_type application/octet-stream; }}
}}
"""


class PeerOrthanc(OrthancUnderTest):
    """An Orthanc as Debian ships it, or with its compression of answers switched off."""

    def __init__(self, *, root: Path, compression: bool) -> None:
        super().__init__(root=root)
        self._server = _Configured(root=root, compression=compression)


class _Configured(OrthancServer):
    def __init__(self, *, root: Path, compression: bool) -> None:
        super().__init__(root=root)
        self._compression = compression

    def configuration(self) -> dict[str, object]:
        return super().configuration() | {"HttpCompressionEnabled": self._compression}


class NginxFiles:
    """nginx with sendfile on files of the same bytes, no question asked: the limit."""

    def __init__(self, *, root: Path, files: dict[str, bytes]) -> None:
        self.origin = f"http://127.0.0.1:{(port := free_port())}"
        for name, content in files.items():
            path = root / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        root.chmod(0o755)
        configuration = root / "nginx.conf"
        configuration.write_text("user root;" + _NGINX.format(root=root, port=port))
        program = which("nginx") or "/usr/sbin/nginx"
        self._process = subprocess.Popen(
            launch_command(program=[program, "-c", str(configuration)], parent_death="KILL"),
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                httpx.get(self.origin)
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise RuntimeError("nginx did not start")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=10)
