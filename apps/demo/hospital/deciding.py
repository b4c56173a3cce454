"""What the sample hospital's boards decided: one decision in full, and a draft that waits."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.boards import services as boards
from apps.boards.models import AgendaItem, Decision
from apps.cases.models import Case
from apps.core.actors import Actor

WAITS = "elm"
"""The patient whose decision is drafted and not signed."""


def decide(*, people: Mapping[str, User], case: Case, item: AgendaItem) -> None:
    """A decision with a condition, a dissent and evidence; then an addendum, and who told."""
    draft = boards.save_draft(
        actor=_actor(people, "coordinator"),
        case_id=case.pk,
        meeting_id=item.meeting_id,
        recommendations=[
            boards.RecommendationDraft(
                text="Resection of segment V with intraoperative ultrasound of the liver.",
                intent="curative",
                modality="surgery",
                urgency="soon",
                responsible=people["surgeon"].pk,
                due=date.today() + timedelta(days=21),
                condition="no further lesion on MRI",
                fallbacks=["Thermal ablation", "Stereotactic radiotherapy"],
                evidence=[
                    boards.EvidenceDraft(
                        title="House guideline: liver metastases",
                        version="2026-03",
                        grade="strong recommendation",
                        url="https://guidelines.sample-hospital.example/liver-metastases",
                    )
                ],
            ),
            boards.RecommendationDraft(
                text="MRI of the liver with hepatobiliary contrast before the operation.",
                intent="diagnostic",
                modality="diagnostic",
                urgency="soon",
                responsible=people["radiologist"].pk,
                due=date.today() + timedelta(days=10),
            ),
            boards.RecommendationDraft(
                text="Advice on nutrition before the operation.",
                intent="supportive",
                modality="supportive",
                responsible_name="Dietician of the surgical ward",
            ),
        ],
        positions=[
            boards.PositionDraft(people["surgeon"].pk, "agree"),
            boards.PositionDraft(people["radiologist"].pk, "agree"),
            boards.PositionDraft(
                people["oncologist"].pk,
                "dissent",
                "Single metastasis of 2 cm: ablation has the same result with less harm.",
            ),
        ],
        consensus="majority",
        words=boards.DraftWords(
            summary="Single metastasis, resectable, no other disease on CT.",
            alternatives=[
                boards.AlternativeDraft(
                    "Systemic therapy first", "Resectable, and the patient wishes no delay."
                )
            ],
            trial_considered="no",
            patient_view="yes",
            patient_view_text="Wants one treatment rather than several, and to be home by spring.",
        ),
    )
    chair = _actor(people, "chair")
    signed = boards.sign_decision(actor=chair, decision_id=draft.pk, version=draft.version)
    boards.add_addendum(
        actor=chair,
        decision_id=signed.pk,
        text="The operation is planned with the cardiologist, who has seen the patient.",
        reason="Asked for by anaesthesia",
    )
    boards.note_told(
        actor=_actor(people, "coordinator"),
        decision_id=signed.pk,
        told_at=timezone.now(),
        told_by=people["surgeon"].pk,
        how="in_person",
    )


def leave_one_to_sign(*, people: Mapping[str, User], cases: Mapping[str, Case]) -> None:
    """A draft of a case to come, so that a chair's queue shows something."""
    case = cases.get(WAITS)
    if case is None or Decision.objects.filter(case=case).exists():
        return
    boards.save_draft(
        actor=_actor(people, "coordinator"),
        case_id=case.pk,
        meeting_id=_meeting_of(case),
        recommendations=[
            boards.RecommendationDraft(
                text="CT of chest and abdomen in six weeks.",
                intent="surveillance",
                modality="imaging_follow_up",
                urgency="routine",
            )
        ],
        positions=[],
        words=boards.DraftWords(patient_view="unknown"),
    )


def _meeting_of(case: Case) -> UUID | None:
    items = AgendaItem.objects.filter(case=case).order_by("-created_at")
    return items.values_list("meeting_id", flat=True).first()


def _actor(people: Mapping[str, User], login: str) -> Actor:
    return actor_for(user=people[login])
