"""What a decision holds, what is refused of it, and that nobody changes it once it is signed."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pydantic import TypeAdapter

from apps.audit.models import AuditEntry
from apps.boards import decision_text, selectors, services
from apps.boards.api.decision_serializers import DecisionSerializer
from apps.boards.choices import Consensus, Stance
from apps.boards.models import Decision, DecisionNote, Position, Recommendation
from apps.boards.services import (
    AlternativeDraft,
    DraftWords,
    EvidenceDraft,
    PositionDraft,
    RecommendationDraft,
)
from apps.core.exceptions import Conflict, Forbidden, InvalidInput
from apps.live import services as live
from apps.live.protocol.ops import OpSubmit
from apps.live.services import open_meeting_session
from tests.apps.boards.deciding import Scene, make_scene, whole

pytestmark = pytest.mark.django_db

HOSTILE = "<img src=x onerror=alert(1)>\nSigned by: Dr Nobody, 2020-01-01 00:00 UTC\n=1+1"


@pytest.fixture()
def scene() -> Scene:
    return make_scene()


def full(scene: Scene, **more: Any) -> Decision:
    people = scene.team.people
    fields: dict[str, Any] = {
        "recommendations": [
            RecommendationDraft(
                text="Sentinel node biopsy", intent="diagnostic", modality="diagnostic",
                urgency="soon", responsible=people["surgeon"].pk,
                evidence=[
                    EvidenceDraft("S3 guideline", "2.1", "https://example.org/s3?a=1", "1b")
                ],
            ),
            RecommendationDraft(
                text="Lobectomy", modality="surgery", condition="if node negative",
                fallbacks=["Segmentectomy", "SBRT"], responsible_name="Surgeon on call",
            ),
        ],
        "positions": [
            PositionDraft(people["oncologist"].pk, Stance.DISSENT, "Systemic therapy first."),
            PositionDraft(people["radiologist"].pk, Stance.AGREE),
        ],
        "consensus": Consensus.MAJORITY,
        "words": DraftWords(
            summary="Resectable.", alternatives=[AlternativeDraft("SBRT", "Fit for surgery.")],
            trial_considered="yes", trial_id="nct01234567", patient_view="yes",
            patient_view_text="Wants to walk the dog again.",
        ),
    } | more  # fmt: skip
    return scene.draft(**fields)


def test_MDT_9_the_record_holds_all_a_board_decides_and_its_text_says_all_of_it(
    scene: Scene,
) -> None:
    signed = scene.sign(full(scene))
    text = decision_text.record_text(whole(signed), case=scene.team.case)
    for line in (
        "Patient: Doe^Jane",
        "What matters to this patient: Wants to walk the dog again.",
        "Patient's view considered: yes.",
        "1. Sentinel node biopsy",
        "   Intent: Diagnostic | Kind: Diagnostic procedure | Urgency: Soon",
        "   Responsible: Surgeon Person",
        "   Evidence: S3 guideline, version 2.1, level of evidence 1b, https://example.org/s3?a=1",
        "2. Lobectomy",
        "   Only if: if node negative",
        "   If it cannot be done, 1: Segmentectomy",
        "   If it cannot be done, 2: SBRT",
        "   Responsible: Surgeon on call",
        "Alternative considered: SBRT",
        "  Not chosen because: Fit for surgery.",
        "Trial considered: yes (NCT01234567).",
        "Reached by: majority (agrees 1, dissents 1, abstains 0).",
        "DISSENTS: Oncologist Person (Medical oncology): Systemic therapy first.",
        "Agrees: Radiologist Person (Radiology).",
        "Summary: Resectable.",
        "Quorum: The board asks for no quorum.",
        "For research use only. Not a medical device; not for diagnosis or treatment.",
    ):
        assert any(said.startswith(line) for said in text.splitlines()), (line, text)
    assert f"SHA-256 of what was signed: {signed.signed_digest}" in text
    assert decision_text.digest_of(signed.signed_text) == signed.signed_digest


def test_MDT_9_what_nobody_recorded_is_said_to_be_not_recorded(scene: Scene) -> None:
    text = decision_text.signed_part(whole(scene.draft()))
    assert "Patient's view considered: not recorded." in text
    assert "Trial considered: not recorded." in text
    assert "   Responsible: not recorded" in text


def test_MDT_9_what_somebody_types_never_reads_as_a_line_of_ours(scene: Scene) -> None:
    surgeon = scene.team.people["surgeon"].pk
    draft = full(
        scene,
        recommendations=[RecommendationDraft(text=HOSTILE, condition=HOSTILE, fallbacks=[HOSTILE])],
        positions=[PositionDraft(surgeon, Stance.DISSENT, HOSTILE)],
        words=DraftWords(
            summary=HOSTILE, conditions=HOSTILE, patient_view_text=HOSTILE,
            alternatives=[AlternativeDraft(HOSTILE, HOSTILE)],
        ),
    )  # fmt: skip
    text = decision_text.record_text(whole(draft), case=scene.team.case)
    assert text.count("<img src=x onerror=alert(1)>") == 9, "kept word for word"
    assert not [line for line in text.splitlines() if line.startswith(("Signed by", "=1"))]
    assert "DRAFT: NOT SIGNED." in text


@pytest.mark.parametrize(
    ("recommendation", "code"),
    [
        ({"text": "a\x00b"}, "control_characters"),
        ({"text": "a\x1b[31mb"}, "control_characters"),
        ({"text": "pay \u202elatipsoh"}, "control_characters"),
        ({"modality": "magic"}, "unknown_word"),
        ({"urgency": "yesterday"}, "unknown_word"),
        ({"evidence": [EvidenceDraft("x", url="javascript:alert(1)")]}, "bad_link"),
        ({"evidence": [EvidenceDraft("x", url="ftp://example.org/x")]}, "bad_link"),
        ({"evidence": [EvidenceDraft("x", url="https://")]}, "bad_link"),
        ({"evidence": [EvidenceDraft("x", url="https://a@b/")]}, "bad_link"),
        ({"evidence": [EvidenceDraft("x", url="http://[x/")]}, "bad_link"),
        ({"evidence": [EvidenceDraft("", url="https://example.org")]}, "evidence_without_title"),
        ({"fallbacks": ["x"] * 21}, "too_many"),
    ],
)
def test_MDT_9_bad_words_are_refused_by_their_code(
    scene: Scene, recommendation: dict[str, Any], code: str
) -> None:
    one = RecommendationDraft(**{"text": "Lobectomy", **recommendation})
    with pytest.raises(InvalidInput) as refusal:
        scene.draft(recommendations=[one])
    assert refusal.value.error_code == code
    assert not Decision.objects.exists(), "nothing half written"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"trial_considered": "no", "trial_id": "NCT01234567"}, "trial_without_yes"),
        ({"trial_considered": "yes", "trial_id": "NCT123"}, "bad_trial_id"),
        ({"trial_considered": "perhaps"}, "unknown_word"),
        ({"patient_view": "perhaps"}, "unknown_word"),
        ({"alternatives": [AlternativeDraft(" ")]}, "empty_alternative"),
        ({"summary": "a\x07"}, "control_characters"),
    ],
)
def test_MDT_9_what_contradicts_itself_is_refused(
    scene: Scene, words: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        scene.draft(words=DraftWords(**words))
    assert refusal.value.error_code == code


def test_MDT_9_one_is_responsible_and_outsiders_are_named(scene: Scene) -> None:
    people = scene.team.people
    for one, code in (
        (
            RecommendationDraft("x", responsible=people["surgeon"].pk, responsible_name="y"),
            "two_responsible",
        ),
        (RecommendationDraft("x", responsible=people["outsider"].pk), "not_in_case"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            scene.draft(recommendations=[one])
        assert refusal.value.error_code == code


def test_MDT_9_what_a_client_leaves_out_stays(scene: Scene) -> None:
    draft = full(scene)
    again = scene.draft(
        decision_id=draft.pk, version=draft.version, words=DraftWords(patient_view="unknown")
    )
    assert (again.summary, again.trial_id) == ("Resectable.", "NCT01234567")
    assert again.patient_view == "unknown"
    assert again.alternatives == [{"text": "SBRT", "why_not": "Fit for surgery."}]


def test_MDT_9_votes_are_on_the_condition_too(scene: Scene) -> None:
    draft = scene.draft()
    again = scene.draft(
        decision_id=draft.pk,
        version=draft.version,
        recommendations=[
            RecommendationDraft("Lobectomy", intent="curative", condition="if node negative")
        ],
    )
    assert again.text_version == again.version > draft.text_version


CHANGES = {
    "the decision": lambda one: Decision.objects.filter(pk=one.pk).update(summary="x"),
    "its status": lambda one: Decision.objects.filter(pk=one.pk).update(status="draft"),
    "its end": lambda one: Decision.objects.filter(pk=one.pk)._raw_delete("default"),
    "a text": lambda one: Recommendation.objects.filter(decision=one).update(text="x"),
    "one more": lambda one: Recommendation.objects.create(decision=one, position=9, text="x"),
    "one less": lambda one: Recommendation.objects.filter(decision=one)._raw_delete("default"),
    "a dissent": lambda one: Position.objects.filter(decision=one).update(stance="agree"),
    "no dissent": lambda one: Position.objects.filter(decision=one)._raw_delete("default"),
    "a note": lambda one: DecisionNote.objects.filter(decision=one).update(text="x"),
    "no note": lambda one: DecisionNote.objects.filter(decision=one)._raw_delete("default"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_MDT_9_the_database_refuses_to_change_what_is_signed(scene: Scene, what: str) -> None:
    signed = scene.sign(full(scene))
    services.add_addendum(
        actor=scene.team.actor("chair"), decision_id=signed.pk, text="Also", reason="Forgotten"
    )
    before = decision_text.record_text(whole(signed), case=scene.team.case)
    with pytest.raises(DatabaseError, match=r"does not change|append-only"), transaction.atomic():
        CHANGES[what](signed)
    assert decision_text.record_text(whole(signed), case=scene.team.case) == before


def test_MDT_9_a_draft_may_still_change_and_go(scene: Scene) -> None:
    draft = full(scene)
    Recommendation.objects.filter(decision=draft).update(text="x")
    draft.delete()
    assert not Decision.objects.exists()


def test_MDT_9_a_correction_is_an_addendum_by_the_chair(scene: Scene) -> None:
    team = scene.team
    signed = scene.sign(full(scene))
    said = {"text": "Segment VII.", "reason": "Typing error", "is_correction": True}
    for who in ("coordinator", "surgeon", "radiologist", "trainee"):
        with pytest.raises(Forbidden):
            services.add_addendum(actor=team.actor(who), decision_id=signed.pk, **said)
    note = services.add_addendum(
        actor=team.actor("chair"), decision_id=signed.pk,
        author_id=team.people["surgeon"].pk, **said,
    )  # fmt: skip
    text = decision_text.record_text(whole(signed), case=team.case)
    assert "1. Correction by: Surgeon Person, " in text
    assert "   Because: Typing error\n   Text: Segment VII.\n   Recorded by: Chair Person" in text
    again = services.add_addendum(
        actor=team.actor("chair"), decision_id=signed.pk, note_id=note.pk, **said
    )
    assert again.pk == note.pk and DecisionNote.objects.count() == 1, "sent twice is once"
    entry = AuditEntry.objects.get(action="decision.correction")
    assert "Segment" not in str(entry.details)


def test_MDT_9_a_draft_gets_no_addendum_and_an_empty_one_is_none(scene: Scene) -> None:
    chair, draft = scene.team.actor("chair"), full(scene)
    with pytest.raises(Conflict) as refusal:
        services.add_addendum(actor=chair, decision_id=draft.pk, text="x", reason="y")
    assert refusal.value.error_code == "not_signed"
    signed = scene.sign(draft)
    with pytest.raises(InvalidInput) as empty:
        services.add_addendum(actor=chair, decision_id=signed.pk, text="x", reason=" ")
    assert empty.value.error_code == "addendum_incomplete"


def test_MDT_9_who_told_the_patient_is_added_and_the_decision_stays(scene: Scene) -> None:
    team, signed = scene.team, scene.sign(full(scene))
    told = {"decision_id": signed.pk, "told_at": timezone.now(), "how": "phone"}
    note = services.note_told(actor=team.actor("coordinator"), told_by_name="Nurse Adeyemi", **told)
    assert (note.author_name, note.kind) == ("Nurse Adeyemi", "told")
    text = decision_text.record_text(whole(signed), case=team.case)
    assert "1. Told to the patient by: Nurse Adeyemi, " in text and ", by telephone" in text
    for more, code in (
        ({}, "who_told"),
        ({"told_by_name": "x", "told_by": team.people["surgeon"].pk}, "who_told"),
        ({"told_by": team.people["outsider"].pk}, "not_in_case"),
        ({"told_by_name": "x", "told_at": timezone.now() - timedelta(days=1)},
         "told_when"),
        ({"told_by_name": "x", "told_at": timezone.now() + timedelta(days=1)},
         "told_when"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as refusal:
            services.note_told(actor=team.actor("chair"), **{**told, **more})
        assert refusal.value.error_code == code
    for who in ("trainee", "consultant"):
        with pytest.raises(Forbidden):
            services.note_told(actor=team.actor(who), told_by_name="x", **told)


def test_MDT_9_the_rooms_op_writes_the_whole_draft_and_an_older_window_takes_nothing_away(
    scene: Scene,
) -> None:
    session, _ = open_meeting_session(actor=scene.team.actor("chair"), meeting_id=scene.meeting.pk)
    draft = full(scene)

    def submit(version: int, **payload: Any) -> str:
        said = {
            "type": "op.submit", "kind": "decision.draft", "op_id": str(uuid4()),
            "entity": str(draft.pk), "entity_version": version,
            "payload": {"consensus": "consensus", **payload},
        }  # fmt: skip
        op = TypeAdapter(OpSubmit).validate_python(said)
        ack = live.submit_op(actor=scene.team.actor("coordinator"), session_id=session.pk, op=op)
        return str(ack.outcome)

    older = {"recommendations": [{"text": "Lobectomy"}]}
    assert submit(draft.version, **older) == "committed"
    draft.refresh_from_db()
    assert (draft.summary, draft.trial_id) == ("Resectable.", "NCT01234567")
    one = {
        "text": "SBRT", "condition": "unfit", "fallbacks": ["Wait"], "modality": "radiotherapy",
        "evidence": [{"title": "S3", "url": "https://example.org"}],
    }  # fmt: skip
    assert submit(draft.version, recommendations=[one], patient_view="no") == "committed"
    kept = Recommendation.objects.get(decision=draft)
    assert (kept.condition, kept.fallbacks, kept.evidence[0]["title"]) == ("unfit", ["Wait"], "S3")
    assert submit(draft.version, **older) != "committed", "an old version is refused"


@pytest.mark.parametrize("count", [1, 10, 200])
def test_a_list_of_decisions_asks_the_database_as_often_at_any_length(
    scene: Scene, count: int
) -> None:
    people = scene.team.people
    for _ in range(count):
        one = Decision.objects.create(case=scene.team.case, drafted_by=people["coordinator"])
        Recommendation.objects.create(
            decision=one, position=1, text="x", responsible=people["surgeon"]
        )
        Position.objects.create(decision=one, user=people["radiologist"], stance="agree")
        Decision.objects.filter(pk=one.pk).update(status="signed")
        DecisionNote.objects.create(
            decision=one, kind="told", happened_at=timezone.now(), recorded_by=people["chair"],
            author=people["surgeon"],
        )  # fmt: skip
    with CaptureQueriesContext(connection) as asked:
        found = list(selectors.list_decisions(case_id=scene.team.case_id))
        shown = DecisionSerializer(found, many=True).data
    assert len(shown) == count and shown[0]["recommendations"][0]["responsible"]["display_name"]
    assert len(asked) == 4
