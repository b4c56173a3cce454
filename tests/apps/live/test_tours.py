"""Views left for somebody, and prepared steps: who writes, who sees what, in which guise."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.audit.models import AuditEntry
from apps.core.exceptions import Conflict, Forbidden, InvalidInput, NotVisible, StaleVersion
from apps.imaging.projection import Projection
from apps.live.exceptions import StagePlaceUnknown
from apps.live.models import LiveEvent, LiveSession, Tour
from apps.live.protocol import event_messages
from apps.live.selectors import describe_event
from apps.live.tours import services
from tests.live_client import stage
from tests.people import CaseTeam

pytestmark = pytest.mark.django_db(transaction=True)

BACKEND = "django.contrib.auth.backends.ModelBackend"
Json = dict[str, Any]


def _client(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend=BACKEND)
    return client


def _leave(team: CaseTeam, *, who: str = "radiologist", readers: tuple[str, ...] = ()) -> Tour:
    return services.create_tour(
        actor=team.actor(who),
        case_id=team.case_id,
        purpose="review",
        title="Is the fissure crossed?",
        due=date(2027, 1, 14),
        readers=[team.people[one].pk for one in readers],
    )


def _view(study: str, *, rev: int = 1) -> Json:
    state: Json = stage(study, epoch=1, rev=rev)["state"]
    return state


def _listed(team: CaseTeam, who: str) -> list[Json]:
    answer = _client(team, who).get(f"/api/tours?case={team.case_id}")
    assert answer.status_code == 200, answer.content
    results: list[Json] = answer.json()["results"]
    return results


def test_LIVE_T1_views_in_order_with_words_author_and_time(team: CaseTeam, study: str) -> None:
    tour = _leave(team)
    for number, who in enumerate(("radiologist", "surgeon"), start=1):
        services.add_step(
            actor=team.actor(who),
            tour_id=tour.pk,
            stage=_view(study, rev=number),
            title=f"View {number}",
            comment="Look at the vessel.",
        )
    (shown,) = _listed(team, "chair")
    assert [step["title"] for step in shown["steps"]] == ["View 1", "View 2"]
    assert [step["author"]["display_name"] for step in shown["steps"]] == [
        "Radiologist Person",
        "Surgeon Person",
    ]
    camera = shown["steps"][1]["stage"]["viewports"][0]["camera"]
    assert camera["focal_point_lps"] == [1.5, 2.5, 2.0]
    turned = [step["id"] for step in reversed(shown["steps"])]
    answer = _client(team, "radiologist").patch(
        f"/api/tours/{tour.pk}",
        {"order": turned, "version": shown["version"]},
        content_type="application/json",
    )
    assert [step["id"] for step in answer.json()["steps"]] == turned
    assert answer.json()["due"] == "2027-01-14", "what is not named stays"
    with pytest.raises(StaleVersion):
        services.remove_tour(
            actor=team.actor("radiologist"), tour_id=tour.pk, version=shown["version"]
        )
    with pytest.raises(InvalidInput):
        services.revise_tour(
            actor=team.actor("radiologist"), tour_id=tour.pk, due=None,
            version=answer.json()["version"], order=[uuid4()],
        )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("surgeon", 201),
        ("trainee", 201),
        ("coordinator", 403),
        ("consultant", 403),
        ("outsider", 404),
    ],
)
def test_LIVE_T1_who_leaves_views(team: CaseTeam, who: str, status: int) -> None:
    answer = _client(team, who).post(
        "/api/tours",
        {"case": str(team.case_id), "purpose": "meeting", "title": "Steps"},
        content_type="application/json",
    )
    assert answer.status_code == status


def test_LIVE_T1_only_its_author_or_who_keeps_the_case_in_order_changes_it(
    team: CaseTeam, study: str
) -> None:
    tour = _leave(team)
    step = services.add_step(actor=team.actor("surgeon"), tour_id=tour.pk, stage=_view(study))
    version = Tour.objects.get(pk=tour.pk).version
    with pytest.raises(Forbidden):
        services.remove_tour(actor=team.actor("surgeon"), tour_id=tour.pk, version=version)
    with pytest.raises(Forbidden):
        services.remove_step(actor=team.actor("oncologist"), step_id=step.pk, version=version)
    with pytest.raises(NotVisible):
        services.remove_step(actor=team.actor("outsider"), step_id=step.pk, version=version)
    services.revise_step(
        actor=team.actor("surgeon"), step_id=step.pk, version=version, title="Mine", comment=""
    )
    services.remove_tour(actor=team.actor("chair"), tour_id=tour.pk, version=version + 1)
    assert _listed(team, "surgeon") == []


@pytest.mark.parametrize(
    "change",
    [{"held": "perhaps"}, {"viewports": []}, {"viewports": [None]}, {"unknown": 1}, {"layout": 3}],
)
def test_LIVE_T1_what_is_no_stage_is_no_view(team: CaseTeam, study: str, change: Json) -> None:
    tour = _leave(team)
    broken = {**_view(study), **change}
    if change == {"held": "perhaps"}:
        del broken["viewports"]
    with pytest.raises(InvalidInput) as refusal:
        services.add_step(actor=team.actor("surgeon"), tour_id=tour.pk, stage=broken)
    assert refusal.value.error_code == "bad_stage"


def test_a_view_shows_studies_of_the_case_only(team: CaseTeam) -> None:
    tour = _leave(team)
    with pytest.raises(StagePlaceUnknown):
        services.add_step(actor=team.actor("surgeon"), tour_id=tour.pk, stage=_view("1.2.3.99"))


def test_a_tour_has_an_end(team: CaseTeam, study: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_STEPS", 1)
    tour = _leave(team)
    services.add_step(actor=team.actor("surgeon"), tour_id=tour.pk, stage=_view(study))
    with pytest.raises(Conflict):
        services.add_step(actor=team.actor("surgeon"), tour_id=tour.pk, stage=_view(study))


def test_LIVE_T2_a_guest_sees_the_views_in_their_uids_and_no_words(
    team: CaseTeam, study: str
) -> None:
    tour = _leave(team)
    view = _view(study)
    view["viewports"][0]["overlays"] = [f"finding:{uuid4()}", "Mrs-Doe"]
    services.add_step(
        actor=team.actor("surgeon"),
        tour_id=tour.pk,
        stage=view,
        title="Mrs Doe",
        comment="Mrs Doe said",
    )
    (shown,) = _listed(team, "consultant")
    grant = team.people["consultant"].case_grants.get(case=team.case)
    mapped = shown["steps"][0]["stage"]["viewports"][0]
    assert mapped["study_instance_uid"] == Projection(grant_id=grant.pk).uid(study)
    assert len(mapped["overlays"]) == 1, "a name of anybody's making does not pass"
    for secret in (study, "Doe", "fissure"):
        assert secret not in str(shown)
    assert "Mrs Doe said" in str(_listed(team, "chair"))
    assert _client(team, "outsider").get(f"/api/tours?case={team.case_id}").status_code == 404


def test_LIVE_T3_a_tour_waits_for_whom_it_was_left_until_its_end(
    team: CaseTeam, study: str
) -> None:
    tour = _leave(team, readers=("surgeon",))
    surgeon, chair = _client(team, "surgeon"), _client(team, "chair")
    assert surgeon.get("/api/tours/waiting").json()["results"] == [], "there is nothing in it"
    services.add_step(actor=team.actor("radiologist"), tour_id=tour.pk, stage=_view(study))
    (waiting,) = surgeon.get("/api/tours/waiting").json()["results"]
    assert (waiting["case"], waiting["steps"], waiting["due"]) == (
        str(team.case_id),
        1,
        "2027-01-14",
    )
    assert chair.get("/api/tours/waiting").json()["results"] == []
    assert surgeon.post(f"/api/tours/{tour.pk}/seen").status_code == 204
    assert surgeon.get("/api/tours/waiting").json()["results"] == []
    assert AuditEntry.objects.filter(action="tour.seen").count() == 1
    services.add_step(actor=team.actor("radiologist"), tour_id=tour.pk, stage=_view(study))
    assert len(surgeon.get("/api/tours/waiting").json()["results"]) == 1, "more to see"
    with pytest.raises(InvalidInput):
        _leave(team, readers=("outsider",))


def test_LIVE_T1_the_room_hears_that_a_tour_changed_and_not_what_is_in_it(
    team: CaseTeam, session: LiveSession, study: str
) -> None:
    tour = _leave(team)
    services.add_step(
        actor=team.actor("surgeon"), tour_id=tour.pk, stage=_view(study), comment="Mrs Doe"
    )
    events = LiveEvent.objects.filter(session=session, kind="tour.changed").order_by("seq")
    assert [event.payload["tour"]["version"] for event in events] == [1, 2]
    for event in events:
        event_messages.validate_python(describe_event(event))
    assert "Doe" not in str([event.payload for event in events])
