"""REST of follow-up tasks: bounded queries, one result once, and nothing for outsiders."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.selectors import actor_for
from apps.cases.models import CaseGrant
from apps.followup import selectors, services
from apps.followup.api.views import show_tasks
from apps.followup.models import FollowUpTask
from tests.apps.followup.scene import NOW, Scene

pytestmark = pytest.mark.django_db


AT_ONCE = 20
"""Recommendations of one decision: it has no more than it has room for."""


@pytest.mark.parametrize("rows", [1, 10, 200])
def test_the_list_of_tasks_costs_the_same_queries_at_any_length(scene: Scene, rows: int) -> None:
    for first in range(0, rows, AT_ONCE):
        scene.decide(texts=tuple(f"Step {one}" for one in range(first, min(rows, first + AT_ONCE))))
    assert FollowUpTask.objects.count() == 2 * rows
    task = scene.tasks()[0]
    services.record_result(
        actor=scene.team.actor("surgeon"), task_id=task.pk, version=1, implementation="full"
    )
    actor = actor_for(user=scene.team.people["chair"])
    with CaptureQueriesContext(connection) as captured:
        page = list(selectors.list_tasks(actor=actor).tasks[:200])
        assert len(show_tasks(actor=actor, tasks=page)) == min(200, 2 * rows)
    assert len(captured) <= 4, [one["sql"] for one in captured]
    listed = scene.client("chair").get("/api/follow-up-tasks", {"limit": 200}).json()
    assert len(listed["results"]) == min(200, 2 * rows)


def test_over_rest_a_result_is_written_once_and_a_correction_names_what_it_replaces(
    scene: Scene,
) -> None:
    scene.decide(texts=("<script>alert(1)</script> =1+1",))
    owner = scene.client("surgeon")
    listed = owner.get("/api/follow-up-tasks", {"unfinished": True}).json()["results"]
    assert [one["text"] for one in listed] == ["<script>alert(1)</script> =1+1"] * 2
    path = f"/api/follow-up-tasks/{listed[0]['id']}"
    assert listed[0]["may_record"] is True
    said = {"implementation": "not", "reason_code": "did-not-attend"}
    refused = owner.post(f"{path}/results", said, format="json")
    assert refused.json()["code"] == "version_required"
    headers = {"If-Match": '"1"', "Idempotency-Key": "once"}
    made = owner.post(f"{path}/results", said, format="json", headers=headers)
    assert (made.status_code, made.json()["state"]) == (201, "done")
    again = owner.post(f"{path}/results", said, format="json", headers=headers)
    assert again.json()["results_count"] == 1
    first = made.json()["result"]
    corrected = owner.post(
        f"{path}/results", {"implementation": "full", "corrects": first["id"], "version": 2},
        format="json",
    ).json()  # fmt: skip
    assert (corrected["result"]["number"], corrected["result"]["supersedes"]) == (2, first["id"])
    history = owner.get(f"{path}/results").json()["results"]
    assert [one["implementation"] for one in history] == ["not", "full"]
    assert scene.client("radiologist").post(
        f"{path}/results", {"implementation": "full", "version": 3}, format="json"
    ).status_code == 403  # fmt: skip
    CaseGrant.objects.filter(user=scene.team.people["consultant"]).update(expires_at=None)
    assert scene.client("consultant").get(path).status_code == 403, "sees it de-identified"
    assert scene.client("consultant").get("/api/follow-up-tasks").json()["results"] == []
    assert scene.client("outsider").get(path).status_code == 404
    assert datetime.fromisoformat(history[0]["created_at"]).tzinfo is not None
    assert datetime.fromisoformat(history[0]["created_at"]) == NOW.astimezone(UTC)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("results", {"implementation": "not", "reason_code": "because", "version": 1}),
        ("results", {"implementation": "full", "text": "x" * 5001, "version": 1}),
        ("results", {"implementation": "full", "corrects": "me", "version": 1}),
        ("hand-over", {"to": "", "version": 1}),
        ("hand-over", {"to": "x" * 201, "version": 1}),
        ("results", {"implementation": "full", "text": "nul\x00", "version": 1}),
    ],
)
def test_what_cannot_be_is_refused_with_400(scene: Scene, path: str, body: dict) -> None:
    scene.decide()
    answer = scene.client("surgeon").post(
        f"/api/follow-up-tasks/{scene.tasks()[0].pk}/{path}", body, format="json"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert [one.state for one in scene.tasks()] == ["open", "open"]


def test_there_is_no_way_to_record_several_results_at_once(scene: Scene) -> None:
    scene.decide()
    for path in ("/api/follow-up-tasks", "/api/follow-up-tasks/results"):
        for method in ("post", "patch", "put"):
            answer = getattr(scene.client("chair"), method)(path, {}, format="json")
            assert answer.status_code in {403, 404, 405}, (method, path)


def test_a_case_is_closed_over_rest_with_the_list_of_what_is_left(scene: Scene) -> None:
    scene.decide()
    case = scene.client("chair").get(f"/api/cases/{scene.team.case_id}").json()
    path = f"/api/cases/{scene.team.case_id}/close"
    refused = scene.client("chair").post(path, {"version": case["version"]}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "follow_up_open")
    assert len(refused.json()["details"]["left"]) == 2
    for who, status in (("surgeon", 403), ("trainee", 403), ("outsider", 404)):
        answer = scene.client(who).post(path, {"version": 1}, format="json")
        assert answer.status_code == status, who


def test_the_rule_of_a_board_is_read_and_set(scene: Scene) -> None:
    path = f"/api/boards/{scene.board.pk}/follow-up"
    assert scene.client("surgeon").get(path).json() == {
        "version": 0, "days": [30, 90], "time_zone": "", "analytic_cases_a_year": None,
    }  # fmt: skip
    assert scene.client("surgeon").put(path, {"days": [30]}, format="json").status_code == 403
    said = {"version": 0, "days": [90, 30], "time_zone": "Europe/Berlin"}
    answer = scene.client("chair").put(path, said, format="json")
    assert (answer.status_code, answer.json()["days"]) == (200, [30, 90])
    stale = scene.client("chair").put(path, said, format="json")
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")


def test_an_outcome_is_put_over_rest_and_shown_on_the_case(scene: Scene) -> None:
    decision = scene.decide()
    answer = scene.client("oncologist").put(
        f"/api/decisions/{decision.pk}/outcome",
        {"treatment_started_on": "2027-01-12", "treatment_kind": "surgery", "version": 0},
        format="json",
    )
    assert (answer.status_code, answer["ETag"]) == (200, '"1"')
    shown = scene.client("surgeon").get(f"/api/cases/{scene.team.case_id}/follow-up").json()
    assert shown["decisions"][0]["outcome"]["treatment_started_on"] == "2027-01-12"
    item = shown["agenda_items"][0]["id"]
    kept = scene.client("coordinator").put(
        f"/api/agenda-items/{item}/presentation",
        {"is_prospective": True, "is_analytic": None}, format="json",
    )  # fmt: skip
    assert kept.json() == {"is_prospective": True, "is_analytic": None}
    assert scene.client("surgeon").put(
        f"/api/agenda-items/{item}/presentation",
        {"is_prospective": True, "is_analytic": None}, format="json",
    ).status_code == 403  # fmt: skip


def test_the_cases_follow_up_costs_the_same_queries_at_any_size(scene: Scene) -> None:
    path = f"/api/cases/{scene.team.case_id}/follow-up"
    client = scene.client("chair")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    scene.decide()
    queries()
    one = queries()
    scene.decide(texts=tuple(f"Step {number}" for number in range(20)))
    assert queries() <= one
    assert len(client.get(path).json()["tasks"]) == 42
