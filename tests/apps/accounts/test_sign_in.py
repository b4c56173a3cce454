"""Sign-in by password and TOTP, lockout, idle sign-off; everything audited."""

import json
import time
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import set_active
from apps.audit.models import AuditEntry
from tests.people import PASSWORD, SYSTEM, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget_rate_limits() -> None:
    """allauth counts failures per address in the cache, which outlives a test."""
    cache.clear()


LOGIN = "/_allauth/browser/v1/auth/login"
SESSION = "/_allauth/browser/v1/auth/session"
MFA = "/_allauth/browser/v1/auth/2fa/authenticate"


def _post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def _sign_in(client: Client, user: User, password: str = PASSWORD) -> Any:
    return _post(client, LOGIN, {"email": user.email, "password": password})


def test_password_opens_a_session_and_me_says_who() -> None:
    user = make_person(name="Dr One", password=PASSWORD)
    client = Client()
    assert client.get("/api/me").status_code == 401
    assert _sign_in(client, user).status_code == 200
    me = client.get("/api/me").json()
    assert (me["email"], me["display_name"], me["totp_enabled"]) == (user.email, "Dr One", False)
    assert AuditEntry.objects.filter(action="auth.signed_in", actor_id=user.pk).count() == 1


def test_wrong_password_is_refused_and_audited_without_the_address() -> None:
    user = make_person(password=PASSWORD)
    client = Client()
    assert _sign_in(client, user, "wrong wrong wrong").status_code == 400
    entry = AuditEntry.objects.get(action="auth.failed")
    assert entry.outcome == "refused"
    assert user.email not in json.dumps(entry.details) + entry.actor_label


def test_unknown_and_known_addresses_get_the_same_answer() -> None:
    user = make_person(password=PASSWORD)
    known = _sign_in(Client(), user, "wrong wrong wrong").json()
    unknown = _post(Client(), LOGIN, {"email": "no@test.example", "password": "x" * 12}).json()
    assert known == unknown


def test_totp_is_asked_for_once_it_is_set_up() -> None:
    user = make_person(password=PASSWORD)
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    client = Client()
    pending = _sign_in(client, user)
    assert pending.status_code == 401
    assert client.get("/api/me").status_code == 401
    code = totp.format_hotp_value(
        totp.hotp_value(secret, int(time.time()) // totp.app_settings.TOTP_PERIOD)
    )
    assert (
        _post(client, MFA, {"code": "000000" if code != "000000" else "111111"}).status_code == 400
    )
    assert _post(client, MFA, {"code": code}).status_code == 200
    assert client.get("/api/me").json()["totp_enabled"] is True


def test_too_many_failures_lock_the_address_out_even_with_the_right_password() -> None:
    user = make_person(password=PASSWORD)
    client = Client()
    for _ in range(12):
        _sign_in(client, user, "wrong wrong wrong")
    assert _sign_in(client, user).status_code in {400, 403, 429}
    assert client.get("/api/me").status_code == 401


def test_an_idle_session_ends_on_the_server(settings: Any) -> None:
    user = make_person(password=PASSWORD)
    client = Client()
    _sign_in(client, user)
    assert client.get("/api/me").status_code == 200
    session = client.session
    session["last_seen"] = int(time.time()) - settings.IDLE_SIGN_OFF_S - 1
    session.save()
    assert client.get("/api/me").status_code == 401


def test_background_polling_does_not_keep_a_session_alive(settings: Any) -> None:
    user = make_person(password=PASSWORD)
    client = Client()
    _sign_in(client, user)
    session = client.session
    session["last_seen"] = before = int(time.time()) - settings.IDLE_SIGN_OFF_S + 60
    session.save()
    client.get("/api/me", headers={"X-Consilium-Background": "1"})
    assert client.session["last_seen"] == before


def test_closing_an_account_ends_its_sessions() -> None:
    user = make_person(password=PASSWORD)
    client = Client()
    _sign_in(client, user)
    set_active(actor=SYSTEM, user_id=user.pk, is_active=False)
    assert client.get("/api/me").status_code == 401
    assert _sign_in(Client(), user).status_code in {400, 401, 403}


def test_nobody_can_sign_up() -> None:
    answer = _post(
        Client(),
        "/_allauth/browser/v1/auth/signup",
        {"email": "new@test.example", "password": "a long enough password"},
    )
    assert answer.status_code == 403
    assert not User.objects.filter(email="new@test.example").exists()


def test_a_write_without_csrf_token_is_refused() -> None:
    admin = make_person(password=PASSWORD, roles=("system_admin",))
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/api/institutions", {"name": "X"}, content_type="application/json")
    assert answer.status_code == 403


def test_signing_out_makes_the_browser_forget_images() -> None:
    user = make_person(password=PASSWORD)
    client = Client()
    assert "Clear-Site-Data" not in _sign_in(client, user).headers
    answer = client.delete(SESSION)
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert client.get("/api/me").status_code == 401
    assert AuditEntry.objects.filter(action="auth.signed_out", actor_id=user.pk).count() == 1
