"""From the bytes of a Part 10 file to a checked pydicom dataset (PS3.10 §7)."""

import re
import zlib
from io import BytesIO
from typing import Any

import pydicom
from pydicom import config as pydicom_config
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.sequence import Sequence
from pydicom.uid import UID

from apps.imaging.parser.limits import Limits, memory_for
from apps.imaging.parser.verdicts import Rejected

PREAMBLE_BYTES = 128
MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"
UID_PATTERN = re.compile(r"^[0-9]+(\.[0-9]+)*$")
UID_LENGTH = 64
LISTED_OBJECTS = 50_000
PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})  # these have a verdict of their own
UNDEFINED_LENGTH = 0xFFFFFFFF
DEFLATED = re.compile(rb"\x02\x00\x10\x00UI\x16\x001\.2\.840\.10008\.1\.2\.1\.99")
META_BYTES = 4096
INFLATED_AT_ONCE = 4 * 1024 * 1024

pydicom_config.settings.reading_validation_mode = pydicom_config.IGNORE
pydicom_config.settings.writing_validation_mode = pydicom_config.IGNORE


def clean_preamble(raw: bytes) -> bytes:
    """Zero the preamble: it may hold another file format's executable header.

    Raises
    ------
    Rejected
        ``empty`` or ``not_dicom``.
    """
    if not raw:
        raise Rejected("empty")
    if raw[PREAMBLE_BYTES : PREAMBLE_BYTES + 4] != b"DICM":
        raise Rejected("not_dicom")
    return bytes(PREAMBLE_BYTES) + raw[PREAMBLE_BYTES:]


def read_dataset(raw: bytes, *, limits: Limits) -> FileDataset:
    """Parse completely and check UIDs, element count and nesting.

    Raises
    ------
    Rejected
        With the reason.
    """
    _check_deflated(raw)
    try:
        dataset = pydicom.dcmread(BytesIO(raw))
        _count_elements(dataset, limits=limits)
    except Rejected:
        raise
    except InvalidDicomError as error:
        raise Rejected("not_dicom") from error
    except RecursionError as error:
        raise Rejected("nested_too_deep") from error
    except MemoryError as error:
        raise Rejected("out_of_memory") from error
    except (EOFError, zlib.error) as error:
        raise Rejected("truncated") from error
    except Exception as error:
        raise Rejected("malformed", type(error).__name__) from error
    _check_identity(dataset)
    return dataset


def _check_deflated(raw: bytes) -> None:
    """Inflate without keeping anything: a bomb is known before it has filled the memory.

    Refuses only what would not fit anyway. What hides its transfer syntax from this look meets
    the limit on memory itself.
    """
    found = DEFLATED.search(raw, PREAMBLE_BYTES, PREAMBLE_BYTES + META_BYTES)
    if found is None or raw[132:138] != b"\x02\x00\x00\x00UL":
        return
    start = 144 + int.from_bytes(raw[140:144], "little")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    total, rest = 0, raw[start:]
    while rest and not inflater.eof:
        try:
            total += len(inflater.decompress(rest, INFLATED_AT_ONCE))
        except zlib.error:
            return  # told as what it is where it is read
        rest = inflater.unconsumed_tail
        if total > memory_for(len(raw)):
            raise Rejected("out_of_memory")


def _count_elements(dataset: Dataset, *, limits: Limits) -> None:
    """Convert every element once; what cannot be converted is dropped from nothing."""
    pending: list[tuple[Dataset, int]] = [(dataset, 0)]
    count = 0
    while pending:
        current, depth = pending.pop()
        if depth > limits.depth:
            raise Rejected("nested_too_deep")
        count += len(current)
        if count > limits.elements:
            raise Rejected("too_many_elements")
        for tag in list(current.keys()):
            raw = current.get_item(tag)
            _check_length(raw)
            if raw is not None and getattr(raw, "VR", None) not in (None, "SQ", "UN"):
                continue
            element = _convert(current, tag)
            if element is not None and element.VR == "SQ":
                pending.extend((item, depth + 1) for item in element.value or ())


def _check_length(raw: Any) -> None:
    """pydicom takes a value that the end of the file cut short for a short value."""
    declared, value = getattr(raw, "length", None), getattr(raw, "value", None)
    if declared in (None, UNDEFINED_LENGTH) or not isinstance(value, bytes):
        return
    if len(value) < declared and int(raw.tag) not in PIXEL_TAGS:
        raise Rejected("truncated")


def _convert(dataset: Dataset, tag: Any) -> Any:
    try:
        return dataset[tag]
    except (RecursionError, MemoryError, EOFError):
        raise
    except Exception:  # noqa: BLE001 - one bad element does not make the object unreadable
        return None


def _check_identity(dataset: FileDataset) -> None:
    meta = getattr(dataset, "file_meta", None)
    if str(getattr(meta, "MediaStorageSOPClassUID", "")) == MEDIA_STORAGE_DIRECTORY:
        raise Rejected("dicomdir", listed=_listed_objects(dataset))
    for keyword in (
        "SOPClassUID",
        "SOPInstanceUID",
        "StudyInstanceUID",
        "SeriesInstanceUID",
    ):
        value = text(dataset, keyword)
        if not value:
            raise Rejected("missing_uid", keyword)
        _check_uid(value, keyword)
    if space := text(dataset, "FrameOfReferenceUID"):  # a space that nobody else could name
        _check_uid(space, "FrameOfReferenceUID")
    syntax = str(getattr(meta, "TransferSyntaxUID", ""))
    if not syntax:
        raise Rejected("unsupported_transfer_syntax", "none named")
    if not UID(syntax).is_transfer_syntax:
        raise Rejected("unsupported_transfer_syntax", syntax[:UID_LENGTH])


def _check_uid(value: str, keyword: str) -> None:
    if len(value) > UID_LENGTH or not UID_PATTERN.match(value):
        raise Rejected("invalid_uid", keyword)


def _listed_objects(dataset: FileDataset) -> tuple[str, ...]:
    """SOP Instance UIDs of a DICOMDIR's records in use (PS3.3 F.3.2.2); its paths are not read."""
    found: dict[str, None] = {}
    records = value_of(dataset, "DirectoryRecordSequence")
    for record in records if isinstance(records, Sequence) else ():
        uid = text(record, "ReferencedSOPInstanceUIDInFile")
        if whole(record, "RecordInUseFlag") == 0 or len(found) >= LISTED_OBJECTS:
            continue
        if len(uid) <= UID_LENGTH and UID_PATTERN.match(uid):
            found[uid] = None
    return tuple(found)


def text(dataset: Dataset, keyword: str) -> str:
    """One value as plain text; empty when absent, unreadable or of the wrong type."""
    value = value_of(dataset, keyword)
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("latin-1").strip(" \0")
    return str(value).strip(" \0")


def value_of(dataset: Dataset, keyword: str) -> Any:
    """A value, or ``None`` where the element is absent or its bytes make no sense."""
    try:
        return dataset.get(keyword)
    except Exception:  # noqa: BLE001 - lazily converted hostile bytes
        return None


def numbers(dataset: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    """Exactly ``count`` finite numbers, or ``None``."""
    value = value_of(dataset, keyword)
    if value is None:
        return None
    try:
        items = [value] if count == 1 and not hasattr(value, "__len__") else list(value)
        parsed = tuple(float(item) for item in items)
    except (TypeError, ValueError):
        return None
    if len(parsed) != count or not all(abs(number) < 1e9 for number in parsed):
        return None
    return parsed


def whole(dataset: Dataset, keyword: str) -> int | None:
    value = numbers(dataset, keyword, 1)
    return None if value is None else int(value[0])
