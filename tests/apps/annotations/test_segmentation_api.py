"""Drawn segmentations over REST: chunks that lie, boxes, guises, two people at once."""

import gzip
import hashlib
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.utils import timezone

from apps.annotations.api.segmentation_serializers import DrawnSegmentationSerializer
from apps.annotations.models import Segmentation, SegmentationChunk
from apps.annotations.segmentations import bits, services
from apps.annotations.segmentations.bits import Box
from apps.annotations.segmentations.selectors import describe_segmentation, head_of
from apps.cases.selectors import standing_in
from apps.core.exceptions import StaleVersion
from apps.imaging.selectors import projection_for
from tests.painting import Chunk, begin, block, make_chunk, paint, send, voxels
from tests.people import CaseTeam, make_case_team, make_patient
from tests.scans import COLUMNS, ROWS, Scan, import_ct

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
OCTETS = "application/octet-stream"


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team(patient=make_patient())


@pytest.fixture()
def scan(team: CaseTeam, tmp_path: Path) -> Scan:
    return import_ct(case=team.case, folder=tmp_path)


def _client(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend=BACKEND)
    return client


def _json(client: Client, method: str, path: str, body: object = None, **headers: str) -> Any:
    send_it = getattr(client, method)
    return send_it(path, body, content_type="application/json", headers=headers)


def _put(client: Client, path: str, chunk: Chunk, **changes: str) -> Any:
    query = {
        "parent": "0",
        "sha256": chunk.sha256,
        "box": ",".join(map(str, chunk.box.as_list())),
        "segments": ",".join(map(str, chunk.segments)),
        **changes,
    }
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return client.put(f"{path}/chunks?{asked}", chunk.body, content_type=OCTETS)


def _begin(client: Client, team: CaseTeam, scan: Scan) -> dict[str, Any]:
    made = _json(
        client,
        "post",
        "/api/segmentations",
        {
            "case": str(team.case_id),
            "study_instance_uid": scan.study_instance_uid,
            "series_instance_uid": scan.series_instance_uid,
            "name": "Target",
            "segments": [{"label": "Lesion", "type": "108369006", "colour": "#ffb454"}],
            "origin": {"kind": "finding", "id": str(team.case_id), "label": "Nodule 1"},
        },
    )
    assert made.status_code == 201, made.content
    body: dict[str, Any] = made.json()
    return body


def test_it_is_begun_painted_read_renamed_removed_and_put_back(team: CaseTeam, scan: Scan) -> None:
    client = _client(team, "surgeon")
    body = _begin(client, team, scan)
    path = f"/api/segmentations/{body['id']}"
    assert body["segments"][0]["algorithm_type"] == "SEMIAUTOMATIC"
    assert body["origin"]["label"] == "Nodule 1"
    mask = np.zeros((2, 3, 5), dtype=bool)
    mask[0, 1, 2] = mask[1, 2, 4] = True
    chunk = make_chunk({1: mask}, first=(0, 7, 11))
    assert _put(client, path, chunk).status_code == 204
    assert Segmentation.objects.get().head == 0, "what is sent does not count yet"
    committed = _json(client, "post", f"{path}/revisions", {"parent": 0, "sha256": chunk.sha256})
    assert committed.status_code == 201, committed.content
    assert committed.json()["revision"] == 1
    assert set(committed.json()) == set(DrawnSegmentationSerializer().fields)
    box = "0,7,11,2,10,16"
    read = client.get(
        f"{path}/revisions/1/voxels?segment=1&box={box}", headers={"Accept-Encoding": "gzip"}
    )
    raw = gzip.decompress(read.content)
    np.testing.assert_array_equal(bits.unpack_bits(raw, shape=(2, 3, 5)), mask)
    assert read.headers["X-Mask-Shape"] == "2,3,5"
    assert "immutable" in read.headers["Cache-Control"]
    grid = client.get(f"{path}/grid").json()
    assert grid["shape"] == [3, ROWS, COLUMNS]
    assert grid["sop_instance_uids"] == list(scan.slices)
    renamed = _json(client, "patch", path, {"name": "Node"}, **{"If-Match": '"1"'})
    assert (renamed.json()["name"], renamed.json()["version"]) == ("Node", 2)
    undone = _json(client, "post", f"{path}/revisions", {"parent": 1, "inverse_of": 1})
    assert undone.json()["segments"][0]["voxels"] == 0
    assert _json(client, "delete", path, **{"If-Match": '"2"'}).status_code == 204
    listed = client.get(f"/api/segmentations?case={team.case_id}").json()["results"]
    assert listed == []
    restored = _json(client, "post", f"{path}/restore", **{"If-Match": '"3"'})
    assert restored.json()["name"] == "Node"
    assert client.get(path).json()["revision"] == 2


def test_chunks_that_lie_are_refused_and_change_nothing(team: CaseTeam, scan: Scan) -> None:
    client = _client(team, "surgeon")
    path = f"/api/segmentations/{_begin(client, team, scan)['id']}"
    good = make_chunk({1: block((1, 2, 2))})

    def code(chunk: Chunk, **changes: str) -> str:
        answer = _put(client, path, chunk, **changes)
        return "" if answer.status_code == 204 else str(answer.json()["code"])

    assert code(good, sha256="0" * 64) == "sha256_mismatch"
    assert code(good, parent="1") == "stale_version"
    assert code(good, box="0,0,0,1,2,999") == "bad_box"
    assert code(good, box="0,0,0,0,2,2") == "bad_box"
    assert code(good, box="0,0,0,1,2") == "bad_box"
    assert code(good, box="-1,0,0,1,2,2") == "bad_numbers"
    assert code(good, box="0,0,0,1,2,²") == "bad_numbers"
    assert code(good, segments="2") == "bad_segments"
    assert code(good, segments="1,1") == "bad_segments"
    too_large = Chunk(good.box, good.segments, b"\0" * (bits.MAX_CHUNK_BYTES + 1))
    assert code(too_large) == "chunk_too_large"
    assert not SegmentationChunk.objects.exists()


BOMB = zlib.compress(b"\xff" * 50_000_000, 9)


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        zlib.compress(b"\xff" * 3),
        zlib.compress(b""),
        zlib.compress(b"\xff") + b"more",
        zlib.compress(b"\xff")[:-2],
        b"not compressed",
        b"",
    ],
    ids=["bomb", "long", "empty", "trailing", "cut", "raw", "nothing"],
)
def test_bytes_that_are_not_the_box_are_refused_at_the_commit(
    team: CaseTeam, scan: Scan, body: bytes
) -> None:
    client = _client(team, "surgeon")
    path = f"/api/segmentations/{_begin(client, team, scan)['id']}"
    chunk = Chunk(Box((0, 0, 0), (1, 2, 4)), (1,), body)
    assert _put(client, path, chunk).status_code == 204
    refused = _json(client, "post", f"{path}/revisions", {"parent": 0, "sha256": chunk.sha256})
    assert refused.json()["code"] == "bad_chunk"
    assert Segmentation.objects.get().head == 0


def test_what_a_bomb_would_become_is_never_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    make = zlib.decompressobj

    class Watched:
        def __init__(self) -> None:
            self._inner = make()

        def decompress(self, body: bytes, limit: int) -> bytes:
            asked.append(limit)
            return self._inner.decompress(body, limit)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    monkeypatch.setattr(bits.zlib, "decompressobj", Watched)
    with pytest.raises(bits.BadChunk):
        bits.unpack_chunk(BOMB, box=Box((0, 0, 0), (1, 2, 4)), segments=[1])
    assert asked == [2], "one byte is what the box has; one more tells that it is too long"


def test_a_box_of_everything_is_bounded(team: CaseTeam, scan: Scan) -> None:
    with pytest.raises(bits.ChunkTooLarge):
        bits.check_size(Box((0, 0, 0), (1024, 512, 513)), segments=1)
    bits.check_size(Box((0, 0, 0), (1024, 512, 512)), segments=1)


def test_a_commit_of_what_was_not_sent_or_by_somebody_else_is_refused(
    team: CaseTeam, scan: Scan
) -> None:
    client = _client(team, "surgeon")
    path = f"/api/segmentations/{_begin(client, team, scan)['id']}"
    chunk = make_chunk({1: block((1, 2, 2))})
    body = {"parent": 0, "sha256": chunk.sha256}
    assert _json(client, "post", f"{path}/revisions", body).json()["code"] == "chunk_unknown"
    _put(client, path, chunk)
    other = _json(_client(team, "radiologist"), "post", f"{path}/revisions", body)
    assert other.json()["code"] == "chunk_unknown"
    both = {**body, "inverse_of": 1}
    assert _json(client, "post", f"{path}/revisions", both).status_code == 400


def test_what_nobody_commits_is_forgotten(team: CaseTeam, scan: Scan) -> None:
    segmentation = begin(team, scan)
    chunk = make_chunk({1: block((1, 2, 2))})
    send(team.actor("surgeon"), segmentation, chunk, parent=0)
    folder = Path(settings.ARCHIVE_ROOT) / "annotations" / str(segmentation.pk) / "chunks"
    assert [one.name for one in folder.iterdir()] == [hashlib.sha256(chunk.body).hexdigest()]
    assert services.sweep_chunks() == 0
    SegmentationChunk.objects.update(at=timezone.now() - timedelta(hours=2))
    assert services.sweep_chunks() == 1
    assert list(folder.iterdir()) == []


def test_voxels_whose_file_is_lost_are_unavailable_not_empty(team: CaseTeam, scan: Scan) -> None:
    """A restore without the folder of drawings says so."""
    segmentation = begin(team, scan)
    paint(team.actor("surgeon"), segmentation, {1: block((1, 2, 2))}, parent=0)
    for file in (Path(settings.ARCHIVE_ROOT) / "annotations" / str(segmentation.pk)).glob("*"):
        if file.is_file():
            file.unlink()
    path = f"/api/segmentations/{segmentation.pk}/revisions/1/voxels?segment=1"
    answer = _client(team, "surgeon").get(path)
    assert (answer.status_code, answer.json()["code"]) == (503, "voxels_unavailable")


def test_a_deidentified_viewer_sees_mapped_uids_and_published_words(
    team: CaseTeam, scan: Scan
) -> None:
    segmentation = begin(team, scan, segments=[services.SegmentDraft(label="Mrs Doe's lump")])
    paint(team.actor("surgeon"), segmentation, {1: block((1, 2, 2))}, parent=0)
    client = _client(team, "consultant")
    (shown,) = client.get(f"/api/segmentations?case={team.case_id}").json()["results"]
    assert (shown["name"], shown["segments"][0]["label"]) == ("", "Lesion")
    standing = standing_in(actor=team.actor("consultant"), case_id=team.case_id)
    assert standing is not None
    projection = projection_for(standing)
    assert projection is not None
    assert shown["series_instance_uid"] == projection.uid(scan.series_instance_uid)
    path = f"/api/segmentations/{segmentation.pk}"
    grid = client.get(f"{path}/grid").json()
    assert grid["sop_instance_uids"] == [projection.uid(uid) for uid in scan.slices]
    every_answer = [client.get(path).content, client.get(f"{path}/grid").content]
    fresh = Segmentation.objects.get()
    originals = [scan.study_instance_uid, scan.series_instance_uid, *scan.slices]
    originals += [fresh.frame_of_reference_uid, fresh.segments[0]["tracking_uid"], "Doe"]
    for content in every_answer:
        assert not any(one.encode() in content for one in originals)
    voxels_read = client.get(f"{path}/revisions/1/voxels?segment=1&box=0,0,0,1,2,2")
    assert voxels_read.status_code == 200
    assert _json(client, "patch", path, {"name": "x"}, **{"If-Match": "1"}).status_code == 403
    outsider = _client(team, "outsider")
    for url in (path, f"{path}/grid", f"{path}/revisions/1/voxels?segment=1"):
        assert outsider.get(url).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_editors_at_once_one_is_told_what_stands(team: CaseTeam, scan: Scan) -> None:
    """Both saw revision 0 and commit in the same instant, each on a connection of its own."""
    segmentation = begin(team, scan)
    people = [team.actor("surgeon"), team.actor("radiologist")]
    chunks = [make_chunk({1: block((1, 2, 2))}), make_chunk({1: block((1, 3, 3))}, first=(1, 9, 9))]
    for actor, chunk in zip(people, chunks, strict=True):
        send(actor, segmentation, chunk, parent=0)
    together = Barrier(2)

    def commit(which: int) -> str:
        try:
            together.wait(timeout=10)
            services.commit_chunk(
                actor=people[which],
                segmentation_id=segmentation.pk,
                parent=0,
                sha256=chunks[which].sha256,
            )
        except StaleVersion as refused:
            assert refused.details["current"]["revision"] == 1
            return "stale"
        finally:
            connections.close_all()
        return "committed"

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(commit, (0, 1)))
    assert sorted(outcomes) == ["committed", "stale"]
    fresh = Segmentation.objects.get()
    assert describe_segmentation(fresh, head_of(fresh))["revision"] == 1
    assert voxels(segmentation).sum() == (4 if outcomes[0] == "committed" else 9)
