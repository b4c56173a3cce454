"""QIDO-RS, WADO-RS and STOW-RS with time-outs, size limits, retries and a breaker."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID, uuid4

import httpcore
import httpx
import orjson

from apps.imaging.exceptions import PacsAnswerBroken, PacsError
from apps.imaging.models import PacsConnection
from apps.imaging.pacs import replies, tls
from apps.imaging.pacs.breaker import breaker
from apps.imaging.pacs.credentials import basic_auth_of, headers_of
from apps.imaging.pacs.failures import (
    Busy,
    NobodyThere,
    busy_error,
    check_status,
    connect_error,
)
from apps.imaging.pacs.multipart import MultipartReader, boundary_of
from apps.imaging.pacs.replies import QidoSeries, QidoStudy, StowReply
from apps.imaging.pacs.transport import GuardedBackend, GuardedTransport

__all__ = ["PacsClient", "QidoSeries", "QidoStudy", "ReceivedPart", "StowReply", "open_client"]

MIB = 1024 * 1024
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0
QUERY_TOTAL_S = 45.0
SERIES_TOTAL_S = 1800.0
STORE_TOTAL_S = 300.0
ATTEMPTS = 3
RETRY_BASE_S = 0.3
RETRY_AFTER_CAP_S = 5.0
JSON_BYTES = 64 * MIB
PART_BYTES = 2048 * MIB
SERIES_BYTES = 16 * 1024 * MIB
QUERY_PAGE = 500
QUERY_RESULTS = 20_000
DICOM_PARTS = 'multipart/related; type="application/dicom"; transfer-syntax=*'

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class ReceivedPart:
    """One object as received; complete when it is yielded."""

    path: Path
    size_bytes: int


@contextmanager
def open_client(connection: PacsConnection, *, connections: int = 4) -> Iterator["PacsClient"]:
    """A client for one connection; close it by leaving the block."""
    client = PacsClient(connection, connections=connections)
    try:
        yield client
    finally:
        client.close()


class PacsClient:
    """One PACS. Not thread-safe: one client per thread."""

    def __init__(self, connection: PacsConnection, *, connections: int = 4) -> None:
        self.pacs_id: UUID = connection.pk
        self.has_more = False  # than the last query's answer holds, by the PACS's own word
        self._root = connection.base_url.rstrip("/")
        self._backend = GuardedBackend(allowed_networks=connection.allowed_networks)
        self._http = httpx.Client(
            transport=GuardedTransport(
                backend=self._backend, connections=connections, tls=tls.context_of(connection)
            ),
            timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            follow_redirects=False,
            trust_env=False,
            auth=basic_auth_of(connection),
            headers=headers_of(connection),
        )

    def close(self) -> None:
        self._http.close()

    # --- QIDO-RS ---------------------------------------------------------------------------

    def measure_latency_ms(self) -> float:
        """One small query, timed; ignores and resets the breaker."""
        started = time.monotonic()
        self._backend.deadline = started + QUERY_TOTAL_S
        try:
            with self._stream("GET", "/studies", params={"limit": "1"}) as response:
                if not isinstance(_read_json(response), list):
                    raise PacsAnswerBroken("The PACS answered no list.", code="bad_json")
        except Busy as error:
            raise busy_error(error) from None
        breaker.succeeded(self.pacs_id)
        return (time.monotonic() - started) * 1000.0

    def search_studies(self, *, filters: Mapping[str, str], limit: int = 100) -> list[QidoStudy]:
        params = {name: value for name, value in filters.items() if value}
        params |= {
            "limit": str(limit),
            "includefield": "00081030,00080061,00201206,00201208,00100021,00100030,00100040",
        }
        records = self._query("/studies", params=params)
        return [one for one in map(replies.read_study, records) if one.study_instance_uid]

    def find_study(self, *, study_instance_uid: str) -> QidoStudy | None:
        found = self.search_studies(filters={"StudyInstanceUID": study_instance_uid}, limit=2)
        # A PACS that ignores the filter must not make us link somebody else's study.
        return next((s for s in found if s.study_instance_uid == study_instance_uid), None)

    def list_series(self, *, study_instance_uid: str) -> list[QidoSeries]:
        path = f"/studies/{quote(study_instance_uid)}/series"
        records = self._pages(path, {"includefield": "00201209"}, key="0020000E")
        return [one for one in map(replies.read_series, records) if one.series_instance_uid]

    def list_instances(self, *, study_instance_uid: str, series_instance_uid: str) -> list[str]:
        path = f"/studies/{quote(study_instance_uid)}/series/{quote(series_instance_uid)}/instances"
        records = self._pages(path, {}, key="00080018")
        return [uid for record in records if (uid := replies.text(record, "00080018"))]

    def find_study_of_instance(self, *, sop_instance_uid: str) -> str | None:
        """The study that holds an object now, whichever it was before."""
        params = {"SOPInstanceUID": sop_instance_uid, "limit": "2"}
        for record in self._query("/instances", params=params):
            if replies.text(record, "00080018") == sop_instance_uid:
                return replies.text(record, "0020000D") or None
        return None

    def _pages(self, path: str, params: dict[str, str], *, key: str) -> list[dict[str, Any]]:
        """Every page; stops where a server ignores ``offset`` and repeats itself."""
        found: dict[str, dict[str, Any]] = {}
        while True:
            page = self._query(
                path, params=params | {"limit": str(QUERY_PAGE), "offset": str(len(found))}
            )
            fresh = {replies.text(r, key): r for r in page if replies.text(r, key) not in found}
            found |= fresh
            if len(page) < QUERY_PAGE or not fresh:
                return list(found.values())
            if len(found) > QUERY_RESULTS:
                raise PacsAnswerBroken("The PACS lists more than can be true.", code="too_many")

    def _query(self, path: str, *, params: Mapping[str, str]) -> list[dict[str, Any]]:
        def ask() -> list[dict[str, Any]]:
            with self._stream("GET", path, params=params) as response:
                self.has_more = replies.says_more(response.headers.get("Warning", ""))
                if response.status_code == 204:
                    return []
                answer = _read_json(response)
            if not isinstance(answer, list):
                raise PacsAnswerBroken("The PACS answered no list.", code="bad_json")
            return [record for record in answer if isinstance(record, dict)]

        return self._retrying(ask, total_s=QUERY_TOTAL_S)

    # --- WADO-RS ---------------------------------------------------------------------------

    def retrieve_metadata(
        self, *, study_instance_uid: str, series_instance_uid: str
    ) -> list[dict[str, Any]]:
        """DICOM JSON of every object of a series, without bulk data."""
        path = f"/studies/{quote(study_instance_uid)}/series/{quote(series_instance_uid)}/metadata"
        return self._query(path, params={})

    def retrieve_series(
        self, *, study_instance_uid: str, series_instance_uid: str, into: Path
    ) -> Iterator[ReceivedPart]:
        """Every object of a series, each written to ``into`` before it is yielded.

        Not retried here: the caller keeps what arrived complete and asks again for the rest.
        """
        path = f"/studies/{quote(study_instance_uid)}/series/{quote(series_instance_uid)}"
        yield from self._retrieve(path, into=into)

    def retrieve_instance(
        self,
        *,
        study_instance_uid: str,
        series_instance_uid: str,
        sop_instance_uid: str,
        into: Path,
    ) -> Iterator[ReceivedPart]:
        path = (
            f"/studies/{quote(study_instance_uid)}/series/{quote(series_instance_uid)}"
            f"/instances/{quote(sop_instance_uid)}"
        )
        yield from self._retrieve(path, into=into)

    def _retrieve(self, path: str, *, into: Path) -> Iterator[ReceivedPart]:
        breaker.check(self.pacs_id)
        self._backend.deadline = time.monotonic() + SERIES_TOTAL_S
        try:
            with self._stream("GET", path, headers={"Accept": DICOM_PARTS}) as response:
                yield from _save_parts(response, into=into)
        except (PacsError, PacsAnswerBroken):
            breaker.failed(self.pacs_id)
            raise
        except Busy as error:
            breaker.failed(self.pacs_id)
            raise busy_error(error) from None
        breaker.succeeded(self.pacs_id)

    # --- STOW-RS ---------------------------------------------------------------------------

    def store(self, *, study_instance_uid: str, objects: Sequence[bytes]) -> StowReply:
        """Send Part 10 objects once. Never retried: storing is not idempotent everywhere."""
        breaker.check(self.pacs_id)
        self._backend.deadline = time.monotonic() + STORE_TOTAL_S
        boundary = uuid4().hex
        body = b"".join(
            b"--%b\r\nContent-Type: application/dicom\r\n\r\n%b\r\n" % (boundary.encode(), raw)
            for raw in objects
        )
        headers = {
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Accept": "application/dicom+json",
        }
        try:
            with self._stream(
                "POST",
                f"/studies/{quote(study_instance_uid)}",
                headers=headers,
                content=body + f"--{boundary}--\r\n".encode(),
                accepted=(200, 202, 409),
            ) as response:
                answer = _read_json(response)
        except Busy as error:
            breaker.failed(self.pacs_id)
            raise busy_error(error) from None
        except (PacsError, PacsAnswerBroken):
            breaker.failed(self.pacs_id)
            raise
        breaker.succeeded(self.pacs_id)
        if isinstance(answer, list) and len(answer) == 1:
            answer = answer[0]
        if not isinstance(answer, dict):
            raise PacsAnswerBroken("The PACS's store reply is no object.", code="bad_json")
        return replies.read_stow(answer)

    # --- the one way out -------------------------------------------------------------------

    def _retrying(self, call: Callable[[], ResultT], *, total_s: float) -> ResultT:
        """Idempotent calls only: again with jitter, within the total time."""
        breaker.check(self.pacs_id)
        self._backend.deadline = time.monotonic() + total_s
        for attempt in range(1, ATTEMPTS + 1):
            pause: float | None = None
            try:
                result = call()
            except Busy as error:
                failure: Exception = busy_error(error)
                pause = error.retry_after_s
            except (NobodyThere, PacsAnswerBroken):
                breaker.failed(self.pacs_id)
                raise
            except PacsError as error:
                failure = error
            else:
                breaker.succeeded(self.pacs_id)
                return result
            if attempt == ATTEMPTS:
                break
            jittered = RETRY_BASE_S * 2 ** (attempt - 1) * (0.5 + random.random())
            time.sleep(min(jittered if pause is None else pause, RETRY_AFTER_CAP_S))
        breaker.failed(self.pacs_id)
        raise failure

    @contextmanager
    def _stream(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        accepted: tuple[int, ...] = (200, 204),
    ) -> Iterator[httpx.Response]:
        """One exchange; every way it can fail becomes one of our errors."""
        try:
            with self._http.stream(
                method, self._root + path, params=params, headers=headers, content=content
            ) as response:
                check_status(response, accepted=accepted)
                yield response
        except httpx.ConnectTimeout as error:
            raise NobodyThere("The PACS does not answer.") from error
        except (httpx.TimeoutException, httpcore.TimeoutException) as error:
            raise PacsError("The PACS answers too slowly.", code="pacs_timeout") from error
        except httpx.ConnectError as error:
            raise connect_error(error) from error
        except httpx.HTTPError as error:
            raise PacsError(
                "The connection to the PACS broke in the middle.", code="pacs_connection_broken"
            ) from error


def _read_json(response: httpx.Response) -> Any:
    if response.status_code == 204:
        return []
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > JSON_BYTES:
            raise PacsAnswerBroken("The PACS's answer does not end.", code="answer_too_large")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise PacsAnswerBroken("The PACS answered no valid JSON.", code="bad_json") from None


def _save_parts(response: httpx.Response, *, into: Path) -> Iterator[ReceivedPart]:
    content_type = response.headers.get("Content-Type", "")
    boundary = boundary_of(content_type)
    if boundary is None:
        if not content_type.startswith("application/dicom"):
            raise PacsAnswerBroken("The PACS sent no DICOM objects.", code="bad_content_type")
        yield _save(response.iter_bytes(), into=into)
        return
    total = 0
    parts = MultipartReader(response.iter_bytes(), boundary=boundary, part_bytes=PART_BYTES)
    for _headers_of_part, chunks in parts:
        part = _save(chunks, into=into)
        total += part.size_bytes
        if total > SERIES_BYTES:
            raise PacsAnswerBroken("The PACS's answer does not end.", code="answer_too_large")
        yield part


def _save(chunks: Iterator[bytes], *, into: Path) -> ReceivedPart:
    """Complete or not at all: the file is there only when the part's end was seen."""
    path = into / f"{uuid4().hex}.part"
    size = 0
    try:
        with path.open("wb") as out:
            for chunk in chunks:
                size += len(chunk)
                if size > PART_BYTES:
                    raise PacsAnswerBroken("A part does not end.", code="part_too_large")
                out.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return ReceivedPart(path=path, size_bytes=size)
