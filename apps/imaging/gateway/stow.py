"""STOW-RS request and answer (PS3.18 10.5, I.2): parts from the body, a verdict for each."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.http import HttpRequest

from apps.core.exceptions import DomainError, InvalidInput, TooLarge
from apps.imaging.choices import FileVerdict
from apps.imaging.exceptions import PacsAnswerBroken
from apps.imaging.gateway.access import CaseRoot
from apps.imaging.gateway.negotiation import parse_media_type
from apps.imaging.gateway.query import element
from apps.imaging.models import Import, ImportFile, Instance
from apps.imaging.pacs.multipart import BOUNDARY_LENGTH, MultipartReader
from apps.imaging.parser.limits import Limits
from apps.imaging.parser.reading import PREAMBLE_BYTES

DICOM = "application/dicom"
CHUNK_BYTES = 1024 * 1024

# PS3.18 table I.2-2; the low byte where the standard leaves it to us is told in docs/imaging.md.
PROCESSING_FAILURE = 0x0110
FAILURES = {
    "too_large": 0xA700,
    "pixels_too_large": 0xA700,
    "out_of_memory": 0xA700,
    "missing_uid": 0xA900,
    "invalid_uid": 0xA900,
    "pixel_length_mismatch": 0xA900,
    "no_pixel_data": 0xA900,
    "wrong_study": 0xA901,
    "patient_mismatch": 0xA902,
    "conflicting_duplicate": 0xA903,
    "unsupported_transfer_syntax": 0xC122,
    "empty": 0xC000,
    "not_dicom": 0xC000,
    "dicomdir": 0xC000,
    "truncated": 0xC000,
    "malformed": 0xC000,
    "too_many_elements": 0xC000,
    "nested_too_deep": 0xC000,
}


class UnsupportedType(DomainError):
    """The body is not what STOW-RS takes."""

    code = "unsupported_media_type"
    status = 415


def boundary_of(content_type: str) -> bytes:
    """The boundary of ``multipart/related; type="application/dicom"``.

    Raises
    ------
    UnsupportedType
        Another type.
    InvalidInput
        ``bad_boundary``.
    """
    one = parse_media_type(content_type)
    if not one.is_multipart or one.inner != DICOM:
        raise UnsupportedType('Send multipart/related; type="application/dicom".')
    boundary = one.parameters.get("boundary", "")
    if not boundary or len(boundary) > BOUNDARY_LENGTH or not boundary.isascii():
        raise InvalidInput("The Content-Type names no usable boundary.", code="bad_boundary")
    return boundary.encode("ascii")


def read_parts(request: HttpRequest, *, boundary: bytes) -> Iterator[tuple[str, IO[bytes]]]:
    """Each part as a stream, to be read before the next is asked for.

    Raises
    ------
    InvalidInput, TooLarge
        The body is not what its header says; nothing of it is kept.
    """
    chunks = iter(lambda: request.read(CHUNK_BYTES), b"")
    reader = MultipartReader(chunks, boundary=boundary, part_bytes=Limits().file_bytes)
    with _as_our_refusal():
        for number, (_, body) in enumerate(reader, start=1):
            yield f"part {number}", PartStream(body)  # type: ignore[misc]


@contextmanager
def _as_our_refusal() -> Iterator[None]:
    """The reader was made for what a PACS answers; here it is a client who is told."""
    try:
        yield
    except PacsAnswerBroken as error:
        if error.error_code == "part_too_large":
            raise TooLarge("A part is larger than the limit.") from None
        raise InvalidInput(
            "The body is not multipart/related with the boundary it names, or it ends early.",
            code=error.error_code,
        ) from None


class PartStream:
    """``read`` for one part; the preamble is zeroed here, so that no other format hides in it."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._preamble_left = PREAMBLE_BYTES

    def read(self, size: int = -1) -> bytes:
        """The next bytes, as they come: at most what the reader holds, never the whole part."""
        with _as_our_refusal():
            chunk = next(self._chunks, b"")
        if self._preamble_left and chunk:
            zeroed = min(self._preamble_left, len(chunk))
            self._preamble_left -= zeroed
            chunk = bytes(zeroed) + chunk[zeroed:]
        return chunk


# --- the answer --------------------------------------------------------------------------------


def describe(root: CaseRoot, parent: Import) -> tuple[int, dict[str, Any]]:
    """Status and Store Instances Response Module (PS3.18 table 10.5.3-1, I.2)."""
    stored, failed, unknown = [], [], []
    for file in parent.files.all():
        if file.verdict in (FileVerdict.STORED, FileVerdict.DUPLICATE):
            stored.append(file)
        elif file.sop_instance_uid and file.sop_class_uid:
            failed.append(file)
        else:
            unknown.append(file)
    document: dict[str, Any] = {"00081190": element("UR", _common_study(root, stored))}
    if failed:
        document["00081198"] = _sequence(
            [_reference(one) | {"00081197": element("US", _reason(one))} for one in failed]
        )
    if stored:
        document["00081199"] = _sequence(_references(root, stored))
    if unknown:
        document["0008119A"] = _sequence([{"00081197": element("US", _reason(o))} for o in unknown])
    if not stored:
        return 409, document
    return (202 if failed or unknown else 200), document


def _reason(file: ImportFile) -> int:
    return FAILURES.get(file.code, PROCESSING_FAILURE)


def _reference(file: ImportFile) -> dict[str, Any]:
    return {
        "00081150": element("UI", file.sop_class_uid),
        "00081155": element("UI", file.sop_instance_uid),
    }


def _references(root: CaseRoot, stored: list[ImportFile]) -> list[dict[str, Any]]:
    uids = [one.sop_instance_uid for one in stored]
    series_of = dict(
        Instance.objects.filter(
            study__study_instance_uid__in={one.study_instance_uid for one in stored},
            sop_instance_uid__in=uids,
        ).values_list("sop_instance_uid", "series__series_instance_uid")
    )
    found = []
    for one in stored:
        url = (
            f"{root.base_url}/studies/{one.study_instance_uid}"
            f"/series/{series_of.get(one.sop_instance_uid, '')}/instances/{one.sop_instance_uid}"
        )
        found.append(_reference(one) | {"00081190": element("UR", url)})
    return found


def _common_study(root: CaseRoot, stored: list[ImportFile]) -> str:
    studies = {one.study_instance_uid for one in stored}
    return f"{root.base_url}/studies/{studies.pop()}" if len(studies) == 1 else ""


def _sequence(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"vr": "SQ", "Value": items}
