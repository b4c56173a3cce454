"""Hostile requests against the gateway on a live process: bounded answers, no 500, no upstream."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from apps.imaging.gateway import intake
from apps.imaging.models import TokenFailure
from tests.contracts.dicomweb import WRITE, Gateway, encode_parts, live_gateway
from tests.tallies import Tally

pytestmark = pytest.mark.slow
MOST_S = 5.0


@pytest.fixture(scope="module")
def gateway(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    with django_db_blocker.unblock(), live_gateway(tmp_path_factory.mktemp("hostile")) as live:
        yield live


def ask_raw(gateway: Gateway, request: bytes, *, wait_s: float = MOST_S) -> bytes:
    """Bytes as no client would send them; what comes back until the server hangs up."""
    with socket.create_connection(("127.0.0.1", gateway.web.port), timeout=wait_s) as peer:
        answer = b""
        try:
            peer.sendall(request)
            peer.settimeout(wait_s)
            while chunk := peer.recv(65536):
                answer += chunk
                head, _, body = answer.partition(b"\r\n\r\n")
                length = re.search(rb"\ncontent-length: *(\d+)", head, re.IGNORECASE)
                if length and len(body) >= int(length.group(1)):
                    break
        except (TimeoutError, ConnectionError):
            pass
    return answer


TRAVERSALS = (
    "..", "%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2f", "1.2.3;ls", "1.2.3%00",
    "1.2.3%0d%0a",
    "1" * 65, "1.2.3%20", "*", "1.2.3%5c..", "' OR 1=1 --", "%F0%9F%92%A9", "%ff", "${jndi:ldap://x}",
)  # fmt: skip


@pytest.mark.parametrize("uid", TRAVERSALS)
def test_a_uid_that_is_none_gets_nowhere(
    db: None, gateway: Gateway, uid: str, tally: Tally
) -> None:
    for path in (
        f"/studies/{uid}", f"/studies/{uid}/metadata", f"{gateway.study}/series/{uid}/metadata",
        f"{gateway.series()}/instances/{uid}/frames/1", f"{gateway.series()}/instances/{uid}",
    ):  # fmt: skip
        target = f"/dicomweb/cases/{gateway.team.case_id}{path}".replace(" ", "%20")
        head = f"Authorization: Bearer {gateway.token}\r\nHost: localhost\r\nConnection: close"
        answer = ask_raw(gateway, f"GET {target} HTTP/1.1\r\n{head}\r\n\r\n".encode())
        code = int(answer.split(b" ", 2)[1])
        assert code in (400, 404), (path, answer[:300])
        assert b"passwd" not in answer.split(b"\r\n\r\n", 1)[1]
        tally("hostile gateway requests", tried=1, answered_with_data=0)


QUERIES = {
    "limit=99999999999999999999999": 400,
    "limit=" + "9" * 6000: 400,
    "offset=999999999999999": 204,
    "limit=-5": 400,
    "limit=1%00": 400,
    "PatientName=" + "*?" * 2000: 204,
    "PatientName=" + "t*" * 30 + "b": 204,
    "PatientName=%00": 204,
    "PatientName=%0d%0aSet-Cookie:%20x=1": 204,
    "%0d%0aX-Injected:%201=1": 400,
    "StudyInstanceUID=" + ",".join(["1.2.3"] * 2000): 204,
    "&".join(f"0010{n:04X}=1" for n in range(0x1000, 0x1100)): 400,
    "includefield=" + "0010.0020." * 500: 400,
    "order_by=password": 400,
    "patient__owner__password=x": 400,
    "00100010.00100020.00100030.00100040=1": 400,
}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:30])
def test_a_hostile_query_is_answered_soon_and_without_an_echo(
    gateway: Gateway, query: str, tally: Tally
) -> None:
    started = time.monotonic()
    answer = gateway.get(f"/studies?{query}")
    assert time.monotonic() - started < MOST_S
    assert answer.status_code == QUERIES[query], answer.text
    assert "X-Injected" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    tally("hostile gateway requests", tried=1, answered_with_data=0)


def test_headers_cannot_be_injected_through_accept(gateway: Gateway) -> None:
    evil = "application/dicom%0d%0aX-Injected:%201"
    for path in ("/studies", f"{gateway.instance()}/frames/1", gateway.instance()):
        answer = gateway.get(f"{path}?accept={evil}")
        assert answer.status_code == 406
        assert "X-Injected" not in answer.headers
    long = gateway.get("/studies", Accept=", ".join(["text/html"] * 5000))
    assert long.status_code in (400, 406, 431)


@pytest.mark.parametrize(
    "path",
    ["/studies?url=http://169.254.169.254/", "/studies?server=http://127.0.0.1:8042/dicom-web",
     "/studies?configUrl=http://x/", "/studies?upstream=/system"],
)  # fmt: skip
def test_no_parameter_chooses_an_upstream(gateway: Gateway, path: str, tally: Tally) -> None:
    """CVE-2026-12473: the proxy that sent a clinician's token to ``?url=``."""
    assert gateway.get(path).status_code == 400
    tally("hostile gateway requests", tried=1, answered_with_data=0)


@pytest.mark.parametrize(
    "path",
    ["/system", "/instances/x/file", "/tools/find", "/modalities", "/changes",
     "/wado?requestType=WADO",
     "/../../../../system", "/studies/../../system", "//studies", "/studies/1.2.3/archive",
     "/http://127.0.0.1:8042/", "/%2e%2e/%2e%2e/api/me"],
)  # fmt: skip
def test_no_path_leads_past_the_gateway(gateway: Gateway, path: str, tally: Tally) -> None:
    target = f"/dicomweb/cases/{gateway.team.case_id}{path}"
    head = f"Authorization: Bearer {gateway.token}\r\nHost: localhost\r\nConnection: close"
    answer = ask_raw(gateway, f"GET {target} HTTP/1.1\r\n{head}\r\n\r\n".encode())
    assert int(answer.split(b" ", 2)[1]) in (400, 404)
    tally("hostile gateway requests", tried=1, answered_with_data=0)


def test_answers_hold_nothing_of_the_pacs(gateway: Gateway) -> None:
    """Every URL a client is given is ours; no credential, no upstream header."""
    answer = gateway.get("/instances?includefield=all")
    assert {"server-upstream", "x-orthanc", "set-cookie"} & set(answer.headers) == set()
    urls = [
        value
        for one in answer.json()
        for element in one.values()
        for value in [element.get("BulkDataURI"), *(element.get("Value") or [])]
        if isinstance(value, str) and "://" in value
    ]
    assert urls
    assert [url for url in urls if not url.startswith(gateway.root)] == []


# --- bodies ------------------------------------------------------------------------------------


def test_a_stranger_may_not_send_much(gateway: Gateway) -> None:
    """Refused when it is announced, cut when it is not."""
    target = f"/dicomweb/cases/{gateway.team.case_id}/studies"
    kind = 'Content-Type: multipart/related; type="application/dicom"; boundary=x'
    announced = ask_raw(
        gateway,
        f"POST {target} HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n"
        "Content-Length: 4294967296\r\n\r\n".encode(),
    )
    assert announced.startswith(b"HTTP/1.1 401")
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    endless = ask_raw(
        gateway,
        f"POST {target} HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n".encode()
        + chunk * 20,
    )
    assert endless == b"" or endless.startswith(b"HTTP/1.1 401")


def test_who_may_send_may_not_send_without_end(gateway: Gateway) -> None:
    token = gateway.mint("radiologist", WRITE)
    answer = ask_raw(
        gateway,
        f"POST /dicomweb/cases/{gateway.team.case_id}/studies HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: 99999999999999\r\n\r\n".encode(),
    )
    assert answer.startswith(b"HTTP/1.1 413")
    assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["code"] == "too_large"


async def test_an_endless_or_dripping_body_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard itself, with small limits: the application never sees more than they say."""
    monkeypatch.setattr(intake, "UPLOAD_BYTES", 10_000)
    monkeypatch.setattr(intake, "STRANGER_BYTES", 10_000)
    monkeypatch.setattr(intake, "IDLE_S", 0.05)
    monkeypatch.setattr(intake, "_knows", lambda headers, address: True)
    for drips, status in ((False, 413), (True, 408)):
        sent, taken = [], []

        async def receive(drips: bool = drips) -> dict[str, Any]:
            import asyncio

            if drips:
                await asyncio.sleep(60)
            return {"type": "http.request", "body": b"a" * 1000, "more_body": True}

        async def send(message: Any, sent: list[Any] = sent) -> None:
            sent.append(message)

        async def application(
            scope: Any, receive: Any, send: Any, taken: list[bytes] = taken
        ) -> None:
            while (message := await receive())["type"] == "http.request":
                taken.append(message["body"])
            await send({"type": "http.response.start", "status": 200, "headers": []})

        scope = {"type": "http", "headers": [(b"transfer-encoding", b"chunked")], "client": None}
        await intake.limit_bodies(application)(scope, receive, send)
        assert sum(map(len, taken)) <= 10_000
        assert [one["status"] for one in sent if "status" in one] == [status]


def test_thousands_of_parts_are_refused_and_leave_nothing(gateway: Gateway) -> None:
    token = gateway.mint("radiologist", WRITE)
    content, content_type = encode_parts([b"x"] * 6000)
    started = time.monotonic()
    answer = httpx.post(
        f"{gateway.root}/studies",
        content=content,
        headers=gateway.bearer(token) | {"Content-Type": content_type},
        timeout=60,
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_files")
    assert time.monotonic() - started < 4 * MOST_S
    from django.conf import settings

    spool = Path(settings.ARCHIVE_ROOT) / "spool"
    assert [one for one in spool.glob("*") if any(one.iterdir())] == []


def test_ten_thousand_headers_and_a_bare_lf_do_no_harm(gateway: Gateway) -> None:
    many = "".join(f"X-{n}: a\r\n" for n in range(10_000))
    target = f"/dicomweb/cases/{gateway.team.case_id}/studies"
    for head in (
        many,
        f"Authorization: Bearer {gateway.token}\x0bX: 1\r\n",
        "A: b\n\nGET / HTTP/1.1\r\n",
    ):
        answer = ask_raw(
            gateway, f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{head}\r\n".encode()
        )
        assert answer == b"" or int(answer.split(b" ", 2)[1]) in (400, 401, 431)
    TokenFailure.objects.all().delete()
    assert gateway.get("/studies").status_code == 200
