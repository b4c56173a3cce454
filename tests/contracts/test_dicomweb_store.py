"""STOW-RS against a live process: PS3.18 10.5 and I.2, with dicomweb-client and plain HTTP."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom.uid import generate_uid

from apps.audit.models import AuditEntry
from tests.apps.imaging.dicom import to_bytes
from tests.contracts.dicomweb import AI, READ, WRITE, Gateway, encode_parts, read

pytestmark = pytest.mark.slow

STORED, FAILED, OTHER, REASON = "00081199", "00081198", "0008119A", "00081197"


@pytest.fixture(scope="module")
def token(gateway: Gateway) -> str:
    return gateway.mint("radiologist", READ, WRITE)


@pytest.fixture()
def client(gateway: Gateway, token: str) -> DICOMwebClient:
    return gateway.client(token)


def reasons(answer: httpx.Response, sequence: str = FAILED) -> list[int]:
    return [one[REASON]["Value"][0] for one in answer.json()[sequence]["Value"]]


def stranger(gateway: Gateway, **changes: Any) -> bytes:
    """An object of another patient."""
    return to_bytes(gateway.another(patient_id="SOMEBODY-ELSE", birth_date="19300303", **changes))


def test_dicomweb_client_stores_and_finds_again(
    db: None, gateway: Gateway, client: DICOMwebClient
) -> None:
    one = gateway.another()
    answer = client.store_instances([one])
    (item,) = answer.ReferencedSOPSequence
    assert item.ReferencedSOPInstanceUID == one.SOPInstanceUID
    assert item.ReferencedSOPClassUID == one.SOPClassUID
    assert "FailedSOPSequence" not in answer
    # The client names its host without the port, and the answer believes it.
    retrieve = item.RetrieveURL.split(str(gateway.team.case_id))[1]
    assert retrieve.startswith(f"/studies/{one.StudyInstanceUID}/series/")
    assert gateway.get(f"{retrieve}/metadata").status_code == 200
    got = client.retrieve_instance(one.StudyInstanceUID, one.SeriesInstanceUID, one.SOPInstanceUID)
    assert got.PixelData == one.PixelData


def test_all_stored_is_200_and_again_is_200(gateway: Gateway, token: str) -> None:
    study = generate_uid()
    objects = [to_bytes(gateway.another(study_uid=study, index=n)) for n in range(3)]
    for _ in range(2):
        answer = gateway.post(objects, token=token, path=f"/studies/{study}")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/dicom+json"
        assert answer.json()["00081190"]["Value"] == [f"{gateway.root}/studies/{study}"]
        assert len(answer.json()[STORED]["Value"]) == 3
    assert len(gateway.get(f"/studies/{study}/instances").json()) == 3


def test_some_stored_is_202_with_a_reason_for_the_others(gateway: Gateway, token: str) -> None:
    good = gateway.another()
    answer = gateway.post([to_bytes(good), stranger(gateway), b"no DICOM"], token=token)
    assert answer.status_code == 202
    stored = answer.json()[STORED]["Value"]
    assert [one["00081155"]["Value"][0] for one in stored] == [str(good.SOPInstanceUID)]
    assert reasons(answer) == [0xA902]
    assert {"00081150", "00081155", REASON} == answer.json()[FAILED]["Value"][0].keys()
    assert reasons(answer, OTHER) == [0xC000]


def test_none_stored_is_409(gateway: Gateway, token: str) -> None:
    """Another patient's object never comes in; nothing of it is served."""
    study = generate_uid()
    answer = gateway.post([stranger(gateway, study_uid=study)], token=token)
    assert (answer.status_code, reasons(answer)) == (409, [0xA902])
    assert STORED not in answer.json()
    assert gateway.get(f"/studies/{study}/metadata").status_code == 404


def test_another_study_than_the_one_in_the_url_is_refused(gateway: Gateway, token: str) -> None:
    one = gateway.another()
    answer = gateway.post([to_bytes(one)], token=token, path=f"/studies/{generate_uid()}")
    assert (answer.status_code, reasons(answer)) == (409, [0xA901])
    assert gateway.get(f"/studies/{one.StudyInstanceUID}/metadata").status_code == 404


def test_other_content_under_a_known_uid_is_refused(gateway: Gateway, token: str) -> None:
    changed = read(to_bytes(gateway.objects[1]))
    changed.PixelData = bytes(len(changed.PixelData))
    answer = gateway.post([to_bytes(changed)], token=token)
    assert (answer.status_code, reasons(answer)) == (409, [0xA903])
    url = f"{gateway.instance(1)}/frames/1"
    kept = gateway.get(url, Accept="application/octet-stream").content
    assert kept == gateway.objects[1].PixelData


def test_what_cannot_be_read_fails_without_uids(gateway: Gateway, token: str) -> None:
    whole = to_bytes(gateway.another())
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("hidden.dcm", whole)
    answer = gateway.post([whole[:150], archive.getvalue(), b""], token=token)
    assert answer.status_code == 409
    assert reasons(answer, OTHER) == [0xA900, 0xC000, 0xC000]
    assert FAILED not in answer.json()


def test_a_preamble_is_zeroed(gateway: Gateway, client: DICOMwebClient, token: str) -> None:
    one = gateway.another()
    raw = b"MZ" + b"\x90" * 126 + to_bytes(one)[128:]
    assert gateway.post([raw], token=token).status_code == 200
    url = (
        f"/studies/{one.StudyInstanceUID}/series/{one.SeriesInstanceUID}"
        f"/instances/{one.SOPInstanceUID}"
    )
    stored = gateway.get(url, Accept="application/dicom; transfer-syntax=*").content
    assert stored[:128] == bytes(128)


def test_a_streamed_body_without_length_is_stored(gateway: Gateway, token: str) -> None:
    content, content_type = encode_parts([to_bytes(gateway.another(shape=(256, 256)))])

    def dripping() -> Iterator[bytes]:
        for start in range(0, len(content), 4097):
            yield content[start : start + 4097]

    answer = httpx.post(
        f"{gateway.root}/studies",
        content=dripping(),
        headers=gateway.bearer(token) | {"Content-Type": content_type},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text


def test_the_answer_comes_as_xml_when_asked(gateway: Gateway, token: str) -> None:
    answer = gateway.post(
        [to_bytes(gateway.another())], token=token, Accept="application/dicom+xml"
    )
    assert answer.headers["Content-Type"] == "application/dicom+xml"
    assert b'keyword="ReferencedSOPSequence"' in answer.content
    none = gateway.post([b"x"], token=token, Accept="text/html")
    assert none.status_code == 406


@pytest.mark.parametrize(
    "content_type",
    ["application/dicom", "application/json", "multipart/form-data; boundary=x", "text/plain",
     'multipart/related; type="application/dicom+json"; boundary=x',
     "multipart/related; boundary=x"],
)  # fmt: skip
def test_another_type_is_415(gateway: Gateway, token: str, content_type: str) -> None:
    answer = httpx.post(
        f"{gateway.root}/studies",
        content=b"x",
        headers=gateway.bearer(token) | {"Content-Type": content_type},
    )
    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


BAD_BODIES = {
    "wrong boundary": b"--other\r\nContent-Type: application/dicom\r\n\r\nabc\r\n--other--\r\n",
    "no delimiter": b"abc",
    "nothing": b"",
    "never closed": b"--x\r\nContent-Type: application/dicom\r\n\r\nabc",
    "no part": b"--x--\r\n",
    "endless part header": b"--x\r\n" + b"A: b\r\n" * 400_000,
}


@pytest.mark.parametrize("what", BAD_BODIES)
def test_a_body_that_is_not_what_it_says_is_400(gateway: Gateway, token: str, what: str) -> None:
    answer = httpx.post(
        f"{gateway.root}/studies",
        content=BAD_BODIES[what],
        headers=gateway.bearer(token)
        | {"Content-Type": 'multipart/related; type="application/dicom"; boundary=x'},
        timeout=30,
    )
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_boundary_no_standard_allows_is_400(gateway: Gateway, token: str) -> None:
    for boundary in ("", "b" * 71):
        content_type = f'multipart/related; type="application/dicom"; boundary="{boundary}"'
        answer = httpx.post(
            f"{gateway.root}/studies",
            content=b"x",
            headers=gateway.bearer(token) | {"Content-Type": content_type},
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_boundary")


def test_storing_needs_the_scope_and_a_part_in_the_case(gateway: Gateway) -> None:
    body = [to_bytes(gateway.another())]
    for scope in (READ, AI):
        refused = gateway.post(body, token=gateway.mint("radiologist", scope))
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    content, content_type = encode_parts(body)
    for who, status in (("surgeon", 403), ("radiologist", 403), ("outsider", 403)):
        answer = httpx.post(  # a session without a CSRF token writes nothing, whoever it is
            f"{gateway.root}/studies",
            content=content,
            headers={"Content-Type": content_type},
            cookies={"sessionid": gateway.session_key(who)},
        )
        assert answer.status_code == status


def test_what_came_in_is_in_the_audit_under_the_token(gateway: Gateway, token: str) -> None:
    gateway.post([to_bytes(gateway.another())], token=token)
    entry = AuditEntry.objects.filter(action="import.finished").latest("at")
    assert (entry.actor_kind, entry.actor_id) == ("machine", gateway.team.people["radiologist"].pk)
    assert entry.details["stored"] == 1
    assert token.split("_")[1] in entry.actor_label
    assert token not in entry.actor_label
