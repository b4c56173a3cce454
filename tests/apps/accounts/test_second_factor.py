"""The second factor over the headless API, as the security screen uses it."""

import json
import time
from typing import Any
from xml.etree import ElementTree

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client

from apps.accounts.adapters import SealedMFAAdapter
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from tests.people import PASSWORD, make_person

pytestmark = pytest.mark.django_db

BASE = "/_allauth/browser/v1"
TOTP = f"{BASE}/account/authenticators/totp"
RECOVERY = f"{BASE}/account/authenticators/recovery-codes"
ALL = f"{BASE}/account/authenticators"
SECOND_STEP = f"{BASE}/auth/2fa/authenticate"
QR = "/api/me/totp-qr"


@pytest.fixture(autouse=True)
def _forget_rate_limits() -> None:
    """allauth counts failures per address in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture()
def user() -> User:
    return make_person(name="Dr One", password=PASSWORD)


def _post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def _sign_in(user: User) -> tuple[Client, Any]:
    client = Client()
    answer = _post(client, f"{BASE}/auth/login", {"email": user.email, "password": PASSWORD})
    return client, answer


def _code(secret: str) -> str:
    counter = int(time.time()) // totp.app_settings.TOTP_PERIOD
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def _wrong(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def _confirm(client: Client, password: str = PASSWORD) -> int:
    """Type the password again; the status of the answer."""
    return int(_post(client, f"{BASE}/auth/reauthenticate", {"password": password}).status_code)


def _enrol(client: Client) -> list[str]:
    """Switch the second factor on; the recovery codes that come with it."""
    assert _confirm(client) == 200
    secret = client.get(TOTP).json()["meta"]["secret"]
    assert _post(client, TOTP, {"code": _code(secret)}).status_code == 200
    codes: list[str] = client.get(RECOVERY).json()["data"]["unused_codes"]
    return codes


def _actions(user: User) -> list[str]:
    entries = AuditEntry.objects.filter(action__startswith="auth.factor", actor_id=user.pk)
    return sorted(f"{one.action} {one.details['factor']}" for one in entries)


def test_a_real_code_switches_it_on_and_a_wrong_one_does_not(user: User) -> None:
    client, _ = _sign_in(user)
    meta = client.get(TOTP).json()["meta"]
    unconfirmed = _post(client, TOTP, {"code": _code(meta["secret"])})
    assert unconfirmed.status_code == 401
    assert "reauthenticate" in [flow["id"] for flow in unconfirmed.json()["data"]["flows"]]
    assert _confirm(client) == 200
    meta = client.get(TOTP).json()["meta"]
    assert meta["totp_url"].startswith("otpauth://totp/")
    assert f"secret={meta['secret']}" in meta["totp_url"]
    refused = _post(client, TOTP, {"code": _wrong(_code(meta["secret"]))})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "incorrect_code")
    assert client.get("/api/me").json()["totp_enabled"] is False
    assert _post(client, TOTP, {"code": _code(meta["secret"])}).status_code == 200
    assert client.get("/api/me").json()["totp_enabled"] is True


def test_the_picture_shows_the_key_of_this_session_and_only_while_enrolling(user: User) -> None:
    client, _ = _sign_in(user)
    assert _confirm(client) == 200
    assert client.get(QR).status_code == 404
    secret = client.get(TOTP).json()["meta"]["secret"]
    answer = client.get(QR)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
    assert answer["Cache-Control"] == "no-store"
    root = ElementTree.fromstring(answer.content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert client.get(QR).content == answer.content
    client.get(TOTP)  # a new key
    assert client.get(QR).content != answer.content
    assert Client().get(QR).status_code == 401
    _post(client, TOTP, {"code": _code(client.session[totp.SECRET_SESSION_KEY])})
    assert client.get(QR).status_code == 404
    assert secret not in client.get("/api/me").content.decode()


def test_recovery_codes_are_shown_once_and_each_opens_once(user: User) -> None:
    client, _ = _sign_in(user)
    codes = _enrol(client)
    assert len(codes) == len(set(codes)) == 10
    assert "unused_codes" not in client.get(RECOVERY).json()["data"]

    other, pending = _sign_in(user)
    assert pending.status_code == 401
    assert _post(other, SECOND_STEP, {"code": codes[0]}).status_code == 200
    assert other.get("/api/me").json()["totp_enabled"] is True
    kinds = {one["type"]: one for one in other.get(ALL).json()["data"]}
    assert kinds["recovery_codes"]["unused_code_count"] == 9
    assert kinds["recovery_codes"]["total_code_count"] == 10

    third, _ = _sign_in(user)
    assert _post(third, SECOND_STEP, {"code": codes[0]}).status_code == 400
    assert third.get("/api/me").status_code == 401


def test_new_codes_end_the_old_ones_and_need_the_password_again(user: User) -> None:
    client, _ = _sign_in(user)
    old = _enrol(client)
    _let_the_confirmation_grow_old(client)
    assert client.post(RECOVERY, "{}", content_type="application/json").status_code == 401
    assert _confirm(client, "not this one, no") == 400
    assert _confirm(client) == 200
    renewed = client.post(RECOVERY, "{}", content_type="application/json").json()["data"]
    assert not set(renewed["unused_codes"]) & set(old)
    other, _ = _sign_in(user)
    assert _post(other, SECOND_STEP, {"code": old[1]}).status_code == 400


def test_switching_off_needs_the_password_and_takes_the_codes_along(user: User) -> None:
    client, _ = _sign_in(user)
    _enrol(client)
    _let_the_confirmation_grow_old(client)
    assert client.delete(TOTP).status_code == 401
    assert _confirm(client) == 200
    assert client.delete(TOTP).status_code == 200
    assert client.get(ALL).json()["data"] == []
    assert client.get("/api/me").json()["totp_enabled"] is False
    _, answer = _sign_in(user)
    assert answer.status_code == 200


def test_codes_without_a_second_factor_are_refused(user: User) -> None:
    client, _ = _sign_in(user)
    assert client.post(RECOVERY, "{}", content_type="application/json").status_code == 400


def _let_the_confirmation_grow_old(client: Client) -> None:
    """As if the password had been typed an hour ago."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()


def test_what_happens_to_a_factor_is_audited(
    user: User, django_capture_on_commit_callbacks: Any
) -> None:
    client, _ = _sign_in(user)
    with django_capture_on_commit_callbacks(execute=True):
        codes = _enrol(client)
    other, _ = _sign_in(user)
    _post(other, SECOND_STEP, {"code": "99999999"})
    _post(other, SECOND_STEP, {"code": codes[0]})
    with django_capture_on_commit_callbacks(execute=True):
        client.post(RECOVERY, "{}", content_type="application/json")
        client.delete(TOTP)
    assert _actions(user) == [
        "auth.factor_added recovery_codes",
        "auth.factor_added totp",
        "auth.factor_removed recovery_codes",
        "auth.factor_removed totp",
        "auth.factor_renewed recovery_codes",
        "auth.factor_used recovery_codes",
    ]
    failed = AuditEntry.objects.get(action="auth.failed")
    assert (failed.entity_id, failed.details) == (str(user.pk), {"factor": "totp"})
    assert codes[0] not in json.dumps(list(AuditEntry.objects.values_list("details", flat=True)))


def test_seeds_are_sealed_at_rest_and_a_lost_key_opens_nothing(user: User, settings: Any) -> None:
    client, _ = _sign_in(user)
    assert _confirm(client) == 200
    secret = client.get(TOTP).json()["meta"]["secret"]
    assert _post(client, TOTP, {"code": _code(secret)}).status_code == 200
    stored = [json.dumps(row) for row in Authenticator.objects.values_list("data", flat=True)]
    assert stored
    assert not any(secret in row for row in stored)
    settings.SECRET_KEY = "a key nobody had when these were sealed" * 2
    stolen = SealedMFAAdapter()
    for authenticator in Authenticator.objects.all():
        sealed = str(authenticator.data.get("secret") or authenticator.data.get("seed"))
        first, second = stolen.decrypt(sealed), stolen.decrypt(sealed)
        assert len(first) >= 32
        assert secret not in (first, second)
        assert first != second
