"""The signature: by the chair, on the text that was read, once; and whether there was a quorum."""

import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.boards import decision_text, services, signing_queue
from apps.boards.choices import BoardRole, MeetingStatus
from apps.boards.models import Attendance, Decision
from apps.cases.choices import Capacity
from apps.cases.services import create_case, grant_access
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, Forbidden, InvalidInput, StaleVersion
from tests.apps.boards.deciding import Scene, add_meeting, digest, make_scene, whole
from tests.people import SYSTEM

pytestmark = pytest.mark.django_db

NEEDS = ("radiology", "medical_oncology")


@pytest.fixture()
def scene() -> Scene:
    return make_scene(quorum=NEEDS)


def test_MDT_9_only_the_chair_signs_and_only_a_person(scene: Scene) -> None:
    draft = scene.draft()
    one = {"decision_id": draft.pk, "version": draft.version, "digest": digest(draft)}
    for who in ("coordinator", "surgeon", "radiologist", "trainee", "consultant"):
        with pytest.raises(Forbidden):
            services.sign_decision(actor=scene.team.actor(who), **one)
    with pytest.raises(Forbidden) as nobody:
        services.sign_decision(actor=Actor.system("task"), **one)
    assert nobody.value.error_code == "person_needed"
    assert services.sign_decision(actor=scene.team.actor("chair"), **one).status == "signed"


def test_MDT_9_a_text_that_changed_since_it_was_read_is_not_signed(scene: Scene) -> None:
    draft = scene.draft()
    read = digest(draft)
    services.state_position(
        actor=scene.team.actor("surgeon"), decision_id=draft.pk, stance="dissent", statement="No."
    )
    draft.refresh_from_db()
    with pytest.raises(StaleVersion):
        scene.sign(draft, version=draft.version - 1, digest=read)
    with pytest.raises(Conflict) as refusal:
        scene.sign(draft, digest=read)
    assert refusal.value.error_code == "text_changed"
    surgeon = scene.team.people["surgeon"]
    read = digest(draft)
    surgeon.display_name = "Somebody Else"
    surgeon.save()
    with pytest.raises(Conflict) as renamed:
        scene.sign(draft, digest=read)
    assert renamed.value.error_code == "text_changed"
    assert scene.sign(draft).signed_text.count("DISSENTS: Somebody Else") == 1


def test_MDT_8_without_quorum_it_is_provisional_and_says_who_was_missing(scene: Scene) -> None:
    scene.tick("radiologist")
    signed = scene.sign(scene.draft())
    assert (signed.quorum, signed.quorum_missing) == ("missing", ["medical_oncology"])
    assert whole(signed).is_provisional
    text = decision_text.record_text(whole(signed), case=scene.team.case)
    assert "PROVISIONAL: decided without quorum. Missing: Medical oncology." in text
    entry = AuditEntry.objects.get(action="decision.signed")
    assert entry.details["missing"] == ["medical_oncology"]


def test_MDT_8_the_quorum_is_that_of_the_discussion_however_late_the_signature(
    scene: Scene,
) -> None:
    chair = scene.team.actor("chair")
    scene.tick("radiologist")
    scene.tick("oncologist")
    draft = scene.draft()
    scene.item.refresh_from_db()
    services.finish_agenda_item(
        actor=chair, item_id=scene.item.pk, version=scene.item.version, status="discussed"
    )
    Attendance.objects.update(left_at=timezone.now() + timedelta(seconds=1))
    scene.meeting.refresh_from_db()
    services.move_meeting(
        actor=chair, meeting_id=scene.meeting.pk, version=scene.meeting.version,
        to=MeetingStatus.CLOSED,
    )  # fmt: skip
    signed = scene.sign(draft)
    assert (signed.quorum, signed.quorum_missing) == ("met", [])


def test_MDT_8_who_came_after_the_discussion_does_not_count(scene: Scene) -> None:
    chair = scene.team.actor("chair")
    scene.tick("radiologist")
    draft = scene.draft()
    scene.item.refresh_from_db()
    services.finish_agenda_item(
        actor=chair, item_id=scene.item.pk, version=scene.item.version, status="discussed"
    )
    scene.tick("oncologist")
    assert scene.sign(draft).quorum_missing == ["medical_oncology"]


def test_MDT_8_a_later_meeting_with_quorum_confirms_it(scene: Scene) -> None:
    chair = scene.team.actor("chair")
    signed = scene.sign(scene.draft())
    later, item = add_meeting(scene.team, scene.board, days=7)
    confirm = {"actor": chair, "decision_id": signed.pk, "meeting_id": later.pk}
    services.goto_agenda_item(actor=chair, item_id=item.pk)
    with pytest.raises(Conflict) as nobody:
        services.confirm_decision(**confirm)
    assert nobody.value.error_code == "no_quorum"
    assert nobody.value.details["missing"] == list(NEEDS)
    for who in ("radiologist", "oncologist"):
        services.tick_attendance(
            actor=chair, meeting_id=later.pk, user_id=scene.team.people[who].pk
        )
    for who in ("coordinator", "surgeon"):
        with pytest.raises(Forbidden):
            services.confirm_decision(**{**confirm, "actor": scene.team.actor(who)})
    services.confirm_decision(**confirm)
    one = whole(signed)
    assert not one.is_provisional and one.quorum == "missing", "what was signed stays"
    text = decision_text.record_text(one, case=scene.team.case)
    assert "PROVISIONAL" not in text and "confirmed with quorum" in text
    with pytest.raises(Conflict) as twice:
        services.confirm_decision(**confirm)
    assert twice.value.error_code == "already_confirmed"


def test_MDT_8_another_board_and_another_case_confirm_nothing(scene: Scene) -> None:
    team, signed = scene.team, scene.sign(scene.draft())
    other = services.create_board(actor=team.actor("coordinator"), name="Other")
    services.add_board_member(
        actor=team.actor("coordinator"), board_id=other.pk, user_id=team.people["chair"].pk,
        role=BoardRole.CHAIR,
    )  # fmt: skip
    elsewhere, _ = add_meeting(team, other)
    for meeting_id, code in ((elsewhere.pk, "other_board"), (uuid4(), "not_on_agenda")):
        with pytest.raises(InvalidInput) as refusal:
            services.confirm_decision(
                actor=team.actor("chair"), decision_id=signed.pk, meeting_id=meeting_id
            )
        assert refusal.value.error_code == code


def test_MDT_8_a_decision_outside_a_meeting_says_so(scene: Scene) -> None:
    signed = scene.sign(scene.draft(meeting_id=None))
    assert signed.quorum == "outside" and not whole(signed).is_provisional


def more_drafts(scene: Scene, count: int) -> list[Decision]:
    coordinator, made = scene.team.actor("coordinator"), []
    for number in range(count):
        case = create_case(
            actor=coordinator, patient_id=scene.team.case.patient_id, title=f"More {number}"
        )
        grant_access(
            actor=SYSTEM, case_id=case.pk, user_id=scene.team.people["chair"].pk,
            capacity=Capacity.CHAIR,
        )  # fmt: skip
        made.append(
            services.save_draft(
                actor=coordinator, case_id=case.pk, positions=[],
                recommendations=[services.RecommendationDraft(text=f"Do {number}")],
            )
        )  # fmt: skip
    return made


def test_MDT_9_many_are_signed_one_by_one_and_each_refusal_is_said(scene: Scene) -> None:
    first = scene.draft()
    scheduled, changed = more_drafts(scene, 2)
    services.add_agenda_item(
        actor=scene.team.actor("coordinator"), meeting_id=scene.meeting.pk,
        case_id=scheduled.case_id,
    )  # fmt: skip
    read = {one.pk: (one.version, digest(one)) for one in (first, scheduled, changed)}
    services.save_draft(
        actor=scene.team.actor("coordinator"), case_id=changed.case_id, positions=[],
        decision_id=changed.pk, version=changed.version,
        recommendations=[services.RecommendationDraft(text="Something else")],
    )  # fmt: skip
    unknown = uuid4()
    body = [
        {"id": str(pk), "version": version, "digest": sha}
        for pk, (version, sha) in [*read.items(), (unknown, (1, "0" * 64))]
    ]
    told = scene.client("chair").post(
        "/api/decisions/sign", {"decisions": body}, content_type="application/json"
    )
    assert told.status_code == 200, told.content
    assert told.json()["signed"] == [str(first.pk), str(scheduled.pk)]
    refused = {one["id"]: one["code"] for one in told.json()["refused"]}
    assert refused == {str(changed.pk): "stale_version", str(unknown): "not_found"}
    audited = AuditEntry.objects.filter(action="decision.signed")
    assert audited.filter(outcome="success").count() == audited.filter(outcome="refused").count()


def test_MDT_9_the_queue_holds_the_chairs_drafts_and_nobody_elses(scene: Scene) -> None:
    draft = scene.draft()
    scene.draft(decision_id=draft.pk, version=draft.version, recommendations=[])
    more = more_drafts(scene, 1)
    shown = scene.client("chair").get("/api/decisions/to-sign").json()["results"]
    assert [(one["id"], one["blocked_by"]) for one in shown] == [
        (str(draft.pk), "nothing_recommended"),
        (str(more[0].pk), ""),
    ]
    assert shown[0]["patient"]["name"] == "Doe^Jane"
    for who in ("coordinator", "surgeon", "consultant", "outsider", "system_admin", "auditor"):
        assert scene.client(who).get("/api/decisions/to-sign").json()["results"] == [], who
        assert not signing_queue.waiting_for(actor=scene.team.actor(who)).exists()


@pytest.mark.parametrize("count", [1, 10, 200])
def test_the_queue_asks_the_database_as_often_at_any_length(scene: Scene, count: int) -> None:
    more_drafts(scene, count)
    chair = scene.team.actor("chair")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = list(signing_queue.waiting_for(actor=chair)[:200])
        signing_queue.describe_waiting(actor=chair, decisions=found)
    assert len(found) == count and len(asked) <= 4


def sign(client: Any, decision: Decision, **more: Any) -> Any:
    body = {"version": decision.version, "digest": digest(decision)} | more
    return client.post(f"/api/decisions/{decision.pk}/sign", body, content_type="application/json")


def test_MDT_9_a_signature_needs_a_proof_of_the_last_ten_minutes(scene: Scene) -> None:
    draft = scene.draft()
    for ago in (None, 601):
        refused = sign(scene.client("chair", proven_s_ago=ago), draft)
        assert (refused.status_code, refused.json()["code"]) == (403, "sign_in_again")
    state = scene.client("chair", proven_s_ago=595).get("/api/signing").json()
    assert state["waiting"] == 1 and state["proven_until"] is not None
    signed = sign(scene.client("chair", proven_s_ago=595), draft)
    assert signed.status_code == 200, signed.content
    assert signed.json()["status"] == "signed"
    twice = sign(scene.client("chair"), draft)
    assert (twice.status_code, twice.json()["code"]) == (409, "signed")


def test_MDT_9_a_password_given_again_opens_ten_minutes(scene: Scene) -> None:
    chair = scene.team.people["chair"]
    chair.set_password("a long enough password")
    chair.save()
    draft, client = scene.draft(), scene.client("chair", proven_s_ago=700)
    assert client.get("/api/signing").json() == {
        "waiting": 1, "proven_until": None, "ways": ["password"],
    }  # fmt: skip
    path = "/_allauth/browser/v1/auth/reauthenticate"
    wrong = client.post(path, {"password": "no"}, content_type="application/json")
    assert wrong.status_code == 400
    assert sign(client, draft).json()["code"] == "sign_in_again"
    right = client.post(
        path, {"password": "a long enough password"}, content_type="application/json"
    )
    assert right.status_code == 200, right.content
    assert sign(client, draft).status_code == 200
    assert AuditEntry.objects.filter(action="auth.proven", actor_id=chair.pk).count() == 1


def test_MDT_9_the_text_is_what_was_signed_and_reading_it_is_audited(scene: Scene) -> None:
    draft = scene.draft()
    shown = scene.client("chair").get(f"/api/decisions/{draft.pk}/text").json()
    assert shown["digest"] == digest(draft) and shown["quorum_missing"] == list(NEEDS)
    assert "1. Lobectomy" in shown["body"] and "DRAFT: NOT SIGNED." in shown["text"]
    viewed = AuditEntry.objects.filter(action="decision.viewed", case_id=scene.team.case_id)
    assert viewed.count() == 1
    for who, status in (("consultant", 403), ("outsider", 404), ("system_admin", 404)):
        assert scene.client(who).get(f"/api/decisions/{draft.pk}/text").status_code == status


@pytest.mark.django_db(transaction=True)
def test_MDT_9_of_two_who_sign_at_once_one_signs() -> None:
    scene = make_scene()
    draft = scene.draft()
    read, go, said = digest(draft), threading.Barrier(2), []

    def try_to_sign() -> None:
        try:
            actor = scene.team.actor("chair")
            go.wait()
            services.sign_decision(
                actor=actor, decision_id=draft.pk, version=draft.version, digest=read
            )
            said.append("signed now")
        except Conflict as refusal:
            said.append(refusal.error_code)
        finally:
            connection.close()

    both = [threading.Thread(target=try_to_sign) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(said) == ["signed", "signed now"]
    assert AuditEntry.objects.filter(action="decision.signed", outcome="success").count() == 1
