"""The two stores behind the archive do the same: a directory, and S3 on a live server.

The server is moto's: it speaks S3's HTTP, checks nothing of a real one's durability.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer
from pydicom.uid import generate_uid

from apps.imaging.archive import object_store, reader
from apps.imaging.archive import place as place_module
from apps.imaging.archive.store import MANIFEST, SeriesStore, StoreUnavailable
from apps.imaging.models import Series
from apps.imaging.services import import_files
from tests.apps.imaging.dicom import make_series, read_bytes, write_files
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam, make_case_team
from tests.pixel_client import fetch
from tests.security.pixel_path import frame_path, fresh_guard, mint

__all__ = ["fresh_guard"]  # a pixel path of its own for every test

KEY = "ab" * 32
BUCKET = "archive"
pytestmark = pytest.mark.filterwarnings("ignore:No directory at")


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["directory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> str:
    """Where this run keeps its series."""
    settings.ARCHIVE_ROOT = tmp_path / "archive"
    if request.param == "s3":
        request.getfixturevalue("bucket")
    return str(request.param)


@pytest.fixture()
def bucket(s3_server: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    made = boto3.resource("s3", endpoint_url=s3_server).Bucket(BUCKET)
    made.create()
    settings.ARCHIVE_S3 = f"s3://{BUCKET}/consilium"
    settings.ARCHIVE_S3_ENDPOINT = s3_server
    yield made
    made.objects.all().delete()
    made.delete()
    place_module._object_store.cache_clear()


def draft_of(tmp_path: Path, **files: bytes) -> Path:
    draft = tmp_path / f"draft-{time.monotonic_ns()}"
    draft.mkdir()
    for name, body in ({"manifest": b"{}"} | files).items():
        (draft / {"manifest": MANIFEST, "frames": "frames.bin"}[name]).write_bytes(body)
    return draft


def test_what_is_put_is_read_listed_and_deleted(place: str, tmp_path: Path) -> None:
    store: SeriesStore = place_module.series_store()
    assert store.is_remote == (place == "s3")
    frames = bytes(range(256)) * 40
    assert store.put(archive_key=KEY, draft=draft_of(tmp_path, frames=frames))
    assert not store.put(archive_key=KEY, draft=draft_of(tmp_path, frames=b"later"))
    assert store.exists(KEY)
    assert store.size_bytes(KEY) == len(frames) + 2
    assert store.read(KEY, "frames.bin") == frames
    file = store.open(KEY, "frames.bin")
    assert file.read_range(300, 20) == frames[300:320]
    assert file.read_range(len(frames) - 3, 10) == frames[-3:]
    assert file.read_range(len(frames) + 3, 10) == b""
    file.close()
    (stored,) = store.list_keys()
    assert stored.archive_key == KEY
    assert abs(stored.modified_at - time.time()) < 120
    assert store.delete(KEY)
    assert not store.delete(KEY)
    assert not store.exists(KEY)
    assert list(store.list_keys()) == []


def test_what_is_absent_is_said_to_be(place: str, tmp_path: Path) -> None:
    store = place_module.series_store()
    for ask in (store.size_bytes, lambda key: store.read(key, MANIFEST),
                lambda key: store.open(key, "frames.bin")):  # fmt: skip
        with pytest.raises(FileNotFoundError):
            ask(KEY)
    store.put(archive_key=KEY, draft=draft_of(tmp_path))
    with pytest.raises(FileNotFoundError):
        store.open(KEY, "thumbnail.jpg")


@pytest.mark.usefixtures("bucket")
def test_a_series_cut_off_while_written_is_invisible_and_swept(
    bucket: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Killed before the manifest: the files are there and no reader finds them."""
    store = place_module.series_store()
    bucket.put_object(Key=f"consilium/series/ab/{KEY}/frames.bin", Body=b"half")
    assert not store.exists(KEY)
    assert list(store.list_keys()) == []
    with pytest.raises(FileNotFoundError):
        store.open(KEY, "frames.bin")
    assert store.sweep() == 0  # may be in the making
    monkeypatch.setattr(object_store, "CUT_OFF_AFTER", timedelta(seconds=-60))
    whole = "cd" * 32
    store.put(archive_key=whole, draft=draft_of(tmp_path))
    assert store.sweep() == 1
    assert [one.archive_key for one in store.list_keys()] == [whole]


@pytest.mark.usefixtures("bucket")
def test_a_store_that_is_away_is_not_an_empty_one(settings: Any) -> None:
    settings.ARCHIVE_S3_ENDPOINT = "http://127.0.0.1:9"
    settings.ARCHIVE_S3 = f"s3://{BUCKET}/elsewhere"
    with pytest.raises(StoreUnavailable):
        place_module.series_store().exists(KEY)


@pytest.mark.django_db(transaction=True)
def test_images_are_imported_into_the_store_and_served_from_it(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(reader, "_open_series", reader._OpenSeries())
    team: CaseTeam = make_case_team()
    made = make_series(count=3, study_uid=generate_uid(), **patient_fields(team))
    write_files(tmp_path / "in", made)
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    minted = mint(team, "surgeon", read_bytes(made[0]).StudyInstanceUID)
    key = Series.objects.get().archive_key
    on_disk = (settings.ARCHIVE_ROOT / "series" / key[:2] / key).exists()
    assert on_disk == (place == "directory")
    answers: list[httpx.Response] = [
        fetch(frame_path(minted, made[0]), minted["headers"]),
        fetch(f"{minted['series'][0]['base_url']}/metadata", minted["headers"]),
        fetch(f"{minted['series'][0]['base_url']}/thumbnail", minted["headers"]),
    ]
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert reader.open_series(key).verify() == []
    place_module.series_store().delete(key)
    monkeypatch.setattr(reader, "LOOK_AGAIN_S", 0.0)
    assert fetch(frame_path(minted, made[0]), minted["headers"]).status_code == 404
    if place == "s3":
        settings.ARCHIVE_S3_ENDPOINT = "http://127.0.0.1:9"
        gone = fetch(frame_path(minted, made[0]), minted["headers"])
        assert (gone.status_code, gone.json()["code"]) == (503, "archive_unavailable")
