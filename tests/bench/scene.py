"""A 300-slice CT in two Orthancs, and a house that pulled it from one of them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import Dataset

from apps.demo.dicom.common import PhantomPatient, PhantomStudy
from apps.demo.dicom.ct import SERIES, write_ct
from apps.demo.phantoms import generate_ct
from tests.bench.peers import PeerOrthanc
from tests.bench.room import Room, prepare_room
from tests.e2e.harness import Stack

SLICES = 300
STUDY = PhantomStudy(
    patient=PhantomPatient("BENCH-1", "Bench^Phantom", "19600101", "F"),
    key="bench",
    date="20260101",
    time="101500",
    description="CT 300 slices",
    accession_number="B1",
)


@dataclass
class Server:
    """One server of the comparison; paths of what is asked of it."""

    name: str
    origin: str
    headers: dict[str, str]
    frames: list[str]
    metadata: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Scene:
    """What a benchmark of images compares."""

    datasets: list[Dataset]
    room: Room
    default: Server
    plain: Server
    pacs: PeerOrthanc
    """The one the house pulled from: the same as ``plain``, to be stopped."""


@contextmanager
def open_scene(*, directory: Path, frontend: bool = False) -> Iterator[Scene]:
    datasets = list(
        write_ct(
            study=STUDY,
            volume=generate_ct(seed=7, shape=(SLICES, 512, 512), spacing_mm=(1.4, 0.76, 0.76)),
            description="bench",
        )
    )
    default = PeerOrthanc(root=directory / "default", compression=True)
    plain = PeerOrthanc(root=directory / "plain", compression=False)
    house = Stack(
        directory=directory / "house",
        orthanc=False,
        frontend=frontend,
        environment={"CONSILIUM_PACS_URL": plain.url_with_credentials},
    )
    try:
        for peer in (default, plain):
            peer.start()
            for path in _saved(datasets, directory / "objects"):
                peer.store(path.read_bytes())
        house.start()
        room = prepare_room(house=house, patient_id=STUDY.patient.patient_id, study_uid=STUDY.uid)
        yield Scene(
            datasets=datasets,
            room=room,
            default=_orthanc(default, "orthanc default", datasets),
            plain=_orthanc(plain, "orthanc, no compression", datasets),
            pacs=plain,
        )
    finally:
        house.stop()
        default.stop()
        plain.stop()


def _saved(datasets: Sequence[Dataset], directory: Path) -> list[Path]:
    directory.mkdir(exist_ok=True)
    paths = [directory / f"{n}.dcm" for n in range(len(datasets))]
    for dataset, path in zip(datasets, paths, strict=True):
        if not path.exists():
            dataset.save_as(path, enforce_file_format=True)
    return paths


def _orthanc(peer: PeerOrthanc, name: str, datasets: Sequence[Dataset]) -> Server:
    secret = base64.b64encode(f"{peer.username}:{peer.password}".encode()).decode()
    series = f"/dicom-web/studies/{STUDY.uid}/series/{STUDY.series_uid(SERIES)}"
    return Server(
        name,
        peer.rest_url,
        {"Authorization": f"Basic {secret}"},
        [f"{series}/instances/{one.SOPInstanceUID}/frames/1" for one in datasets],
        [f"{series}/metadata"],
    )
