"""Bearer tokens on a live process: what they open, in which guise, and how soon they end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest
from django.utils import timezone

from apps.accounts.services import set_active
from apps.ai import services as ai_services
from apps.ai import storage
from apps.ai.models import Finding
from apps.audit.models import AuditEntry
from apps.cases.models import CaseGrant
from apps.cases.services import grant_access, revoke_grant
from apps.imaging.models import AccessToken, Series, TokenFailure
from apps.imaging.services import import_files, revoke_token
from tests.apps.ai.encoded import encode, finding
from tests.apps.ai.synthetic_series import series_headers
from tests.apps.ai.world import builtin_version, finished_job
from tests.apps.imaging.dicom import to_bytes, write_files
from tests.apps.imaging.test_importing import patient_fields
from tests.contracts.dicomweb import AI, ORIGIN, READ, WRITE, Gateway, read
from tests.people import SYSTEM, make_case_team

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def no_lockout(gateway: Gateway) -> None:
    TokenFailure.objects.all().delete()


def row_of(token: str) -> AccessToken:
    return AccessToken.objects.get(key=token.split("_")[1])


def status(gateway: Gateway, token: str) -> int:
    return gateway.get("/studies", token=token).status_code


def test_a_token_opens_its_case_and_no_other(db: None, gateway: Gateway) -> None:
    other = make_case_team()
    assert status(gateway, gateway.token) == 200
    elsewhere = gateway.root.replace(str(gateway.team.case_id), str(other.case_id))
    assert gateway.get(f"{elsewhere}/studies").status_code == 404


def test_a_token_is_worth_nothing_outside_the_gateway(gateway: Gateway) -> None:
    for path in ("/api/me", "/api/cases", "/api/tokens", f"/api/cases/{gateway.team.case_id}"):
        assert httpx.get(gateway.origin + path, headers=gateway.bearer()).status_code == 401


def test_without_a_good_token_it_is_401_with_a_challenge(gateway: Gateway) -> None:
    answers = [
        httpx.get(f"{gateway.root}/studies"),
        gateway.get("/studies", token="cns_000000000000_" + "A" * 43),
        gateway.get("/studies", token="nonsense"),
        gateway.get("/studies", token=gateway.token[:-1] + "!"),
        gateway.get("/studies", token=gateway.token[:-4] + "AAAA"),
    ]
    assert [one.status_code for one in answers] == [401] * 5
    assert answers[0].headers["WWW-Authenticate"] == 'Bearer realm="consilium"'
    for one in answers[1:]:
        assert one.headers["WWW-Authenticate"] == 'Bearer realm="consilium", error="invalid_token"'
        assert one.json()["code"] == "invalid_token"


def test_a_revoked_token_is_dead_at_once(gateway: Gateway) -> None:
    token = gateway.mint("surgeon")
    assert status(gateway, token) == 200
    revoke_token(actor=gateway.team.actor("surgeon"), token_id=row_of(token).pk)
    assert status(gateway, token) == 401


def test_an_expired_token_is_dead(gateway: Gateway) -> None:
    token = gateway.mint("surgeon")
    AccessToken.objects.filter(pk=row_of(token).pk).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert status(gateway, token) == 401


def test_a_token_dies_with_its_persons_grant_and_does_not_rise_with_a_new_one(
    gateway: Gateway,
) -> None:
    token = gateway.mint("oncologist")
    grant = CaseGrant.objects.get(
        user=gateway.team.people["oncologist"], case_id=gateway.team.case_id
    )
    assert status(gateway, token) == 200
    revoke_grant(actor=SYSTEM, case_id=gateway.team.case_id, grant_id=grant.pk)
    assert status(gateway, token) == 401
    grant_access(actor=SYSTEM, case_id=gateway.team.case_id, user_id=grant.user_id)
    assert status(gateway, token) == 401


def test_a_token_dies_with_its_persons_account(gateway: Gateway) -> None:
    token = gateway.mint("chair")
    assert status(gateway, token) == 200
    person = gateway.team.people["chair"].pk
    set_active(actor=SYSTEM, user_id=person, is_active=False)
    assert status(gateway, token) == 401
    set_active(actor=SYSTEM, user_id=person, is_active=True)


def test_the_guise_of_the_grant_applies(gateway: Gateway) -> None:
    """A de-identified consultant's token: mapped UIDs, no names, objects written anew.

    "CT thorax" may pass: words of radiology are what cleaning leaves of a description.
    """
    token = gateway.mint("consultant")
    client = gateway.client(token)
    (study,) = client.search_for_studies(fields=["all"])
    shown = study["0020000D"]["Value"][0]
    series = client.search_for_series(shown, fields=["all"])
    said = str([study, series, client.retrieve_study_metadata(shown)])
    one = gateway.objects[0]
    secrets = [
        one.PatientID,
        "Test^Patient",
        "House",
        "S7",
        gateway.study_uid,
        "ACC-7731",
    ]
    assert [secret for secret in secrets if str(secret) in said] == []
    assert shown.startswith("2.25.")
    assert gateway.get(gateway.study, token=token).status_code == 404
    objects = gateway.get(f"/studies/{shown}", token=token)
    assert objects.status_code == 200
    assert [word for word in secrets if str(word).encode() in objects.content] == []


def test_reading_needs_the_scope(gateway: Gateway) -> None:
    for scope in (WRITE, AI):
        refused = gateway.get("/studies", token=gateway.mint("radiologist", scope))
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


def test_a_token_that_asks_for_more_is_in_the_audit(gateway: Gateway) -> None:
    token = gateway.mint("radiologist", WRITE)
    elsewhere = f"{gateway.origin}/dicomweb/cases/{uuid4()}/studies"
    for _ in range(3):
        assert gateway.get("/studies", token=token).status_code == 403
        assert gateway.get(elsewhere, token=token).status_code == 404
    entries = AuditEntry.objects.filter(
        action="access.refused", actor_label__contains=token.split("_")[1]
    )
    assert sorted(one.details["code"] for one in entries) == ["insufficient_scope", "not_found"]


def test_bad_tokens_are_locked_out_and_in_the_audit_but_good_ones_still_work(
    gateway: Gateway,
) -> None:
    before = AuditEntry.objects.filter(action="auth.failed").count()
    bad = gateway.token[:-4] + "AAAA"
    codes = [status(gateway, bad) for _ in range(14)]
    assert codes == [401] * 10 + [429] * 4
    locked = gateway.get("/studies", token=bad)
    assert locked.json()["code"] == "locked_out"
    assert 0 < int(locked.headers["Retry-After"]) <= 900
    entries = AuditEntry.objects.filter(action="auth.failed").order_by("at")[before:]
    assert len(entries) == 10
    assert {one.outcome for one in entries} == {"refused"}
    assert {one.details["reason"] for one in entries} == {"wrong_secret"}
    assert bad not in str([(one.details, one.actor_label, one.entity_id) for one in entries])
    assert status(gateway, gateway.token) == 200


def test_other_origins_only_where_the_site_names_them(gateway: Gateway) -> None:
    ask = {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    allowed = httpx.options(f"{gateway.root}/studies", headers=ask | {"Origin": ORIGIN})
    assert allowed.status_code == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Authorization" in allowed.headers["Access-Control-Allow-Headers"]
    for answer in (gateway.get("/studies", Origin=ORIGIN), allowed):
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Origin" in answer.headers["Vary"]
    for origin in ("https://evil.example", "null", f"{ORIGIN}.evil.example", ORIGIN.upper()):
        for answer in (
            httpx.options(f"{gateway.root}/studies", headers=ask | {"Origin": origin}),
            gateway.get("/studies", Origin=origin),
        ):
            assert "Access-Control-Allow-Origin" not in answer.headers


# --- AI that nobody has reviewed ---------------------------------------------------------------


@pytest.fixture(scope="module")
def findings(gateway: Gateway, tmp_path_factory: Any) -> list[Finding]:
    """Three findings on the case's study, with real SEG and SR: nobody has reviewed them."""
    series = Series.objects.get(series_instance_uid=gateway.objects[0].SeriesInstanceUID)
    version = builtin_version(tmp_path_factory.mktemp("ai"))
    job = finished_job(team=gateway.team, version=version, series=series, findings=3)
    headers = series_headers()
    for header in headers:
        header.StudyInstanceUID = gateway.study_uid
    for row in Finding.objects.filter(job=job):
        made = encode(headers, finding(), number=row.number)
        Finding.objects.filter(pk=row.pk).update(
            segmentation_uid=read(made["seg"]).SOPInstanceUID,
            segmentation_sha256=storage.put_bytes(content=made["seg"]),
            report_uid=read(made["report"]).SOPInstanceUID,
            report_sha256=storage.put_bytes(content=made["report"]),
        )
    return list(Finding.objects.filter(job=job).order_by("number"))


def uids_of(gateway: Gateway, token: str) -> set[str]:
    found = gateway.get(f"{gateway.study}/instances", token=token).json()
    return {one["00080018"]["Value"][0] for one in found}


def test_unreviewed_ai_objects_need_their_scope(gateway: Gateway, findings: list[Finding]) -> None:
    seen = gateway.mint("radiologist", READ, AI)
    theirs = {uid for one in findings for uid in (one.segmentation_uid, one.report_uid)}
    assert not theirs & uids_of(gateway, gateway.token)
    assert theirs <= uids_of(gateway, seen)
    assert len(gateway.get(f"{gateway.study}/series?Modality=SEG", token=seen).json()) >= 1
    session = gateway.client_in_session("radiologist").search_for_instances(gateway.study_uid)
    assert not theirs & {one["00080018"]["Value"][0] for one in session}


def test_an_unreviewed_segmentation_can_be_retrieved_whole_with_the_scope(
    gateway: Gateway, findings: list[Finding]
) -> None:
    seen = gateway.mint("radiologist", READ, AI)
    uid = findings[0].segmentation_uid
    (record,) = gateway.get(f"{gateway.study}/instances?SOPInstanceUID={uid}", token=seen).json()
    url = record["00081190"]["Value"][0]
    (document,) = gateway.get(f"{url}/metadata", token=seen).json()
    stored = gateway.get(url, token=seen, Accept="application/dicom; transfer-syntax=*")
    dataset = read(stored.content)
    assert dataset.SOPInstanceUID == uid
    pixels = gateway.get(
        document["7FE00010"]["BulkDataURI"], token=seen, Accept="application/octet-stream"
    )
    assert pixels.content == dataset.PixelData
    frame = gateway.get(f"{url}/frames/1", token=seen, Accept="application/octet-stream")
    bits = np.unpackbits(np.frombuffer(frame.content, np.uint8), bitorder="little")
    expected = np.atleast_3d(dataset.pixel_array).reshape(-1)[: bits.size]
    assert np.array_equal(bits[: dataset.Rows * dataset.Columns],
                          expected[: dataset.Rows * dataset.Columns])  # fmt: skip
    for path in (url, f"{url}/metadata", f"{url}/frames/1"):
        assert gateway.get(path).status_code == 404


def test_dismissed_ai_objects_leave_for_nobody_and_accepted_ones_for_all(
    gateway: Gateway, findings: list[Finding], tmp_path: Path
) -> None:
    """Objects that came back from a PACS are in the archive; the case still decides."""
    _, dismissed, accepted = findings
    seen = gateway.mint("radiologist", READ, AI)
    who = gateway.team.actor("radiologist")
    raw = [storage.get_bytes(sha256=one.segmentation_sha256) for one in findings]
    imported = import_files(
        actor=gateway.team.actor("coordinator"),
        case_id=gateway.team.case_id,
        paths=write_files(tmp_path / "back", [with_patient(gateway, one) for one in raw]),
    )
    assert {one.verdict for one in imported.files.all()} == {"stored"}
    theirs = [one.segmentation_uid for one in findings]
    assert not set(theirs) & uids_of(gateway, gateway.token)
    assert set(theirs) <= uids_of(gateway, seen)
    ai_services.dismiss_finding(
        actor=who, finding_id=dismissed.pk, case_id=gateway.team.case_id, version=1,
        reason_code="duplicate",
    )  # fmt: skip
    ai_services.accept_finding(
        actor=who, finding_id=accepted.pk, case_id=gateway.team.case_id, version=1
    )
    assert set(theirs) & uids_of(gateway, gateway.token) == {accepted.segmentation_uid}
    assert set(theirs) & uids_of(gateway, seen) == {theirs[0], accepted.segmentation_uid}
    study = gateway.get("/studies").json()[0]
    counted = study["00201208"]["Value"][0]
    assert counted == len(uids_of(gateway, gateway.token))
    metadata = gateway.get(f"{gateway.study}/metadata").json()
    assert dismissed.segmentation_uid not in {one["00080018"]["Value"][0] for one in metadata}


def with_patient(gateway: Gateway, raw: bytes) -> bytes:
    dataset = read(raw)
    for name, value in patient_fields(gateway.team).items():
        keyword = {"patient_id": "PatientID", "birth_date": "PatientBirthDate", "sex": "PatientSex"}
        setattr(dataset, keyword[name], value)
    return to_bytes(dataset)
