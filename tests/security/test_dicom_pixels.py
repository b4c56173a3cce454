"""What the pixel path serves to the holder of a ticket, and in which words it refuses."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, generate_uid

from apps.audit.models import AuditEntry
from apps.cases.models import CaseGrant
from apps.imaging.projection import Projection
from apps.imaging.services import import_files
from apps.imaging.stacks import stacks_document
from tests.apps.imaging.dicom import make_series, make_slice, read_bytes, to_bytes, write_files
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam
from tests.pixel_client import fetch
from tests.security.pixel_path import (
    archive_root,
    close_threads_connections,
    frame_path,
    fresh_guard,
    mint,
    objects,
    sign_in,
    team,
)

__all__ = ["archive_root", "close_threads_connections", "fresh_guard", "objects", "team"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]


def test_a_ticket_opens_metadata_frames_and_thumbnail(team: CaseTeam, objects: list[bytes]) -> None:
    one = read_bytes(objects[0])
    minted = mint(team, "surgeon", one.StudyInstanceUID)
    assert minted["header"] == "X-Consilium-Ticket"
    base, held = minted["series"][0]["base_url"], minted["headers"]
    metadata = fetch(f"{base}/metadata", held, **{"accept-encoding": "gzip"})
    assert metadata.headers["content-encoding"] == "gzip"
    uids = [document["00080018"]["Value"][0] for document in metadata.json()]
    assert uids == [read_bytes(raw).SOPInstanceUID for raw in objects]
    assert "7FE00010" not in metadata.json()[0]
    plain = fetch(f"{base}/metadata", held, **{"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == metadata.json()
    frame = fetch(frame_path(minted, objects[0]), held)
    assert frame.headers["content-type"] == ("image/jphc; transfer-syntax=1.2.840.10008.1.2.4.202")
    assert np.array_equal(imagecodecs.htj2k_decode(frame.content), one.pixel_array)
    assert frame.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert "content-encoding" not in frame.headers
    again = fetch(frame_path(minted, objects[0]), held, **{"if-none-match": frame.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    part = fetch(frame_path(minted, objects[0]), held, range="bytes=2-9")
    assert (part.status_code, part.content) == (206, frame.content[2:10])
    assert part.headers["content-range"] == f"bytes 2-9/{len(frame.content)}"
    assert fetch(f"{base}/thumbnail", held).content.startswith(b"\xff\xd8")
    entry = AuditEntry.objects.get(action="images.accessed")
    assert entry.actor_id == team.people["surgeon"].pk


def test_the_stacks_of_a_series_are_told_to_holders_of_a_ticket_without_any_uid(
    team: CaseTeam, tmp_path: Path
) -> None:
    fields = patient_fields(team) | {"study_uid": generate_uid(), "series_uid": generate_uid()}
    made = [
        to_bytes(make_slice(index=z, ImageType=["ORIGINAL", "PRIMARY", kind], seed=n, **fields))
        for z in range(2)
        for n, kind in enumerate(("DOE_JANE", "WATER"))
    ]
    write_files(tmp_path / "in", made)
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    minted = mint(team, "surgeon", str(fields["study_uid"]))
    path = f"{minted['series'][0]['base_url']}/stacks"
    assert fetch(path).status_code == 401
    answer = fetch(path, minted["headers"])
    stacks = answer.json()["stacks"]
    assert [stack["label"] for stack in stacks] == ["ORIGINAL DOE JANE", "ORIGINAL WATER"]
    assert sorted(tuple(stack["frames"]) for stack in stacks) == [(0, 1, 1, 1), (2, 1, 3, 1)]
    assert answer.headers["cache-control"] == "private, no-cache"
    again = fetch(path, minted["headers"], **{"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    key = minted["series"][0]["base_url"].rpartition("/")[2]
    withheld = stacks_document(key, is_deidentified=True)
    assert b"DOE" not in withheld
    assert str(fields["study_uid"]).encode() not in withheld


def test_a_preview_is_the_frame_in_eight_bits_in_the_range_asked_for(
    team: CaseTeam, objects: list[bytes]
) -> None:
    one = read_bytes(objects[0])
    minted = mint(team, "surgeon", one.StudyInstanceUID)
    path, held = frame_path(minted, objects[0]), minted["headers"]
    stored = one.pixel_array.astype(np.float64)
    lower, upper = int(stored.min()), int(stored.max()) + 1
    assert fetch(f"{path}/preview/{lower},{upper}").status_code == 401
    answer = fetch(f"{path}/preview/{lower},{upper}", held)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    greys = np.asarray(Image.open(io.BytesIO(answer.content)), dtype=np.float64)
    read_back = lower + greys / 255.0 * (upper - lower)
    # Lossy: on the average within 2 % of the range, and in its place.
    assert np.abs(read_back - stored).mean() < 0.02 * (upper - lower)
    assert np.abs(read_back[::-1] - stored).mean() > 0.02 * (upper - lower)
    assert b"Exif" not in answer.content
    again = fetch(
        f"{path}/preview/{lower},{upper}", held, **{"if-none-match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    other = fetch(f"{path}/preview/{lower},{upper + 1}", held)
    assert other.headers["etag"] != answer.headers["etag"]
    auto = fetch(f"{path}/preview/auto", held)
    low, high = (int(end) for end in auto.headers["x-consilium-range"].split(","))
    assert lower <= low < high <= upper
    for odd in ("5,5", "9,-9", "a,b", "1", "1,2,3", "1.5,2"):
        assert fetch(f"{path}/preview/{odd}", held).status_code == 404, odd


@pytest.mark.parametrize(
    "path",
    [
        "/pixels/../../etc/passwd",
        "/pixels/%2e%2e/%2e%2e/etc/passwd/metadata",
        f"/pixels/{'a' * 64}/metadata",
        f"/pixels/{'a' * 64}/instances/..%2f..%2fmanifest.json/frames/1",
        f"/pixels/{'a' * 64}/manifest.json",
        f"/pixels/{'A' * 64}/metadata",
    ],
)
def test_odd_paths_are_404(team: CaseTeam, objects: list[bytes], path: str) -> None:
    minted = mint(team, "surgeon", read_bytes(objects[0]).StudyInstanceUID)
    assert fetch(path, minted["headers"]).status_code == 404


def test_a_frame_that_is_not_there_is_404(team: CaseTeam, objects: list[bytes]) -> None:
    minted = mint(team, "surgeon", read_bytes(objects[0]).StudyInstanceUID)
    path = frame_path(minted, objects[0])
    assert fetch(path[:-1] + "2", minted["headers"]).status_code == 404
    assert fetch(path.replace("instances/", "instances/9."), minted["headers"]).status_code == 404
    assert fetch(path, minted["headers"], range="bytes=99999999-").status_code == 416


def test_an_image_that_cannot_be_decoded_is_said_to_be_so(team: CaseTeam, tmp_path: Path) -> None:
    dataset = read_bytes(make_series(count=1, study_uid=generate_uid(), **patient_fields(team))[0])
    dataset.PixelData = encapsulate([b"no codestream at all"])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    write_files(tmp_path / "in", [broken := to_bytes(dataset)])
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    minted = mint(team, "surgeon", dataset.StudyInstanceUID)
    answer = fetch(frame_path(minted, broken), minted["headers"])
    assert (answer.status_code, answer.json()["code"]) == (422, "pixels_undecodable")


def test_a_deidentified_ticket_shows_no_identity_and_its_own_urls(
    team: CaseTeam, objects: list[bytes]
) -> None:
    one = read_bytes(objects[0])
    client = sign_in(team, "consultant")
    listed = client.get(f"/api/cases/{team.case_id}/studies")
    study_uid = listed.json()["results"][0]["study_instance_uid"]
    minted = mint(team, "consultant", study_uid)
    base, held = minted["series"][0]["base_url"], minted["headers"]
    metadata = fetch(f"{base}/metadata", held)
    said = listed.content + json.dumps(minted).encode() + metadata.content
    said += gzip.decompress(metadata.content) if metadata.content[:2] == b"\x1f\x8b" else b""
    for secret in (
        one.PatientID, "Test^Patient", one.StudyInstanceUID,
        one.SeriesInstanceUID, one.SOPInstanceUID, "20250102", "2025-01-02", "19600101", "ACC-7731",
    ):  # fmt: skip
        assert str(secret).encode() not in said, secret
    shown = metadata.json()[0]
    grant = CaseGrant.objects.get(user=team.people["consultant"])
    projection = Projection(grant_id=grant.pk)
    assert shown["00080018"]["Value"] == [projection.uid(one.SOPInstanceUID)]
    assert shown["00280030"]["Value"] == [0.5, 0.75]
    frame = fetch(f"{base}/instances/{shown['00080018']['Value'][0]}/frames/1", held)
    assert np.array_equal(imagecodecs.htj2k_decode(frame.content), one.pixel_array)
    identified = base.partition(".")[0]
    answer = fetch(f"{identified}/metadata", held)
    assert (answer.status_code, answer.json()["code"]) == (403, "ticket_for_other_guise")
    member = mint(team, "surgeon", one.StudyInstanceUID)
    assert fetch(f"{base}/metadata", member["headers"]).status_code == 403


def test_captures_are_withheld_from_a_deidentified_viewer(
    team: CaseTeam, objects: list[bytes], tmp_path: Path
) -> None:
    fields = patient_fields(team) | {
        "study_uid": read_bytes(objects[0]).StudyInstanceUID,
        "series_uid": generate_uid(),
    }
    burned = make_slice(index=0, seed=5, BurnedInAnnotation="YES", **fields)
    write_files(tmp_path / "burned", [to_bytes(burned)])
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "burned"])
    client = sign_in(team, "consultant")
    (study,) = client.get(f"/api/cases/{team.case_id}/studies").json()["results"]
    shown = {one["disclosure"]: one for one in study["series"]}
    assert set(shown) == {"open", "withheld"}
    assert shown["withheld"]["base_url"] == shown["withheld"]["archive_key"] == ""
    assert shown["withheld"]["thumbnail_url"] is None
    minted = mint(team, "consultant", study["study_instance_uid"])
    assert len(minted["series"]) == 1
    whole = mint(team, "surgeon", burned.StudyInstanceUID)
    keys = {one["series_instance_uid"]: one["base_url"] for one in whole["series"]}
    scope = minted["series"][0]["base_url"].partition(".")[2]
    answer = fetch(f"{keys[burned.SeriesInstanceUID]}.{scope}/metadata", minted["headers"])
    assert (answer.status_code, answer.json()["code"]) == (403, "withheld")
