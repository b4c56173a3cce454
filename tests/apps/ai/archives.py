"""ZIP files as an attacker would write them, byte for byte where the library refuses."""

import io
import stat
import struct
import zipfile
from pathlib import Path


def pack_tree(root: Path, archive: Path, *, folder: str = "") -> Path:
    """The files of ``root``, below ``folder`` as the zoo packs them."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                packed.write(path, f"{folder}{path.relative_to(root).as_posix()}")
    return archive


def pack(archive: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries:
            packed.writestr(name, content)
    return archive


def entry_of_kind(name: str, kind: int) -> zipfile.ZipInfo:
    """An entry that says it is a link, a device, a pipe …"""
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (kind | 0o777) << 16
    return entry


def link(name: str) -> zipfile.ZipInfo:
    return entry_of_kind(name, stat.S_IFLNK)


def rename_inside(archive: Path, before: str, after: str) -> Path:
    """Write names the library would clean: same length, both in header and contents."""
    assert len(before) == len(after)
    content = archive.read_bytes()
    assert content.count(before.encode()) >= 2
    archive.write_bytes(content.replace(before.encode(), after.encode()))
    return archive


def mark_encrypted(archive: Path) -> Path:
    content = bytearray(archive.read_bytes())
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        offset = packed.start_dir
    flags = struct.unpack_from("<H", content, offset + 8)[0]
    struct.pack_into("<H", content, offset + 8, flags | 0x1)
    archive.write_bytes(content)
    return archive


def overlapping(archive: Path, *, copies: int = 40) -> Path:
    """Many entries whose contents are the same bytes (Fifield 2019)."""
    pack(archive, ("kernel", b"\0" * 900_000))
    content = archive.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        start = packed.start_dir
    end = content.rindex(b"PK\x05\x06")
    record, tail = content[start:end], bytearray(content[end:])
    records = b"".join(
        record[:46] + f"kern{number:02d}".encode() + record[52:] for number in range(copies)
    )
    struct.pack_into("<HHII", tail, 8, copies, copies, len(records), start)
    archive.write_bytes(content[:start] + records + bytes(tail))
    return archive
