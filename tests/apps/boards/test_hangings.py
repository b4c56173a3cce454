"""Hanging protocols: what a layout may say, who keeps one, who sees and changes it."""

import copy
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.boards import services
from apps.boards.hangings import HangingDocument, builtin_hangings
from apps.boards.models import Board, HangingProtocol
from tests.people import CaseTeam, make_case_team, make_person

pytestmark = pytest.mark.django_db
URL = "/api/hanging-protocols"
DOCUMENT: dict[str, Any] = {
    "match": {"modalities": ["CT"], "tumour_types": ["lung"]},
    "steps": [
        {
            "rows": 1,
            "columns": 2,
            "links": ["scroll"],
            "cells": [
                {"series": {"modality": ["CT"]}, "link_group": "a", "preset": "lung"},
                {"series": {"modality": ["CT"], "time_point": 1}, "link_group": "a"},
            ],
        }
    ],
}


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def board(team: CaseTeam) -> Board:
    return services.create_board(actor=team.actor("coordinator"), name="Thoracic")


def _client(user: User) -> APIClient:
    made = APIClient()
    made.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return made


def _seated(team: CaseTeam, board: Board, name: str) -> APIClient:
    user = make_person(name=name)
    services.add_board_member(actor=team.actor("coordinator"), board_id=board.pk, user_id=user.pk)
    return _client(user)


def _names(client: APIClient) -> list[str]:
    return [one["name"] or one["key"] for one in client.get(URL).json()["results"]]


def _save(client: APIClient, **fields: Any) -> Any:
    return client.post(URL, {"name": "Mine", "document": DOCUMENT, **fields}, format="json")


def test_the_built_in_ones_cover_what_a_board_sees() -> None:
    keys = [one.key for one in builtin_hangings()]
    assert len(keys) == len(set(keys))
    assert {
        "single_ct",
        "ct_current_prior",
        "pet_ct",
        "brain_mr",
        "breast_mr",
        "liver_multiphase",
        "rt_plan",
        "plain_film",
        "cine",
        "pathology",
    } <= set(keys)
    displays = {
        cell.display
        for one in builtin_hangings()
        for step in one.document.steps
        for cell in step.cells
    }
    assert {"stack", "fusion", "mip"} <= displays


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("steps", 0, "rows"), 4),
        (("steps", 0, "columns"), 5),
        (("steps", 0, "columns"), 1),  # two cells in one place
        (("steps", 0, "cells", 0, "display"), "hologram"),
        (("steps", 0, "cells", 0, "window"), {"lower": -100, "upper": 100}),  # beside a preset
        (("steps", 0, "cells", 1, "window"), {"lower": 5, "upper": 5}),
        (("steps", 0, "cells", 1, "window"), {"lower": 0, "upper": float("1e9")}),
        (("steps", 0, "cells", 1, "under"), {"modality": ["CT"]}),  # under no fusion
        (("steps", 0, "cells", 1, "series", "script"), "alert(1)"),
        (("match", "tumour_types"), ["unheard_of"]),
        (("match", "modalities"), ["ct"]),
        (("match", "time_points_max"), 0),
        (("steps",), []),
    ],
)
def test_a_document_that_says_more_or_less_is_refused(
    team: CaseTeam, path: tuple[Any, ...], value: Any
) -> None:
    document = copy.deepcopy(DOCUMENT)
    place: Any = document
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    answer = _save(_client(team.people["coordinator"]), document=document)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_hanging"
    assert answer.json()["details"]["problems"]
    assert not HangingProtocol.objects.exists()


def test_one_keeps_changes_and_deletes_a_layout_of_ones_own(team: CaseTeam) -> None:
    me, other = _client(team.people["coordinator"]), _client(make_person(name="O Ther"))
    made = _save(me, is_default=True)
    assert made.status_code == 201
    assert HangingDocument.model_validate(made.json()["document"]).steps[0].columns == 2
    assert "Mine" in _names(me)
    assert "Mine" not in _names(other)
    assert _save(me).json()["code"] == "hanging_exists"
    assert _save(other).status_code == 201

    detail = f"{URL}/{made.json()['id']}"
    for verb in (other.patch, other.delete):
        assert verb(detail, {"name": "Theirs", "version": 1}, format="json").status_code == 404
    changed = me.patch(detail, {"name": "Ours"}, format="json", HTTP_IF_MATCH='"1"')
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    stale = me.patch(detail, {"name": "Late"}, format="json", HTTP_IF_MATCH='"1"')
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    assert me.patch(detail, {"name": "x"}, format="json").json()["code"] == "version_required"
    assert me.delete(detail, HTTP_IF_MATCH='"1"').status_code == 409
    assert me.delete(detail, HTTP_IF_MATCH='"2"').status_code == 204
    assert "Ours" not in _names(me)
    actions = AuditEntry.objects.filter(entity="hanging_protocol")
    assert sorted(entry.action for entry in actions) == [
        "hanging.deleted",
        "hanging.revised",
        "hanging.saved",
        "hanging.saved",
    ]


def test_a_layout_of_the_board_is_seen_by_members_and_changed_by_who_runs_it(
    team: CaseTeam, board: Board
) -> None:
    runner = _client(team.people["coordinator"])
    member = _seated(team, board, "Mem Ber")
    stranger = _client(make_person(name="Stran Ger"))
    made = _save(runner, name="Thoracic four", board=str(board.pk))
    assert made.status_code == 201
    detail = f"{URL}/{made.json()['id']}"
    (seen,) = [one for one in member.get(URL).json()["results"] if one["source"] == "board"]
    assert (seen["board_name"], seen["may_change"]) == ("Thoracic", False)
    assert member.delete(detail, HTTP_IF_MATCH='"1"').status_code == 403
    assert _save(member, name="Too", board=str(board.pk)).status_code == 403
    assert "Thoracic four" not in _names(stranger)
    assert stranger.delete(detail, HTTP_IF_MATCH='"1"').status_code == 404
    assert _save(stranger, name="Too", board=str(board.pk)).status_code == 404
    assert runner.delete(detail, HTTP_IF_MATCH='"1"').status_code == 204


def test_many_layouts_cost_no_more_queries_than_one(team: CaseTeam, board: Board) -> None:
    client = _client(team.people["coordinator"])
    client.get(URL)  # what a process reads once is not counted
    counts = []
    for more in (1, 9, 190):
        HangingProtocol.objects.bulk_create(
            HangingProtocol(name=f"{more}-{at}", board=board, document=DOCUMENT)
            for at in range(more)
        )
        with CaptureQueriesContext(connection) as queries:
            client.get(URL)
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2]
