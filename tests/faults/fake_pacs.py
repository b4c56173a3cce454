"""A PACS that lies, on demand: raw sockets, because HTTP libraries are too honest.

It holds one study and answers QIDO and WADO-RS truthfully until ``fault`` says otherwise.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from io import BytesIO

import pydicom

BOUNDARY = "fake-pacs"


class FakePacs:
    """``fault`` is called with (connection, kind, body) for each request; ``None`` is honest.

    kind: studies, series, instances (QIDO), retrieve (WADO), store (STOW).
    """

    def __init__(self, objects: list[bytes]) -> None:
        self.objects = {str(_read(raw).SOPInstanceUID): raw for raw in objects}
        self.fault: Callable[[socket.socket, str, bytes], bool] | None = None
        self.requests: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.2)
        self.port = self._listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}/dicom-web"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            try:
                head = b""
                while b"\r\n\r\n" not in head:
                    chunk = connection.recv(65536)
                    if not chunk:
                        return
                    head += chunk
                method, target = head.split(b" ", 2)[:2]
                path = target.decode().split("?")[0]
                self.requests.append(f"{method.decode()} {path}")
                kind = self._kind(method.decode(), path)
                body, content_type = self._honest(kind, path)
                if self.fault is not None and self.fault(connection, kind, body):
                    return
                send(connection, body, content_type=content_type)
            except OSError:
                return

    @staticmethod
    def _kind(method: str, path: str) -> str:
        if method == "POST":
            return "store"
        if re.search(r"/series/[^/]+(/instances/[^/]+)?$", path):
            return "retrieve"
        return path.rsplit("/", 1)[1]

    def _honest(self, kind: str, path: str) -> tuple[bytes, str]:
        datasets = [_read(raw) for raw in self.objects.values()]
        series = re.search(r"/series/([^/]+)", path)
        inside = [d for d in datasets if not series or d.SeriesInstanceUID == series.group(1)]
        if kind == "retrieve":
            one = re.search(r"/instances/([^/]+)", path)
            wanted = [d for d in inside if not one or d.SOPInstanceUID == one.group(1)]
            parts = [self.objects[str(d.SOPInstanceUID)] for d in wanted]
            kind_of = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
            return multipart(parts), kind_of
        if kind == "store":
            return b'{"00081199": {"vr": "SQ", "Value": []}}', "application/dicom+json"
        if kind == "studies":
            records = [study_record(datasets)]
        elif kind == "series":
            uids = dict.fromkeys(str(d.SeriesInstanceUID) for d in datasets)
            records = [{"0020000E": {"vr": "UI", "Value": [uid]}} for uid in uids]
        else:
            records = [{"00080018": {"vr": "UI", "Value": [str(d.SOPInstanceUID)]}} for d in inside]
        return json.dumps(records).encode(), "application/dicom+json"


def multipart(parts: list[bytes], *, boundary: str = BOUNDARY, close: bool = True) -> bytes:
    body = b"".join(
        f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode() + part + b"\r\n"
        for part in parts
    )
    return body + (f"--{boundary}--\r\n".encode() if close else b"")


def study_record(datasets: list[pydicom.Dataset]) -> dict[str, object]:
    one = datasets[0]
    return {
        "0020000D": {"vr": "UI", "Value": [str(one.StudyInstanceUID)]},
        "00100020": {"vr": "LO", "Value": [str(one.PatientID)]},
        "00100030": {"vr": "DA", "Value": [str(one.PatientBirthDate)]},
        "00100040": {"vr": "CS", "Value": [str(one.PatientSex)]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": str(one.PatientName)}]},
        "00201208": {"vr": "IS", "Value": [len(datasets)]},
    }


def send(
    connection: socket.socket,
    body: bytes,
    *,
    status: str = "200 OK",
    content_type: str = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}',
    length: int | None = None,
    headers: str = "",
) -> None:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nConnection: close\r\n{headers}"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)


def wait_until_closed(connection: socket.socket, seconds: float) -> None:
    """Say nothing for a while, unless the other side gives up first."""
    until = time.monotonic() + seconds
    connection.settimeout(0.1)
    while time.monotonic() < until:
        try:
            if connection.recv(1) == b"":
                return
        except TimeoutError:
            continue


def _read(raw: bytes) -> pydicom.Dataset:
    return pydicom.dcmread(BytesIO(raw), stop_before_pixels=True)
