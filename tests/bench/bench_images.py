"""Images: metadata, frames, whole series, ingest; against Orthanc (two ways) and bare nginx.

A 300-slice CT of 512 x 512 lies in two Orthancs: as Debian configures it (answers are gzipped when
the client says it can, and browsers always do) and with compression off, its fair best case.
Consilium pulled it from the second one. nginx sends files of Consilium's own bytes without asking
who wants them: the limit of this machine. Blocks alternate; before them every frame is decoded and
compared with the source bit by bit, and the metadata attribute by attribute.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import imagecodecs
import numpy as np
import pydicom
from pydicom.dataset import Dataset

from apps.imaging.parser.frames import encode_frame
from tests.apps.imaging.dicom import SHARED_DATA
from tests.bench.load import Load, is_available, run_load
from tests.bench.peers import NginxFiles
from tests.bench.room import Room
from tests.bench.run import Figure, at_least, at_most
from tests.bench.scene import SLICES, Server, open_scene
from tests.bench.switching import measure_switches

ROUNDS = 5
BLOCK_S = 2.0


def measure() -> list[Figure]:
    """All figures of the table."""
    if not is_available():
        raise SystemExit("bench images needs wrk: apt-get install wrk")
    with (
        tempfile.TemporaryDirectory(prefix="consilium-bench-") as name,
        open_scene(directory=Path(name)) as it,
    ):
        datasets, room, orthanc_default, orthanc_plain = it.datasets, it.room, it.default, it.plain
        figures = [_ingest(room)]
        wire = _check_and_weigh(datasets, room, orthanc_plain)
        figures.append(wire.figure)
        ours = Server(
            "consilium",
            room.house.base_url,
            room.ticket_headers(),
            [f"/pixels/{room.archive_key}/instances/{uid}/frames/1" for uid in wire.frames],
            [f"/pixels/{room.archive_key}/metadata"],
        )
        files = {f"{n}.jph": body for n, body in enumerate(wire.frames.values())}
        nginx = NginxFiles(root=Path(name, "nginx"), files=files)
        limit = Server("nginx", nginx.origin, {}, [f"/{file}" for file in files])
        try:
            servers = [ours, orthanc_default, orthanc_plain, limit]
            figures += _metadata(room, servers[:3])
            figures += _frames(room, servers)
            figures += _series(room, servers)
            it.pacs.stop()
            figures += _viewers(room, ours)
        finally:
            nginx.stop()
        figures += _real_ct()
    with tempfile.TemporaryDirectory(prefix="consilium-bench-") as name:
        figures += measure_switches(directory=Path(name))
    return figures


# --- correctness gate --------------------------------------------------------------------------


@dataclass(frozen=True)
class Wire:
    frames: dict[str, bytes]
    figure: Figure


def _check_and_weigh(datasets: Sequence[Dataset], room: Room, orthanc: Server) -> Wire:
    """Every frame bit for bit, every attribute of the metadata; else there is no benchmark."""
    source = {str(one.SOPInstanceUID): one for one in datasets}
    frames = {}
    with httpx.Client(base_url=room.house.base_url, headers=room.ticket_headers()) as client:
        profile = client.get(f"/pixels/{room.archive_key}/metadata").raise_for_status().json()
        for uid, dataset in source.items():
            path = f"/pixels/{room.archive_key}/instances/{uid}/frames/1"
            frames[uid] = client.get(path).raise_for_status().content
            if not np.array_equal(imagecodecs.htj2k_decode(frames[uid]), dataset.pixel_array):
                raise AssertionError(f"frame {uid} differs from the source")
    with room.client() as client:
        path = f"/dicomweb/cases/{room.case_id}{orthanc.metadata[0].removeprefix('/dicom-web')}"
        complete = client.get(path, timeout=60).raise_for_status().json()
    theirs = httpx.get(
        orthanc.origin + orthanc.metadata[0], headers=orthanc.headers, timeout=60
    ).json()
    by_uid = {one["00080018"]["Value"][0]: one for one in theirs}
    _compare(complete, by_uid, must_be_complete=True)
    _compare(profile, by_uid, must_be_complete=False)
    raw = sum(one.Rows * one.Columns * 2 for one in datasets)
    share = 100 * sum(map(len, frames.values())) / raw
    return Wire(
        frames=frames,
        figure=at_most("bytes of all frames, share of raw", share, "%", 36),
    )


def _real_ct() -> list[Figure]:
    """The same share for scans of real people, where the developers' shared data is."""
    figures = []
    for folder in sorted([*SHARED_DATA.glob("01-*"), *SHARED_DATA.glob("02-*")]):
        raw = stored = 0
        for path in folder.rglob("*.dcm"):
            dataset = pydicom.dcmread(path)
            if dataset.Modality == "CT" and "PixelData" in dataset:
                values = dataset.pixel_array
                raw += values.nbytes
                stored += len(encode_frame(values)[0])
        name = f"bytes of all frames, share of raw, real CT ({folder.name[:2]})"
        figures.append(at_most(name, 100 * stored / raw, "%", 36))
    return figures


#: Ours by design: how pixels are stored and sent, and what only means this very reply.
_OWN = {"7FE00010", "00083002", "00081190", "00020010", "00280008"}


def _compare(
    documents: list[dict[str, Any]], peers: dict[str, dict[str, Any]], *, must_be_complete: bool
) -> None:
    if len(documents) != len(peers):
        raise AssertionError(f"{len(documents)} documents, {len(peers)} objects")
    for ours in documents:
        theirs = peers[ours["00080018"]["Value"][0]]
        shared = (theirs.keys() if must_be_complete else ours.keys() & theirs.keys()) - _OWN
        for tag in shared:
            if _value(ours.get(tag)) != _value(theirs[tag]):
                raise AssertionError(f"{tag}: {ours.get(tag)} is not {theirs[tag]}")


def _value(element: dict[str, Any] | None) -> Any:
    """Numbers as numbers, and nothing at all however it is written."""
    values = (element or {}).get("Value") or []
    if values and isinstance(values[0], dict) and "Alphabetic" not in values[0]:
        return [{tag: _value(inner) for tag, inner in item.items()} for item in values]
    return [float(one) if isinstance(one, int | float) else one for one in values]


# --- figures -----------------------------------------------------------------------------------


def _ingest(room: Room) -> Figure:
    return at_least("ingest with transcoding", SLICES / room.ingest_s, "slices/s", 100)


def _rounds(
    room: Room, servers: Sequence[Server], *, what: str, connections: int, rounds: int = ROUNDS
) -> dict[str, list[Load]]:
    """Blocks of every server in turn; the order turns round from round to round."""
    blocks: dict[str, list[Load]] = {server.name: [] for server in servers}
    for number in range(rounds):
        turn = servers if number % 2 == 0 else list(reversed(servers))
        for server in turn:
            if server.name == "consilium":
                server.headers = room.ticket_headers()
            load = run_load(
                origin=server.origin,
                paths=server.metadata if what == "metadata" else server.frames,
                headers=server.headers,
                connections=connections,
                seconds=BLOCK_S,
            )
            if load.errors or not load.requests:
                raise AssertionError(f"{server.name}: {load.errors} errors")
            blocks[server.name].append(load)
    return blocks


def _median(blocks: list[Load], attribute: str) -> float:
    return statistics.median(getattr(block, attribute) for block in blocks)


def _metadata(room: Room, servers: Sequence[Server]) -> list[Figure]:
    blocks = _rounds(room, servers, what="metadata", connections=1)
    ours, default, plain = (_median(blocks[one.name], "p50_ms") for one in servers)
    return [
        at_most("series metadata, ticket path, p50", ours, "ms", 1),
        Figure("series metadata, Orthanc default, p50", default, "ms"),
        Figure("series metadata, Orthanc without compression, p50", plain, "ms"),
        at_least("series metadata, faster than Orthanc default", default / ours, "x", 50),
    ]


def _frames(room: Room, servers: Sequence[Server]) -> list[Figure]:
    blocks = _rounds(room, servers, what="frames", connections=1)
    ours, default, plain, limit = (_median(blocks[one.name], "p50_ms") for one in servers)
    return [
        at_most("one frame, p50", ours, "ms", 1),
        Figure("one frame, Orthanc default, p50", default, "ms"),
        Figure("one frame, Orthanc without compression, p50", plain, "ms"),
        Figure("one frame, bare nginx, p50", limit, "ms"),
        at_least("one frame, faster than Orthanc default", default / ours, "x", 50),
        at_least("one frame, faster than Orthanc without compression", plain / ours, "x", 5),
    ]


def _series(room: Room, servers: Sequence[Server]) -> list[Figure]:
    blocks = _rounds(room, servers, what="frames", connections=6)
    ours, default, plain, limit = (_median(blocks[one.name], "per_s") for one in servers)
    return [
        Figure("whole series on 6 connections", SLICES / ours, "s"),
        Figure("6 connections", ours, "frames/s"),
        Figure("6 connections, Orthanc default", default, "frames/s"),
        Figure("6 connections, Orthanc without compression", plain, "frames/s"),
        Figure("6 connections, bare nginx", limit, "frames/s"),
        at_least("6 connections, times Orthanc default", ours / default, "x", 50),
        at_least("6 connections, times Orthanc without compression", ours / plain, "x", 4),
        at_least("6 connections, share of nginx", 100 * ours / limit, "%", 60),
    ]


def _viewers(room: Room, ours: Server) -> list[Figure]:
    """Twenty at once; the PACS is switched off, so that nothing can come from there."""
    web = room.house.pids()["web"]
    before_mb = _resident_mb(web)
    load = run_load(
        origin=ours.origin,
        paths=ours.frames,
        headers=room.ticket_headers(),
        connections=20,
        seconds=10,
    )
    return [
        at_most("20 viewers, PACS off, p95 of a frame", load.p95_ms, "ms", 25),
        Figure("20 viewers, PACS off", load.per_s, "frames/s"),
        at_most("20 viewers, PACS off, errors", load.errors, "", 0),
        at_most("20 viewers, growth of the web process", _resident_mb(web) - before_mb, "MB", 50),
    ]


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1]) / 1e3
    raise AssertionError(f"process {pid} tells no memory")
