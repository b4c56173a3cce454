"""Hostile and odd DICOM files: a clean verdict, bounded memory, bounded time."""

from __future__ import annotations

import io
import os
import signal
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000Lossless, RLELossless, generate_uid

from apps.imaging.parsing import ParserPool, side_file
from apps.imaging.services import zips
from tests.apps.imaging.dicom import make_slice, to_bytes
from tests.tallies import Tally

MIB = 1024 * 1024
HOSTILE_LIMIT_S = 2.0
WARM_UP_S = 100.0


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    pool = ParserPool(size=1, timeout_s=100.0)
    yield pool
    pool.close()


@pytest.fixture(scope="module", autouse=True)
def warm(pool: ParserPool, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The first file pays for starting the child; that is not the file's time."""
    folder = tmp_path_factory.mktemp("warm")
    (folder / "a").write_bytes(plain())
    assert pool.parse(source=folder / "a", prefix=folder / "p").summary


def cpu_s(pool: ParserPool) -> float:
    """Processor seconds of the living child: wall time says more about the machine's load."""
    ticks = 0
    for child in pool._all:
        fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def plain(**fields: Any) -> bytes:
    return to_bytes(make_slice(study_uid=generate_uid(), series_uid=generate_uid(), **fields))


def dataset(**fields: Any) -> pydicom.FileDataset:
    return make_slice(study_uid=generate_uid(), series_uid=generate_uid(), **fields)


def deep() -> bytes:
    """A chain of items 3,000 deep, written by hand: pydicom could not."""
    item_start = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    sequence_start = struct.pack("<HH2sHL", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF)
    item_end = struct.pack("<HHL", 0xFFFE, 0xE00D, 0)
    sequence_end = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    one = dataset()
    del one.PixelData
    return to_bytes(one) + (sequence_start + item_start) * 3000 + (item_end + sequence_end) * 3000


def deep_but_parsable() -> bytes:
    one = dataset()
    inner = Dataset()
    inner.PatientID = "x"
    for _ in range(60):
        outer = Dataset()
        outer.ContentSequence = Sequence([inner])
        inner = outer
    one.ContentSequence = Sequence([inner])
    return to_bytes(one)


def crowded() -> bytes:
    """Written by hand: pydicom would take twenty seconds."""
    value = struct.pack("<HH2sH", 0x0010, 0x0020, b"LO", 2) + b"1 "
    items = (struct.pack("<HHL", 0xFFFE, 0xE000, len(value)) + value) * 410_000
    one = dataset()
    del one.PixelData
    return to_bytes(one) + struct.pack("<HH2sHL", 0x0040, 0xA730, b"SQ", 0, len(items)) + items


def deflate_bomb(*, is_hidden: bool = False) -> bytes:
    """``is_hidden``: its transfer syntax stands so far behind that only the parser finds it."""
    one = dataset()
    if is_hidden:
        one.SOPInstanceUID = "1." + "2" * 6000
    one.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    raw = to_bytes(one)
    meta_end = 144 + struct.unpack("<L", raw[140:144])[0]
    filler = struct.pack("<HH2sHL", 0x0009, 0x1010, b"OB", 0, 0xC0000000)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    start = packer.compress(filler) + packer.flush(zlib.Z_FULL_FLUSH)
    mebibyte = packer.compress(b"\0" * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return raw[:meta_end] + start + mebibyte * 3072 + packer.flush()


def lying_codestream() -> bytes:
    """A JPEG 2000 codestream that claims 60,000 x 60,000 inside a header of 64 x 64."""
    one = dataset(shape=(64, 64))
    one.compress(JPEG2000Lossless, generate_instance_uid=False)
    raw = to_bytes(one)
    at = raw.index(b"\xff\x4f\xff\x51")
    return raw[: at + 8] + struct.pack(">LL", 60_000, 60_000) + raw[at + 16 :]


def rle_bomb() -> bytes:
    one = dataset(shape=(4096, 4096))
    one.file_meta.TransferSyntaxUID = RLELossless
    segment = b"\x81\x00" * 20
    header = struct.pack("<16L", 2, 64, 64 + len(segment), *([0] * 13))
    one.PixelData = encapsulate([header + segment + segment])
    one["PixelData"].VR = "OB"
    one["PixelData"].is_undefined_length = True
    one.NumberOfFrames = 1
    return to_bytes(one)


def huge_declared() -> bytes:
    one = dataset()
    one.Rows = one.Columns = 65535
    one.NumberOfFrames = 65535
    return to_bytes(one)


def wandering_dicomdir() -> bytes:
    """Its records point out of the folder; nobody may follow."""
    one = dataset()
    del one.PixelData
    one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    records = []
    for path in (["..", "..", "etc", "passwd"], ["C:", "WINDOWS"], "/etc/shadow"):
        record = Dataset()
        record.DirectoryRecordType, record.RecordInUseFlag = "IMAGE", 0xFFFF
        record.ReferencedFileID = path
        record.ReferencedSOPInstanceUIDInFile = "../../1.2.3"
        records.append(record)
    one.DirectoryRecordSequence = Sequence(records)
    return to_bytes(one)


HOSTILE: dict[str, tuple[Any, set[str]]] = {
    "DICOMDIR that points elsewhere": (wandering_dicomdir, {"dicomdir"}),
    "empty": (lambda: b"", {"empty"}),
    "text": (lambda: b"hello" * 100, {"not_dicom"}),
    "only a preamble": (lambda: bytes(128) + b"DICM", {"malformed", "missing_uid", "truncated"}),
    "nested 3000 deep": (deep, {"nested_too_deep", "malformed", "truncated"}),
    "nested 60 deep": (deep_but_parsable, {"nested_too_deep"}),
    "410,000 items": (crowded, {"too_many_elements", "out_of_memory", "parser_crashed"}),
    "deflate bomb, 3 GiB": (deflate_bomb, {"out_of_memory"}),
    "declares 281 TB of pixels": (huge_declared, {"pixels_too_large"}),
    "cut in the pixels": (lambda: plain()[:-9], {"pixel_length_mismatch"}),
    "cut in the header": (lambda: plain()[:700], {"truncated", "no_pixel_data", "missing_uid"}),
    "path as UID": (
        lambda: plain(SOPInstanceUID="../../../etc/passwd"),
        {"invalid_uid"},
    ),
    "UID of 70 digits": (lambda: plain(StudyInstanceUID="1." + "2" * 70), {"invalid_uid"}),
    "space of 70 digits": (
        lambda: plain(FrameOfReferenceUID="1." + "2" * 70),
        {"invalid_uid"},
    ),
    "words for a space": (lambda: plain(FrameOfReferenceUID="the table"), {"invalid_uid"}),
    "no study": (lambda: plain(StudyInstanceUID=""), {"missing_uid"}),
    "element longer than the file": (
        lambda: plain() + struct.pack("<HH2sHL", 0x7FE1, 0x10, b"OB", 0, 0x7FFFFFFF) + b"x",
        {"truncated", "malformed", "pixel_length_mismatch"},
    ),
}

ACCEPTED_WITHOUT_PIXELS: dict[str, Any] = {
    "lying codestream": lying_codestream,
    "RLE bomb": rle_bomb,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_a_verdict_in_bounded_time_and_memory(
    name: str, pool: ParserPool, tmp_path: Path, tally: Tally
) -> None:
    make, codes = HOSTILE[name]
    source = tmp_path / "in"
    source.write_bytes(make())
    before = cpu_s(pool)
    outcome = pool.parse(source=source, prefix=tmp_path / "out")
    took_s = cpu_s(pool) - before
    assert outcome.summary is None
    assert outcome.code in codes
    assert outcome.reason
    # "crowded" is a legal file of several megabytes and may take its time.
    assert took_s < HOSTILE_LIMIT_S * (5 if name == "410,000 items" else 1)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    tally("hostile DICOM files", tried=1, with_clean_verdict=1, leftovers=0)


@pytest.mark.parametrize("name", ACCEPTED_WITHOUT_PIXELS)
def test_pixels_that_lie_are_not_shown_and_the_reason_is(
    name: str, pool: ParserPool, tmp_path: Path, tally: Tally
) -> None:
    source = tmp_path / "in"
    source.write_bytes(ACCEPTED_WITHOUT_PIXELS[name]())
    outcome = pool.parse(source=source, prefix=tmp_path / "out")
    tally("hostile DICOM files", tried=1, with_clean_verdict=1, leftovers=0)
    if outcome.summary is None:
        assert outcome.code in {"out_of_memory", "parser_crashed"}
        return
    assert outcome.summary["frames"] == []
    assert outcome.summary["problem"][0] == "pixels_undecodable"


def test_the_child_stays_within_its_memory(tmp_path: Path) -> None:
    """Not more than 256 MiB over what it had before, whatever the file wants."""
    pool = ParserPool(size=1, timeout_s=100.0)
    try:
        (tmp_path / "good").write_bytes(plain())
        pool.parse(source=tmp_path / "good", prefix=tmp_path / "a")
        (child,) = pool._all
        before = _peak_kib(child.pid)
        (tmp_path / "bomb").write_bytes(deflate_bomb(is_hidden=True))
        outcome = pool.parse(source=tmp_path / "bomb", prefix=tmp_path / "b")
        assert outcome.code in {"out_of_memory", "parser_crashed"}
        if child.poll() is None:
            assert _peak_kib(child.pid) - before < 300 * 1024
    finally:
        pool.close()


def _peak_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    raise AssertionError("no VmHWM")


def test_a_child_that_hangs_is_killed_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = ParserPool(size=1, timeout_s=WARM_UP_S)
    try:
        (tmp_path / "good").write_bytes(plain())
        assert pool.parse(source=tmp_path / "good", prefix=tmp_path / "a").summary
        (first,) = pool._all
        pool.timeout_s = 0.5
        os.kill(first.pid, signal.SIGSTOP)
        outcome = pool.parse(source=tmp_path / "good", prefix=tmp_path / "b")
        assert outcome.code == "parser_timeout"
        assert first.poll() is not None
        pool.timeout_s = WARM_UP_S
        assert pool.parse(source=tmp_path / "good", prefix=tmp_path / "c").summary
    finally:
        pool.close()


def test_a_child_knows_no_secret(pool: ParserPool) -> None:
    (child,) = pool._all
    environment = Path(f"/proc/{child.pid}/environ").read_bytes()
    for name in (b"DATABASE_URL", b"REDIS_URL", b"SECRET_KEY", b"CONSILIUM"):
        assert name not in environment
    limits = Path(f"/proc/{child.pid}/limits").read_text()
    assert "Max core file size        0" in limits
    assert "NoNewPrivs:\t1" in Path(f"/proc/{child.pid}/status").read_text()


def test_the_preamble_is_zeroed(pool: ParserPool, tmp_path: Path) -> None:
    raw = plain()
    (tmp_path / "in").write_bytes(b"MZ" + b"\x90" * 126 + raw[128:])
    outcome = pool.parse(source=tmp_path / "in", prefix=tmp_path / "out")
    assert outcome.summary is not None
    stored = side_file(tmp_path / "out", "dcm").read_bytes()
    assert stored == bytes(128) + raw[128:]


# --- zips --------------------------------------------------------------------------------------


def test_a_zip_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as zipped:
        with zipped.open("zeros", "w", force_zip64=True) as entry:
            for _ in range(300):
                entry.write(b"\0" * MIB)
    with pytest.raises(zips.BadZip) as refused:
        list(zips.extract(bomb, into=tmp_path, first_position=0))
    assert refused.value.code == "zip_too_large"
    assert not (tmp_path / "000000").exists()


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("a", b"\0" * 100_000)
    raw = bytearray(packed.getvalue())
    at = raw.index(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<L", 10)
    (tmp_path / "liar.zip").write_bytes(raw)
    with pytest.raises(zips.BadZip) as refused:
        list(zips.extract(tmp_path / "liar.zip", into=tmp_path, first_position=0))
    assert refused.value.code in {"bad_zip", "zip_too_large"}
    assert (tmp_path / "000000").stat().st_size <= 10


def test_a_damaged_zip_is_a_verdict(tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04" + b"\0" * 50)
    with pytest.raises(zips.BadZip) as refused:
        list(zips.extract(tmp_path / "cut.zip", into=tmp_path, first_position=0))
    assert refused.value.code == "bad_zip"


TRAVERSING = (
    "../../evil",
    "/etc/evil",
    "..\\..\\evil",
    "C:\\evil",
    "a/../../../evil",
    "DICOM/./../../evil",
)


def test_no_name_in_a_zip_becomes_a_path(tmp_path: Path, tally: Tally) -> None:
    """Nor does a link: what it points to would be read as the content of a file."""
    packed, inside = tmp_path / "in.zip", tmp_path / "a" / "b" / "in"
    inside.mkdir(parents=True)
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(packed, "w") as zipped:
        for name in TRAVERSING:
            zipped.writestr(zipfile.ZipInfo(name), b"evil")
        zipped.writestr(link, "/etc/passwd")
    entries = list(zips.extract(packed, into=inside, first_position=0))
    written = sorted(path for path in tmp_path.rglob("*") if path.is_file() and path != packed)
    assert written == sorted(one.path for one in entries)
    assert all(path.parent == inside and not path.is_symlink() for path in written)
    assert inside.joinpath("000006").read_bytes() == b"/etc/passwd"
    tally("hostile zips", tried=len(entries), paths_outside=0)
