"""The gateway is plain DICOMweb for a client that knows nothing of Consilium."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pydicom.uid import JPEG2000Lossless, generate_uid

from apps.audit.models import AuditEntry
from apps.imaging.gateway import access
from apps.imaging.gateway.negotiation import _split, parse_media_type
from apps.imaging.services import import_files
from tests.apps.imaging.dicom import (
    data_folder,
    make_series,
    make_slice,
    read_bytes,
    to_bytes,
    write_files,
)
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam, make_case_team

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
    pytest.mark.filterwarnings("ignore:No directory at"),
]


@pytest.fixture(autouse=True)
def nothing_told() -> Iterator[None]:
    access._told.clear()
    yield


@pytest.fixture()
def objects(team: CaseTeam, tmp_path: Path) -> list[bytes]:
    fields = patient_fields(team) | {"study_uid": generate_uid()}
    made = make_series(count=4, **fields) + make_series(count=2, spacing_mm=5.0, **fields)
    write_files(tmp_path / "in", made)
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    return made


def sign_in(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def dicomweb(live_server: object, team: CaseTeam, who: str) -> DICOMwebClient:
    session = requests.Session()
    session.cookies.set("sessionid", sign_in(team, who).cookies["sessionid"].value)
    url = f"{live_server.url}/dicomweb/cases/{team.case_id}"  # type: ignore[attr-defined]
    return DICOMwebClient(url=url, session=session)


def root(team: CaseTeam) -> str:
    return f"/dicomweb/cases/{team.case_id}"


def test_dicomweb_client_reads_everything_unmodified(
    live_server: object, team: CaseTeam, objects: list[bytes]
) -> None:
    client = dicomweb(live_server, team, "radiologist")
    (study,) = client.search_for_studies()
    study_uid = study["0020000D"]["Value"][0]
    assert study["00201206"]["Value"] == [2]
    assert study["00201208"]["Value"] == [6]
    assert client.search_for_studies(search_filters={"PatientID": "nobody"}) == []
    patient_id = team.case.patient.patient_id
    assert len(client.search_for_studies(search_filters={"PatientID": patient_id})) == 1
    assert len(client.search_for_series(study_uid)) == 2
    assert len(client.search_for_instances(study_uid, limit=3)) == 3
    assert len(client.search_for_instances(study_uid, offset=4)) == 2
    first = read_bytes(objects[0])
    series_uid, sop_uid = first.SeriesInstanceUID, first.SOPInstanceUID
    metadata = client.retrieve_series_metadata(study_uid, series_uid)
    assert [one["00080018"]["Value"][0] for one in metadata] == [
        read_bytes(raw).SOPInstanceUID for raw in objects[:4]
    ]
    assert pydicom.Dataset.from_json(metadata[0]).RescaleIntercept == -1024
    (frame,) = client.retrieve_instance_frames(study_uid, series_uid, sop_uid, [1])
    assert np.array_equal(np.frombuffer(frame, "<i2").reshape(16, 24), first.pixel_array)
    instance = client.retrieve_instance(study_uid, series_uid, sop_uid)
    assert np.array_equal(instance.pixel_array, first.pixel_array)
    assert len(client.retrieve_series(study_uid, series_uid)) == 4
    assert len(client.retrieve_study(study_uid)) == 6
    picture = client.retrieve_instance_rendered(
        study_uid, series_uid, sop_uid, media_types=("image/png",)
    )
    assert picture.startswith(b"\x89PNG")
    assert AuditEntry.objects.filter(action="images.accessed").count() == 1


def test_frames_are_explicit_little_endian_unless_asked_otherwise(
    team: CaseTeam, objects: list[bytes]
) -> None:
    client = sign_in(team, "surgeon")
    one = read_bytes(objects[0])
    url = (
        f"{root(team)}/studies/{one.StudyInstanceUID}/series/{one.SeriesInstanceUID}"
        f"/instances/{one.SOPInstanceUID}/frames/1"
    )
    cases = {
        "*/*": ("multipart/related", "1.2.840.10008.1.2.1"),
        'multipart/related; type="application/octet-stream"': (
            "multipart/related",
            "1.2.840.10008.1.2.1",
        ),
        "multipart/related; type=application/octet-stream": (
            "multipart/related",
            "1.2.840.10008.1.2.1",
        ),
        'multipart/related; type="image/jphc"': ("multipart/related", "1.2.840.10008.1.2.4.201"),
        'multipart/related; type="image/jphc"; transfer-syntax=1.2.840.10008.1.2.4.202': (
            "multipart/related",
            "1.2.840.10008.1.2.4.202",
        ),
        'multipart/related; type="application/octet-stream"; transfer-syntax=*': (
            "multipart/related",
            "1.2.840.10008.1.2.4.202",
        ),
        "application/octet-stream": ("application/octet-stream", "1.2.840.10008.1.2.1"),
        "image/jphc": ("image/jphc", "1.2.840.10008.1.2.4.201"),
    }
    for accept, (media, syntax) in cases.items():
        answer = client.get(url, headers={"accept": accept})
        body = b"".join(answer)
        assert answer.status_code == 200, accept
        assert answer["Content-Type"].startswith(media), accept
        assert f"transfer-syntax={syntax}" in answer["Content-Type"] + body.decode("latin-1")
    refused = client.get(url, headers={"accept": "video/mp4"})
    assert (refused.status_code, refused["Content-Type"]) == (406, "application/problem+json")
    assert client.get(url[:-1] + "2").status_code == 404
    assert client.get(url[:-1] + "0").status_code == 400


def test_an_empty_query_answers_204(team: CaseTeam, objects: list[bytes]) -> None:
    client = sign_in(team, "surgeon")
    assert client.get(f"{root(team)}/studies", {"Modality": "CT", "limit": "1"}).status_code == 200
    nothing = {"StudyDate": "19000101-19011231"}
    assert client.get(f"{root(team)}/studies", nothing).status_code == 204
    assert client.get(f"{root(team)}/studies", {"StudyDate": "20250101-"}).status_code == 200
    assert client.get(f"{root(team)}/studies", {"PatientName": "test*"}).status_code == 200
    assert client.get(f"{root(team)}/studies", {"limit": "many"}).status_code == 400
    assert client.get(f"{root(team)}/studies", {"NoSuchThing": "1"}).status_code == 400


def test_a_case_that_is_not_mine_is_404_on_every_route(
    team: CaseTeam, objects: list[bytes]
) -> None:
    one = read_bytes(objects[0])
    study = f"{root(team)}/studies/{one.StudyInstanceUID}"
    series = f"{study}/series/{one.SeriesInstanceUID}"
    instance = f"{series}/instances/{one.SOPInstanceUID}"
    paths = [
        f"{root(team)}/studies", f"{root(team)}/series", f"{root(team)}/instances", study,
        f"{study}/metadata", f"{study}/series", f"{study}/instances", series,
        f"{series}/metadata", f"{series}/instances", f"{series}/thumbnail", instance,
        f"{instance}/metadata", f"{instance}/rendered", f"{instance}/frames/1",
        f"{instance}/frames/1/rendered", f"{instance}/bulkdata/00282000",
    ]  # fmt: skip
    outsider = sign_in(team, "outsider")
    assert [outsider.get(path).status_code for path in paths] == [404] * len(paths)
    assert [Client().get(path).status_code for path in paths] == [401] * len(paths)
    member = sign_in(team, "surgeon")
    assert [member.get(path).status_code for path in paths[:-1]] == [200] * (len(paths) - 1)


def test_a_study_is_only_there_in_its_own_case(team: CaseTeam, objects: list[bytes]) -> None:
    other = make_case_team()
    one = read_bytes(objects[0])
    client = sign_in(other, "coordinator")
    url = f"/dicomweb/cases/{other.case_id}/studies/{one.StudyInstanceUID}/metadata"
    assert client.get(url).status_code == 404


def test_compressed_files_come_out_explicit_and_equal(team: CaseTeam, tmp_path: Path) -> None:
    made = make_slice(
        study_uid=generate_uid(), series_uid=generate_uid(), shape=(64, 64), **patient_fields(team)
    )
    expected = made.pixel_array.copy()
    made.compress(JPEG2000Lossless, generate_instance_uid=False)
    write_files(tmp_path / "in", [to_bytes(made)])
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    client = sign_in(team, "surgeon")
    url = (
        f"{root(team)}/studies/{made.StudyInstanceUID}/series/{made.SeriesInstanceUID}"
        f"/instances/{made.SOPInstanceUID}"
    )
    raw = client.get(url, headers={"accept": "application/dicom"}).content
    explicit = pydicom.dcmread(BytesIO(raw))
    assert explicit.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert np.array_equal(explicit.pixel_array, expected)
    stored = client.get(url, headers={"accept": "application/dicom; transfer-syntax=*"}).content
    assert pydicom.dcmread(BytesIO(stored)).file_meta.TransferSyntaxUID == JPEG2000Lossless


def test_a_deidentified_viewer_gets_images_but_no_identity(
    live_server: object, team: CaseTeam, objects: list[bytes]
) -> None:
    client = dicomweb(live_server, team, "consultant")
    one = read_bytes(objects[0])
    secrets = [
        one.PatientID, "Test^Patient", "ACC-7731", one.StudyInstanceUID,
        one.SeriesInstanceUID, one.SOPInstanceUID, one.FrameOfReferenceUID, "20250102", "19600101",
    ]  # fmt: skip
    (study,) = client.search_for_studies()
    study_uid = study["0020000D"]["Value"][0]
    series = client.search_for_series(study_uid)
    series_uid = next(s["0020000E"]["Value"][0] for s in series if s["00201209"]["Value"] == [4])
    metadata = client.retrieve_series_metadata(study_uid, series_uid)
    said = str([study, series, metadata, client.search_for_instances(study_uid)])
    assert [secret for secret in secrets if secret in said] == []
    assert metadata[0]["00120062"]["Value"] == ["YES"]
    sop_uid = metadata[0]["00080018"]["Value"][0]
    (frame,) = client.retrieve_instance_frames(study_uid, series_uid, sop_uid, [1])
    assert np.array_equal(np.frombuffer(frame, "<i2").reshape(16, 24), one.pixel_array)
    whole = client.retrieve_instance(study_uid, series_uid, sop_uid)
    assert np.array_equal(whole.pixel_array, one.pixel_array)
    assert [secret for secret in secrets if secret in f"{whole}{whole.file_meta}"] == []
    with pytest.raises(requests.HTTPError):  # the original UID is not known in this guise
        client.retrieve_series_metadata(one.StudyInstanceUID, one.SeriesInstanceUID)


def test_real_objects_of_every_kind_have_metadata(team: CaseTeam) -> None:
    import_files(
        actor=SYSTEM,
        case_id=team.case_id,
        paths=[data_folder("10-"), data_folder("11-"), data_folder("12-")],
        mismatch_reason="Public data of many patients in one test case",
    )
    client = sign_in(team, "surgeon")
    studies = client.get(f"{root(team)}/studies").json()
    assert len(studies) > 5
    for study in studies:
        uid = study["0020000D"]["Value"][0]
        answer = client.get(f"{root(team)}/studies/{uid}/metadata")
        assert answer.status_code == 200
        for document in answer.json():
            read = pydicom.Dataset.from_json(document, lambda *_: b"")
            assert read.SOPInstanceUID


def bulk_uris(document: object) -> Iterator[str]:
    """Every BulkDataURI of a document, at any depth."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name == "BulkDataURI":
                yield value
            else:
                yield from bulk_uris(value)
    elif isinstance(document, list):
        for value in document:
            yield from bulk_uris(value)


@pytest.mark.parametrize("prefix", ["10-", "11-", "12-", "13-", "14-", "16-"])
def test_of_real_objects_everything_that_is_named_resolves(team: CaseTeam, prefix: str) -> None:
    """Bulk data, the stored object, frames and pictures where there are frames; never a 500."""
    import_files(
        actor=SYSTEM,
        case_id=team.case_id,
        paths=[data_folder(prefix)],
        mismatch_reason="Public data of many patients in one test case",
    )
    client = sign_in(team, "surgeon")
    checked = 0
    for series in client.get(f"{root(team)}/series").json():
        base = series["00081190"]["Value"][0].removeprefix("http://testserver")
        one = client.get(f"{base}/instances?limit=1&includefield=all").json()[0]
        url = one["00081190"]["Value"][0].removeprefix("http://testserver")
        (document,) = client.get(f"{url}/metadata").json()
        stored = client.get(url, headers={"accept": "application/dicom; transfer-syntax=*"})
        assert pydicom.dcmread(BytesIO(stored.content)).SOPInstanceUID in url
        for uri in bulk_uris(document):
            answer = client.get(uri, headers={"accept": "application/octet-stream"})
            assert answer.status_code == 200, uri
            checked += 1
        has_frames = bool(one.get("00280008", {}).get("Value"))
        for path in ("frames/1", "rendered", "thumbnail"):
            code = client.get(f"{url}/{path}").status_code
            assert code == 200 or (not has_frames and code == 404), (path, code)
    print(f"{prefix}: {checked} bulk values resolved")


def test_queries_do_not_grow_with_what_is_found(team: CaseTeam, tmp_path: Path) -> None:
    client = sign_in(team, "surgeon")
    levels = ("studies", "series", "instances")
    counts: dict[int, list[int]] = {}
    for number in (1, 10):
        study_uid = generate_uid()
        made = [
            make_slice(
                study_uid=study_uid, series_uid=generate_uid(), index=n, **patient_fields(team)
            )
            for n in range(number)
        ]
        write_files(tmp_path / str(number), [to_bytes(one) for one in made])
        import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / str(number)])
        counts[number] = []
        for level in levels:
            client.get(f"{root(team)}/{level}")
            with CaptureQueriesContext(connection) as queries:
                found = client.get(f"{root(team)}/{level}").json()
            counts[number].append(len(queries))
    assert len(found) == 11
    assert counts[10] == counts[1]
    assert max(counts[1]) <= 20


def test_accept_is_split_outside_quotes_only() -> None:
    raw = 'multipart/related; type="image/jp2, odd"; q=0.5, */*;q=0.1'
    parts = [parse_media_type(part) for part in _split(raw)]
    assert [(one.media_type, one.inner, one.quality) for one in parts] == [
        ("multipart/related", "image/jp2, odd", 0.5),
        ("*/*", "", 0.1),
    ]
