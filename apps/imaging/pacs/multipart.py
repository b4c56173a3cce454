"""multipart/related (RFC 2046, PS3.18 8.6.1) from a stream that may lie.

A part counts only when the delimiter after it was seen; a body without its closing delimiter
is an error, whatever was read before.
"""

from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import HeaderParser

from apps.imaging.exceptions import PacsAnswerBroken

HEADER_BYTES = 16 * 1024
PREAMBLE_BYTES = 16 * 1024
BOUNDARY_LENGTH = 70


def boundary_of(content_type: str) -> bytes | None:
    """The boundary of a ``multipart/related`` content type; ``None`` for any other type."""
    message = Message()
    message["Content-Type"] = content_type
    if message.get_content_type() != "multipart/related":
        return None
    boundary = message.get_boundary()
    if not boundary or len(boundary) > BOUNDARY_LENGTH or not boundary.isascii():
        raise PacsAnswerBroken("The PACS's answer names no usable boundary.", code="bad_boundary")
    return boundary.encode("ascii")


class MultipartReader:
    """Iterate over parts; each must be read (or skipped) before the next.

    >>> for headers, chunks in MultipartReader(stream, boundary=b"x", part_bytes=2**20): ...
    """

    def __init__(self, source: Iterable[bytes], *, boundary: bytes, part_bytes: int) -> None:
        self._source = iter(source)
        self._delimiter = b"\r\n--" + boundary
        self._buffer = b"\r\n"  # so that the first delimiter looks like every other
        self._part_bytes = part_bytes
        self._ended = False

    def __iter__(self) -> Iterator[tuple[Message, Iterator[bytes]]]:
        try:
            for _ in self._until_delimiter(limit=PREAMBLE_BYTES):
                pass
        except PacsAnswerBroken as error:
            raise PacsAnswerBroken(
                "The PACS's answer does not use the boundary it names.", code="bad_boundary"
            ) from error
        while not self._at_close():
            headers = self._read_headers()
            body = self._until_delimiter(limit=self._part_bytes)
            yield headers, body
            for _ in body:  # what the caller did not read
                pass

    def _fill(self) -> None:
        chunk = next(self._source, None)
        if chunk is None:
            raise PacsAnswerBroken(
                "The PACS's answer ended in the middle.", code="truncated_multipart"
            )
        self._buffer += chunk

    def _until_delimiter(self, *, limit: int) -> Iterator[bytes]:
        """Bytes up to the next delimiter, which is consumed."""
        total = 0
        keep = len(self._delimiter) - 1
        while True:
            at = self._buffer.find(self._delimiter)
            ready = at if at >= 0 else max(0, len(self._buffer) - keep)
            total += ready
            if total > limit:
                raise PacsAnswerBroken("A part is larger than the limit.", code="part_too_large")
            if ready:
                yield self._buffer[:ready]
            if at >= 0:
                self._buffer = self._buffer[at + len(self._delimiter) :]
                return
            self._buffer = self._buffer[ready:]
            self._fill()

    def _at_close(self) -> bool:
        """After a delimiter: ``--`` closes, anything else (padding, CRLF) opens a part."""
        while len(self._buffer) < 2:
            self._fill()
        return self._buffer.startswith(b"--")

    def _read_headers(self) -> Message:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > HEADER_BYTES:
                raise PacsAnswerBroken("A part's header does not end.", code="bad_part_header")
            self._fill()
        block = self._buffer[:end].lstrip(b" \t\r\n")
        # The delimiter may follow an empty body at once: keep its CRLF.
        skipped = 2 if self._is_empty_body(end) else 4
        self._buffer = self._buffer[end + skipped :]
        return HeaderParser().parsestr(block.decode("latin-1"))

    def _is_empty_body(self, end: int) -> bool:
        rest = self._buffer[end + 2 : end + 2 + len(self._delimiter)]
        return rest == self._delimiter
