"""From staged objects to one immutable directory per series (temp, fsync, rename)."""

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

import orjson

from apps.imaging.archive import reader
from apps.imaging.archive.layout import draft_directory
from apps.imaging.archive.pixels import decode_frame, draw_thumbnail, names_impossible_window
from apps.imaging.archive.place import series_store
from apps.imaging.archive.store import MANIFEST
from apps.imaging.geometry import FramePose, SeriesGeometry, describe_frames, instance_order
from apps.imaging.parsing import side_file

FORMAT_VERSION = 1
WINDOW_NOT_USABLE = "The file's window does not fit its values; the shown one is ours."
GZIP_LEVEL = 6


class ArchivableInstance(Protocol):
    """One object on its way into a published series, new or already archived."""

    @property
    def summary(self) -> dict[str, Any]: ...

    def original(self) -> bytes: ...
    def frames(self) -> bytes: ...
    def metadata(self) -> bytes: ...
    def viewer(self) -> bytes: ...


Archivable = TypeVar("Archivable", bound=ArchivableInstance)


@dataclass(frozen=True, slots=True)
class StagedInstance:
    """Written by a parser child beside ``prefix``."""

    prefix: Path
    summary: dict[str, Any]

    def original(self) -> bytes:
        return side_file(self.prefix, "dcm").read_bytes()

    def frames(self) -> bytes:
        path = side_file(self.prefix, "frames")
        return path.read_bytes() if path.exists() else b""

    def metadata(self) -> bytes:
        return side_file(self.prefix, "meta").read_bytes()

    def viewer(self) -> bytes:
        return side_file(self.prefix, "viewer").read_bytes()


@dataclass(frozen=True, slots=True)
class ArchivedInstance:
    """An object of an earlier version of the series, carried over as it is."""

    archive: reader.SeriesArchive
    summary: dict[str, Any]
    document: dict[str, Any]
    profile: dict[str, Any]

    def original(self) -> bytes:
        return self.archive.read_original(self.summary["sop_instance_uid"])

    def frames(self) -> bytes:
        uid = self.summary["sop_instance_uid"]
        count = len(self.summary["frames"])
        return b"".join(self.archive.read_frame(uid, n + 1)[0] for n in range(count))

    def metadata(self) -> bytes:
        return orjson.dumps(self.document)

    def viewer(self) -> bytes:
        return orjson.dumps(self.profile)


def carry_over(archive: reader.SeriesArchive) -> list[ArchivedInstance]:
    """Everything a published series holds, ready to be published again with more."""
    carried = []
    documents, profiles = archive.metadata(), archive.viewer_profile()
    for summary, document, profile in zip(archive.instances, documents, profiles, strict=True):
        start = min((frame["offset"] for frame in summary["frames"]), default=0)
        moved = [frame | {"offset": frame["offset"] - start} for frame in summary["frames"]]
        carried.append(ArchivedInstance(archive, summary | {"frames": moved}, document, profile))
    return carried


@dataclass(frozen=True, slots=True)
class PublishedSeries:
    archive_key: str
    content_sha256: str
    geometry: SeriesGeometry
    warnings: list[dict[str, str]]
    instances: list[dict[str, Any]]  # summaries, slice order
    has_thumbnail: bool
    stored_bytes: int


def publish_series(
    *, study_instance_uid: str, series_instance_uid: str, objects: Sequence[ArchivableInstance]
) -> PublishedSeries:
    """Write the series once under its content hash; nothing is visible before the rename."""
    ordered, geometry = in_slice_order(objects)
    content = content_hash([one.summary for one in ordered])
    key = _archive_key(study_instance_uid, series_instance_uid, content)
    warnings = _warnings(ordered, geometry)
    store = series_store()
    if not store.exists(key):
        with draft_directory() as draft:
            entries = _write_packs(draft, ordered)
            _write_documents(draft, ordered)
            _write_thumbnail(draft, ordered, entries)
            manifest = {
                "format": FORMAT_VERSION,
                "archive_key": key,
                "content_sha256": content,
                "study_instance_uid": study_instance_uid,
                "series_instance_uid": series_instance_uid,
                "geometry": geometry.summary(),
                "warnings": warnings,
                "deidentifiable": all(entry["deidentifiable"] for entry in entries),
                "files": _hash_files(draft),
                "instances": entries,
            }
            (draft / MANIFEST).write_bytes(orjson.dumps(manifest))
            store.put(archive_key=key, draft=draft)
    published = reader.open_series(key)
    return PublishedSeries(
        archive_key=key,
        content_sha256=content,
        geometry=geometry,
        warnings=warnings,
        instances=published.instances,
        has_thumbnail=reader.THUMBNAIL in published.manifest["files"],
        stored_bytes=store.size_bytes(key),
    )


def content_hash(summaries: Sequence[dict[str, Any]]) -> str:
    """Over the sorted (SOP Instance UID, sha256 of the original) of a series."""
    digest = hashlib.sha256()
    for uid, sha256 in sorted((one["sop_instance_uid"], one["sha256"]) for one in summaries):
        digest.update(f"{uid} {sha256}\n".encode())
    return digest.hexdigest()


def frame_pose(record: dict[str, Any]) -> FramePose:
    """A parser child's record as a pose (JSON lists become tuples)."""
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in record.items()
    }
    return FramePose(**fields)


def _archive_key(study_uid: str, series_uid: str, content: str) -> str:
    parts = f"consilium archive {FORMAT_VERSION}\n{study_uid}\n{series_uid}\n{content}\n"
    return hashlib.sha256(parts.encode()).hexdigest()


def in_slice_order(
    objects: Sequence[Archivable],
) -> tuple[list[Archivable], SeriesGeometry]:
    """The objects in slice order (those without a place at the end), and what they are together."""
    poses = [frame_pose(pose) for one in objects for pose in one.summary["poses"]]
    geometry = describe_frames(poses)
    place = {uid: n for n, uid in enumerate(instance_order(poses, geometry))}
    ordered = sorted(
        objects,
        key=lambda one: (
            place.get(one.summary["sop_instance_uid"], len(place)),
            one.summary["instance_number"] or 0,
            one.summary["sop_instance_uid"],
        ),
    )
    return ordered, geometry


def _warnings(
    ordered: Sequence[ArchivableInstance], geometry: SeriesGeometry
) -> list[dict[str, str]]:
    found = [{"code": w.code, "message": w.message} for w in geometry.warnings]
    problems = [one.summary["problem"] for one in ordered if one.summary["problem"]]
    if problems:
        message = f"{len(problems)} of {len(ordered)} images cannot be decoded: {problems[0][1]}"
        found.append({"code": problems[0][0], "message": message[:300]})
    pictures = [one for one in ordered if one.summary["frames"]]
    if pictures and names_impossible_window(orjson.loads(pictures[len(pictures) // 2].viewer())):
        found.append({"code": "window_not_usable", "message": WINDOW_NOT_USABLE})
    return found


def _write_packs(draft: Path, ordered: Sequence[ArchivableInstance]) -> list[dict[str, Any]]:
    entries = []
    with (
        (draft / reader.FRAMES).open("wb") as frames,
        (draft / reader.ORIGINALS).open("wb") as originals,
    ):
        for one in ordered:
            entries.append(_append(one, frames=frames, originals=originals))
    return entries


def _append(one: ArchivableInstance, *, frames: BinaryIO, originals: BinaryIO) -> dict[str, Any]:
    base, start = frames.tell(), originals.tell()
    original = one.original()
    if hashlib.sha256(original).hexdigest() != one.summary["sha256"]:
        raise ValueError("a staged original changed after it was parsed")
    frames.write(one.frames())
    originals.write(original)
    moved = [frame | {"offset": base + frame["offset"]} for frame in one.summary["frames"]]
    return one.summary | {"frames": moved, "original": [start, len(original)]}


def _write_documents(draft: Path, ordered: Sequence[ArchivableInstance]) -> None:
    for name, parts in (
        (reader.METADATA, [one.metadata() for one in ordered]),
        (reader.VIEWER, [one.viewer() for one in ordered]),
    ):
        document = b"[" + b",".join(parts) + b"]"
        (draft / name).write_bytes(gzip.compress(document, GZIP_LEVEL, mtime=0))


def _write_thumbnail(
    draft: Path, ordered: Sequence[ArchivableInstance], entries: list[dict[str, Any]]
) -> None:
    """Of the middle image; a picture that cannot be drawn is no reason to refuse a series."""
    shown = [n for n, entry in enumerate(entries) if entry["frames"]]
    if not shown:
        return
    middle = shown[len(shown) // 2]
    one, summary = ordered[middle], ordered[middle].summary
    stored = summary["frames"][len(summary["frames"]) // 2]
    body = one.frames()[stored["offset"] : stored["offset"] + stored["length"]]
    try:
        values = decode_frame(
            body,
            transfer_syntax_uid=stored["transfer_syntax_uid"],
            rows=summary["rows"],
            columns=summary["columns"],
            samples=summary["samples"],
            dtype=summary["dtype"],
        )
        picture = draw_thumbnail(values, profile=orjson.loads(one.viewer()))
    except (ValueError, TypeError, OSError):
        return
    (draft / reader.THUMBNAIL).write_bytes(picture)


def _hash_files(draft: Path) -> dict[str, dict[str, Any]]:
    facts = {}
    for path in sorted(draft.iterdir()):
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        facts[path.name] = {"size": path.stat().st_size, "sha256": digest}
    return facts
