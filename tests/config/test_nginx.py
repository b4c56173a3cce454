"""`docker/nginx.conf` in a real nginx before a server that says what it was told."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.harness import free_port
from tests.system_parts import find_program, is_required

CONFIGURATION = Path(__file__).resolve().parents[2] / "docker" / "nginx.conf"


class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({name.lower(): text for name, text in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    nginx = find_program("nginx")
    openssl = shutil.which("openssl")
    if nginx is None or openssl is None:
        reason = "nginx or openssl is not installed (make test says how)"
        pytest.fail(reason) if is_required() else pytest.skip(reason)
    root = tmp_path_factory.mktemp("nginx")
    certificate = ["-keyout", f"{root}/privkey.pem", "-out", f"{root}/fullchain.pem"]
    request = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
    ]
    subprocess.run([openssl, *request, *certificate], check=True, capture_output=True)
    backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=backend.serve_forever, daemon=True).start()
    port = free_port()
    configuration = root / "nginx.conf"
    text = CONFIGURATION.read_text("utf-8")
    version = subprocess.run([nginx, "-v"], capture_output=True, text=True, check=True).stderr
    if tuple(map(int, version.split("/")[1].split()[0].split("."))) < (1, 25):
        text = text.replace("        http2 on;\n", "")  # spelt otherwise before 1.25
    for old, new in {
        "listen 8443 ssl": f"listen 127.0.0.1:{port} ssl",
        "server web:8000": f"server 127.0.0.1:{backend.server_port}",
        "/etc/nginx/certificates": str(root),
        "/etc/nginx/mime.types": str(root / "mime.types"),
        "/var/run/nginx.pid": str(root / "nginx.pid"),
        "/dev/stdout": str(root / "access.log"),
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    temporary = [f"{name}_temp_path {root}/{name};" for name in ("proxy", "client_body", "fastcgi")]
    temporary += [f"{name}_temp_path {root}/{name};" for name in ("uwsgi", "scgi")]
    text = text.replace("http {\n", "http {\n" + "\n".join(temporary) + "\n", 1)
    configuration.write_text(text, encoding="utf-8")
    (root / "mime.types").write_text("types { text/html html; }", encoding="utf-8")
    command = [nginx, "-p", str(root), "-c", str(configuration), "-e", str(root / "error.log")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    user = "user root;" if os.geteuid() == 0 else ""  # the test's folders are nobody else's
    process = subprocess.Popen([*command, "-g", f"daemon off; {user}"])
    trust = ssl.create_default_context(cafile=str(root / "fullchain.pem"))
    client = httpx.Client(base_url=f"https://localhost:{port}", verify=trust, trust_env=False)
    for _ in range(100):
        try:
            client.get("/")
            break
        except httpx.TransportError:
            time.sleep(0.05)
    yield client
    client.close()
    process.terminate()
    process.wait(timeout=10)
    backend.shutdown()


def test_tells_the_web_who_really_asks(proxy: httpx.Client) -> None:
    told = proxy.get("/api/me", headers={"X-Forwarded-For": "10.1.2.3"}).json()
    assert told["x-forwarded-for"] == "127.0.0.1"
    assert told["x-forwarded-proto"] == "https"


def test_passes_sockets_through(proxy: httpx.Client) -> None:
    told = proxy.get("/ws/live/1/", headers={"Connection": "Upgrade", "Upgrade": "websocket"})
    assert told.json()["upgrade"] == "websocket"
    assert told.json()["connection"] == "upgrade"


def test_keeps_the_numbers_of_the_house_inside(proxy: httpx.Client) -> None:
    assert proxy.get("/metrics").status_code == 404


def test_compresses_nothing_on_the_fly(proxy: httpx.Client) -> None:
    answer = proxy.get("/pixels/x", headers={"Accept-Encoding": "gzip", "X-Filler": "a" * 4000})
    assert "Content-Encoding" not in answer.headers


def test_slows_down_who_guesses_passwords(proxy: httpx.Client) -> None:
    path = "/_allauth/browser/v1/auth/login"
    answers = [proxy.post(path).status_code for _ in range(20)]
    assert answers[0] == 200
    assert 503 in answers
