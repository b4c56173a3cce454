"""References to every image of a series, as bytes: the same for each of its objects.

A long series is named twice in a segmentation, image by image. The library makes a dataset of each
reference and writes each anew; here they are written once (PS3.5, 7.1.2 and 7.5: Explicit VR Little
Endian, sequences and items of defined length) and put into the finished file.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

SOURCE_IMAGE_SEQUENCE = 0x00082112
REFERENCED_SERIES_SEQUENCE = 0x00081115
_REFERENCED_INSTANCE_SEQUENCE = 0x0008114A
_REFERENCED_SOP_CLASS_UID = 0x00081150
_REFERENCED_SOP_INSTANCE_UID = 0x00081155
_SERIES_INSTANCE_UID = 0x0020000E

#: VRs whose length takes four bytes, behind two that are reserved (PS3.5, table 7.1-1).
_LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
_PREAMBLE = 128 + len(b"DICM")
_UNDEFINED = 0xFFFFFFFF


def encode_references(references: Sequence[tuple[str, str]]) -> bytes:
    """Items of (SOP Class UID, SOP Instance UID)."""
    return b"".join(
        _item(
            _uid(_REFERENCED_SOP_CLASS_UID, class_uid)
            + _uid(_REFERENCED_SOP_INSTANCE_UID, instance_uid)
        )
        for class_uid, instance_uid in references
    )


def encode_series(*, series_instance_uid: str, references: bytes) -> bytes:
    """The item of one series with its references (PS3.3, C.12.2)."""
    return _item(
        _sequence(_REFERENCED_INSTANCE_SEQUENCE, references)
        + _uid(_SERIES_INSTANCE_UID, series_instance_uid)
    )


def insert_sequences(data: bytes, sequences: Mapping[int, bytes]) -> bytes:
    """A file in Explicit VR Little Endian with these sequences added, by tag.

    Raises
    ------
    ValueError
        One is there already, or the file is not laid out as expected.
    """
    waiting = sorted(sequences.items())
    parts: list[bytes] = []
    done = position = _PREAMBLE
    while waiting:
        if position >= len(data):
            raise ValueError("The file ends before its sequences.")
        group, element = struct.unpack_from("<HH", data, position)
        tag = group << 16 | element
        if tag == waiting[0][0]:
            raise ValueError(f"The sequence {tag:08X} is there already.")
        if tag > waiting[0][0]:
            parts += [data[done:position], _sequence(*waiting.pop(0))]
            done = position
            continue
        position = _end_of(data, position)
    return b"".join((data[:_PREAMBLE], *parts, data[done:]))


def _end_of(data: bytes, position: int) -> int:
    """Where the element at ``position`` ends."""
    if data[position + 4 : position + 6] in _LONG:
        (length,) = struct.unpack_from("<I", data, position + 8)
        if length == _UNDEFINED:
            raise ValueError("A sequence has no defined length.")
        return position + 12 + int(length)
    (length,) = struct.unpack_from("<H", data, position + 6)
    return position + 8 + int(length)


def _sequence(tag: int, items: bytes) -> bytes:
    return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, b"SQ", 0, len(items)) + items


def _item(content: bytes) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content


def _uid(tag: int, uid: str) -> bytes:
    value = str(uid).encode("ascii")
    value += b"\x00" * (len(value) % 2)
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, b"UI", len(value)) + value
