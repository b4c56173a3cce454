"""`docker/nginx.conf` in a real nginx before a server that says what it was told."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.nginx_front import NginxFront


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
    backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=backend.serve_forever, daemon=True).start()
    root = tmp_path_factory.mktemp("nginx")
    front = NginxFront(root=root, backends=[f"127.0.0.1:{backend.server_port}"])
    with front.client() as client:
        yield client
    front.stop()
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
