"""Making, listing and ending tokens of machine clients over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.imaging.models import AccessToken
from apps.imaging.services import tokens
from tests.apps.imaging.test_gateway import sign_in
from tests.people import CaseTeam, make_case_team

pytestmark = pytest.mark.django_db


def ask(team: CaseTeam, who: str, **changes: Any) -> Any:
    body = {
        "name": "script",
        "cases": [str(team.case_id)],
        "scopes": ["dicomweb:read"],
        "expires_at": (timezone.now() + timedelta(days=7)).isoformat(),
    } | changes
    return sign_in(team, who).post("/api/tokens", body, content_type="application/json")


def test_a_token_is_shown_once_and_kept_hashed(team: CaseTeam) -> None:
    answer = ask(team, "surgeon")
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    token = answer.json()["token"]
    assert tokens.TOKEN_PATTERN.match(token)
    (row,) = AccessToken.objects.values()
    assert token not in str(row)
    assert token.split("_", 2)[2] not in str(row)  # the secret may hold that sign itself
    (listed,) = sign_in(team, "surgeon").get("/api/tokens").json()["results"]
    assert "token" not in listed
    assert listed["key"] in token
    assert listed["cases"] == [str(team.case_id)]
    entry = AuditEntry.objects.get(action="security.token_created")
    assert (entry.case_id, entry.details["scopes"]) == (team.case_id, ["dicomweb:read"])
    assert token not in str(entry.details)


def test_one_sees_and_ends_only_ones_own(team: CaseTeam) -> None:
    made = ask(team, "surgeon").json()
    other = sign_in(team, "radiologist")
    assert other.get("/api/tokens").json()["results"] == []
    assert other.delete(f"/api/tokens/{made['id']}").status_code == 404
    mine = sign_in(team, "surgeon")
    assert [mine.delete(f"/api/tokens/{made['id']}").status_code for _ in range(2)] == [204, 204]
    assert mine.get("/api/tokens").json()["results"][0]["revoked_at"]
    assert AuditEntry.objects.filter(action="security.token_revoked").count() == 1
    assert Client().get("/api/tokens").status_code == 401


def test_nobody_gives_what_they_do_not_have(team: CaseTeam) -> None:
    other = make_case_team()
    assert ask(team, "outsider").status_code == 404
    assert ask(team, "surgeon", cases=[str(team.case_id), str(other.case_id)]).status_code == 404
    assert ask(team, "surgeon", cases=[str(uuid4())]).status_code == 404
    assert ask(team, "surgeon", scopes=["dicomweb:write"]).status_code == 403
    assert ask(team, "trainee", scopes=["dicomweb:write"]).status_code == 403
    assert ask(team, "radiologist", scopes=["dicomweb:write"]).status_code == 201
    assert ask(team, "consultant", scopes=["ai:unreviewed"]).status_code == 403
    assert ask(team, "consultant").status_code == 201
    assert ask(team, "system_admin").status_code == 404
    assert AccessToken.objects.count() == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": []}, {"scopes": ["admin"]}, {"scopes": ["dicomweb:*"]}, {"cases": []},
        {"name": " "}, {"expires_at": "2020-01-01T00:00:00Z"}, {"expires_at": "soon"},
        {"expires_at": (timezone.now() + timedelta(days=91)).isoformat()},
    ],
)  # fmt: skip
def test_what_no_token_can_be(team: CaseTeam, changes: dict[str, Any]) -> None:
    assert ask(team, "surgeon", **changes).status_code == 400


def test_a_machine_makes_no_tokens(team: CaseTeam) -> None:
    token = ask(team, "radiologist").json()["token"]
    actor = tokens.actor_of_token(token=token)
    assert (actor.kind, actor.system_roles) == ("machine", frozenset())
    with pytest.raises(Exception, match="made by people"):
        tokens.create_token(
            actor=actor, name="x", case_ids=[team.case_id], scopes=["dicomweb:read"],
            expires_at=timezone.now() + timedelta(days=1),
        )  # fmt: skip
