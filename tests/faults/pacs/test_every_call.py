"""Every fault against every call to a PACS: over in time, with a word, and nothing partial."""

from __future__ import annotations

import gzip
import hashlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydicom.uid import generate_uid

from apps.core.exceptions import DomainError
from apps.imaging.models import PacsConnection
from apps.imaging.pacs import breaker as breaker_module
from apps.imaging.pacs import client as pacs_client
from apps.imaging.pacs import open_client
from apps.imaging.pacs.client import PacsClient
from apps.imaging.pacs.failures import retry_after_s
from tests.apps.imaging.dicom import make_series, read_bytes
from tests.faults.fake_pacs import BOUNDARY, FakePacs, send, wait_until_closed
from tests.tallies import Tally

HUNG_AFTER_S = 40.0
AT_ONCE = 24
REAL_TIMEOUTS = {
    name: getattr(pacs_client, name)
    for name in ("READ_TIMEOUT_S", "CONNECT_TIMEOUT_S", "QUERY_TOTAL_S", "SERIES_TOTAL_S")
}
JSON_TYPE = "application/dicom+json"
PARTS_TYPE = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
OBJECTS = make_series(count=3, study_uid=generate_uid(), shape=(64, 64))
FIRST = read_bytes(OBJECTS[0])
STUDY, SERIES, INSTANCE = FIRST.StudyInstanceUID, FIRST.SeriesInstanceUID, FIRST.SOPInstanceUID
OF_OTHERS = [raw.replace(STUDY.encode(), b"1.2.3") for raw in OBJECTS]
WHOLE = {hashlib.sha256(raw).hexdigest() for raw in OBJECTS + OF_OTHERS}

Call = Callable[[PacsClient, Path], Any]
CALLS: dict[str, Call] = {
    "measure latency": lambda pacs, into: pacs.measure_latency_ms(),
    "search studies": lambda pacs, into: pacs.search_studies(filters={"PatientID": "P-1"}),
    "find study": lambda pacs, into: pacs.find_study(study_instance_uid=STUDY),
    "list series": lambda pacs, into: pacs.list_series(study_instance_uid=STUDY),
    "list instances": lambda pacs, into: pacs.list_instances(
        study_instance_uid=STUDY, series_instance_uid=SERIES
    ),
    "find study of instance": lambda pacs, into: [
        pacs.find_study_of_instance(sop_instance_uid=INSTANCE)
    ],
    "retrieve metadata": lambda pacs, into: pacs.retrieve_metadata(
        study_instance_uid=STUDY, series_instance_uid=SERIES
    ),
    "retrieve series": lambda pacs, into: list(
        pacs.retrieve_series(study_instance_uid=STUDY, series_instance_uid=SERIES, into=into)
    ),
    "retrieve instance": lambda pacs, into: list(
        pacs.retrieve_instance(
            study_instance_uid=STUDY,
            series_instance_uid=SERIES,
            sop_instance_uid=INSTANCE,
            into=into,
        )
    ),
    "store": lambda pacs, into: pacs.store(study_instance_uid=STUDY, objects=OBJECTS[:1]),
}


def content_type(kind: str) -> str:
    return PARTS_TYPE if kind == "retrieve" else JSON_TYPE


def head(kind: str, *lines: str) -> bytes:
    return "\r\n".join(
        ["HTTP/1.1 200 OK", f"Content-Type: {content_type(kind)}", *lines, "", ""]
    ).encode()


def reset_in_the_middle(c: socket.socket, kind: str, body: bytes) -> None:
    c.sendall(head(kind, f"Content-Length: {len(body)}") + body[: len(body) // 2])
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()


def endless(c: socket.socket, kind: str, body: bytes) -> None:
    more = b"\0" * 262144 if kind == "retrieve" else b'{"0020000E":{}},' * 16384
    start = b"[" if kind != "retrieve" else f"--{BOUNDARY}\r\nA: b\r\n\r\n".encode()
    c.sendall(head(kind, "Connection: close") + start)
    for _ in range(60):
        c.sendall(more)


def endless_headers(c: socket.socket, kind: str, body: bytes) -> None:
    c.sendall(b"HTTP/1.1 200 OK\r\n" + f"X-1: {'a' * 100}\r\n".encode() * 4000)


def forever_continue(c: socket.socket, kind: str, body: bytes) -> None:
    for _ in range(400):
        c.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.02)


def drip(c: socket.socket, kind: str, body: bytes) -> None:
    c.sendall(head(kind, f"Content-Length: {len(body)}"))
    for byte in body[:400]:
        c.sendall(bytes([byte]))
        time.sleep(0.15)


def packed_bomb(c: socket.socket, kind: str, body: bytes) -> None:
    """Compressed though we ask for identity: 48 MiB out of 48 KiB."""
    start = b"[" if kind != "retrieve" else f"--{BOUNDARY}\r\nA: b\r\n\r\n".encode()
    bomb = gzip.compress(start + b" " * (48 * 1024 * 1024), 6)
    c.sendall(head(kind, "Content-Encoding: gzip", f"Content-Length: {len(bomb)}") + bomb)


def other_boundary(c: socket.socket, kind: str, body: bytes) -> None:
    if kind == "retrieve":
        send(c, body, content_type='multipart/related; boundary="something else"')
    else:
        send(c, b"--something else\r\n\r\n" + body, content_type=JSON_TYPE)


def other_study(c: socket.socket, kind: str, body: bytes) -> None:
    send(c, body.replace(STUDY.encode(), b"1.2.3"), content_type=content_type(kind))


BROKEN = {"pacs_connection_broken"}
SLOW = {"pacs_timeout"}
CUT = {"truncated_multipart", "bad_json"}
ENDLESS = {"answer_too_large", "part_too_large", "bad_boundary"}


@dataclass(frozen=True)
class Fault:
    """``act`` answers wrongly; ``codes`` are the words that may come of it."""

    codes: set[str]
    act: Callable[[socket.socket, str, bytes], None] | None = None
    harmless: set[str] = field(default_factory=set)  # calls that may rightly succeed


def answers(status: str, headers: str = "", body: bytes = b"{}") -> Any:
    return lambda c, kind, _: send(c, body, status=status, headers=headers)


FAULTS = {
    "refused": Fault({"pacs_unreachable"}),
    "closes at once": Fault(BROKEN, lambda c, kind, body: c.close()),
    "never answers": Fault(SLOW, lambda c, kind, body: wait_until_closed(c, 8)),
    "drips": Fault(SLOW, drip),
    "100 Continue for ever": Fault(SLOW | BROKEN, forever_continue),
    "reset in the middle": Fault(BROKEN, reset_in_the_middle),
    "half a body": Fault(
        BROKEN,
        lambda c, kind, body: send(
            c, body[: len(body) // 2], content_type=content_type(kind), length=len(body)
        ),
    ),
    "half a body, lying length": Fault(
        CUT,
        lambda c, kind, body: send(c, body[: len(body) // 2], content_type=content_type(kind)),
    ),
    "length too short": Fault(
        CUT | BROKEN,
        lambda c, kind, body: send(
            c, body, content_type=content_type(kind), length=max(1, len(body) - 40)
        ),
    ),
    "wrong boundary": Fault({"bad_boundary", "truncated_multipart", "bad_json"}, other_boundary),
    "endless body": Fault(ENDLESS | SLOW, endless),
    "endless headers": Fault(BROKEN | SLOW, endless_headers),
    "packed bomb": Fault(ENDLESS | CUT | SLOW, packed_bomb),
    "bad packing": Fault(
        BROKEN,
        lambda c, kind, body: c.sendall(
            head(kind, "Content-Encoding: gzip", "Content-Length: 5") + b"hello"
        ),
    ),
    "not HTTP": Fault(BROKEN, lambda c, kind, body: c.sendall(b"SSH-2.0-x\r\n")),
    "401": Fault({"pacs_unauthorised"}, answers("401 Unauthorized")),
    "404": Fault({"pacs_not_found"}, answers("404 Not Found")),
    "500": Fault({"pacs_failed"}, answers("500 Oops")),
    "503 with Retry-After": Fault({"pacs_busy"}, answers("503 Busy", "Retry-After: 1\r\n")),
    "429 with a date": Fault(
        {"pacs_busy"}, answers("429 Slow", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n")
    ),
    "redirect": Fault(
        {"pacs_redirected"}, answers("302 Found", "Location: http://169.254.169.254/latest\r\n")
    ),
    "HTML": Fault(
        {"bad_content_type", "bad_json"},
        lambda c, kind, body: send(c, b"<html>", content_type="text/html"),
    ),
    "another study": Fault(set(), other_study, harmless=set(CALLS)),
}


@dataclass
class Case:
    fault: str
    call: str
    code: str = ""
    message: str = ""
    result: Any = None
    took_s: float = 0.0
    partial: int = 0


def try_out(case: Case, folder: Path) -> Case:
    folder.mkdir()
    fault = FAULTS[case.fault]
    pacs = FakePacs(OBJECTS)
    base_url = pacs.base_url
    if fault.act is None:
        pacs.stop()
    else:
        act = fault.act

        def answer(connection: socket.socket, kind: str, body: bytes) -> bool:
            act(connection, kind, body)
            return True

        pacs.fault = answer
    connection = PacsConnection(name=case.call, base_url=base_url, allowed_networks=["127.0.0.1"])
    started = time.monotonic()
    try:
        with open_client(connection) as client:
            case.result = CALLS[case.call](client, folder)
    except DomainError as error:
        case.code, case.message = error.error_code, error.message
    case.took_s = time.monotonic() - started
    for path in folder.iterdir():
        case.partial += hashlib.sha256(path.read_bytes()).hexdigest() not in WHOLE
    if fault.act is not None:
        pacs.stop()
    return case


@pytest.fixture()
def quick_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules as they are, twenty times faster."""
    monkeypatch.setattr(pacs_client, "READ_TIMEOUT_S", 1.5)
    monkeypatch.setattr(pacs_client, "CONNECT_TIMEOUT_S", 1.5)
    for total in ("QUERY_TOTAL_S", "SERIES_TOTAL_S", "STORE_TOTAL_S"):
        monkeypatch.setattr(pacs_client, total, 4.0)
    monkeypatch.setattr(pacs_client, "RETRY_BASE_S", 0.02)
    monkeypatch.setattr(pacs_client, "RETRY_AFTER_CAP_S", 1.0)
    monkeypatch.setattr(pacs_client, "JSON_BYTES", 1024 * 1024)
    monkeypatch.setattr(pacs_client, "PART_BYTES", 1024 * 1024)
    monkeypatch.setattr(breaker_module, "OPENS_AFTER_FAILURES", 1000)


def run_all(cases: list[Case], folder: Path) -> tuple[list[Case], int]:
    """Every case in a thread of its own; those that did not come back are counted, not awaited."""
    pool = ThreadPoolExecutor(AT_ONCE)
    futures = [pool.submit(try_out, one, folder / str(n)) for n, one in enumerate(cases)]
    done, hung = [], 0
    for future in futures:
        try:
            done.append(future.result(timeout=HUNG_AFTER_S))
        except StillRunning:
            hung += 1
    pool.shutdown(wait=False, cancel_futures=True)
    return done, hung


def test_every_fault_against_every_call_ends_with_a_word(
    quick_client: None, tmp_path: Path, tally: Tally
) -> None:
    cases = [Case(fault, call) for fault in FAULTS for call in CALLS]
    done, hung = run_all(cases, tmp_path)
    partial = sum(one.partial for one in done)
    tally("PACS faults", cases=len(cases), hung=hung, partial=partial)
    assert (hung, partial) == (0, 0)
    # The clock runs fast here: what a busy machine made late is tried once more, by itself.
    for number, one in enumerate(done):
        if one.code == "pacs_timeout" and "pacs_timeout" not in FAULTS[one.fault].codes:
            done[number] = try_out(Case(one.fault, one.call), tmp_path / f"again{number}")
    wrong = [
        f"{one.fault} / {one.call}: {one.code or one.result!r}"
        for one in done
        if one.code not in FAULTS[one.fault].codes and one.call not in FAULTS[one.fault].harmless
    ]
    assert wrong == []
    assert [one for one in done if one.code and not one.message] == []
    slow = [f"{one.fault} / {one.call}: {one.took_s:.1f} s" for one in done if one.took_s > 20]
    assert slow == []


def test_an_answer_about_another_study_is_not_believed(quick_client: None, tmp_path: Path) -> None:
    """The filter ignored: nothing found is the only true answer."""
    found = try_out(Case("another study", "find study"), tmp_path / "one")
    assert (found.code, found.result) == ("", None)


def test_five_seconds_are_waited_for_by_every_call(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tally: Tally
) -> None:
    """The real time-outs: a slow PACS is slow, not broken."""
    for name, seconds in REAL_TIMEOUTS.items():
        monkeypatch.setattr(pacs_client, name, seconds)
    monkeypatch.setattr(breaker_module, "OPENS_AFTER_FAILURES", 1000)
    pacs = FakePacs(OBJECTS)

    def late(connection: socket.socket, kind: str, body: bytes) -> bool:
        time.sleep(5.0)
        return False

    pacs.fault = late
    connection = PacsConnection(name="late", base_url=pacs.base_url, allowed_networks=["127.0.0.1"])
    failed: list[str] = []

    def ask(name: str) -> None:
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        try:
            with open_client(connection) as client:
                CALLS[name](client, folder)
        except DomainError as error:
            failed.append(f"{name}: {error.error_code}")

    threads = [threading.Thread(target=ask, args=(name,), daemon=True) for name in CALLS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HUNG_AFTER_S)
    hung = sum(thread.is_alive() for thread in threads)
    pacs.stop()
    tally("PACS faults", cases=len(CALLS), hung=hung, partial=0)
    assert (hung, failed) == (0, [])


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [("3", 3.0), ("", None), ("-1", None), ("soon", None), ("9" * 30, None), ("²", None)],
)
def test_retry_after_is_read_or_ignored(raw: str, seconds: float | None) -> None:
    assert retry_after_s(raw) == seconds


def test_retry_after_may_be_a_date() -> None:
    assert retry_after_s("Sun, 06 Nov 1994 08:49:37 GMT") == 0.0
    assert (retry_after_s("Sun, 06 Nov 2094 08:49:37 GMT") or 0) > 10**9
