"""A quarter of one board that never happened: meetings, decisions, and what became of them.

Everything is written through the services that people use, with the clock set back. No patient
exists and no image is made. The same day tells the same story; told once, it is left alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.boards import services as boards
from apps.boards.choices import AgendaStatus, DeferralReason, MeetingStatus
from apps.boards.models import AgendaItem, Board, BoardMember, Decision, Meeting
from apps.boards.services import RecommendationDraft
from apps.cases import services as cases
from apps.cases.choices import CaseStatus, TumourType
from apps.cases.models import Case, Patient
from apps.core.actors import Actor
from apps.demo.dicom.common import ISSUER
from apps.demo.hospital.clock import clock_at
from apps.followup import services as followup
from apps.followup.choices import TaskState
from apps.followup.clocks import time_zone_of
from apps.followup.models import FollowUpTask

MARK = "PHX-Q"
WEEKS = 13
CASES_A_WEEK = (3, 4)
ANALYTIC_CASES_A_YEAR = 620
STARTS = time(7, 30)
FAMILIES = (
    "Adeyemi", "Brandt", "Cho", "Dallmann", "Eriksen", "Farkas", "Gruber", "Horvat", "Ivanova",
    "Jansen", "Kowalczyk", "Lindqvist", "Moreau",
)  # fmt: skip
GIVEN = ("Anna", "Bela", "Carla", "David")
PROBLEMS = (
    ("Nodule of the right upper lobe, 14 mm", "Biopsy or resection?", "cT1b cN0 cM0"),
    ("Adenocarcinoma of the left lower lobe", "Operable, and is PET complete?", "cT2a cN1 cM0"),
    ("Squamous cell carcinoma, central", "Resection after induction?", "cT3 cN2 cM0"),
    ("Growing ground-glass nodule", "Watch, or sublobar resection?", "cT1a cN0 cM0"),
    ("Small cell lung cancer, limited stage", "Radiotherapy with which volume?", "cT2b cN2 cM0"),
    ("Recurrence at the bronchial stump", "Re-operation or radiotherapy?", ""),
    ("Single brain metastasis of lung cancer", "Local treatment of all sites?", "cT2a cN1 cM1b"),
    ("Mediastinal mass", "Which way to a biopsy?", ""),
)
PUT_OFF = (
    DeferralReason.IMAGING_NOT_REPORTED,
    DeferralReason.OUTSIDE_IMAGING_UNAVAILABLE,
    DeferralReason.PATHOLOGY_PENDING,
    DeferralReason.OUT_OF_TIME,
)
PLANS = (
    ("Lobectomy with systematic lymph node dissection.", "curative", "surgeon", "surgery"),
    ("Four cycles of chemoimmunotherapy, then restaging.", "curative", "oncologist", "systemic"),
    ("Stereotactic radiotherapy, 54 Gy in three fractions.", "curative", "radiotherapist",
     "radiotherapy"),
    ("EBUS-guided biopsy of station 4R.", "diagnostic", "surgeon", "intervention"),
    ("CT of the chest in three months.", "surveillance", "radiologist", "surveillance"),
)  # fmt: skip
ATTENDS = {
    "chair": 0.95, "radiologist": 0.9, "surgeon": 0.75, "oncologist": 0.7, "pathologist": 0.6,
    "nuclear": 0.4, "radiotherapist": 0.7,
}  # fmt: skip
REASONS = (
    ("not", "patient-wish", ""), ("partial", "toxicity", "Stopped after the second cycle."),
    ("not", "did-not-attend", ""), ("not", "comorbidity-arose", "Infarction in the meantime."),
    ("partial", "condition-not-met", "No sensitising mutation."), ("not", "new-information", ""),
)  # fmt: skip


def tell_quarter(
    *, people: Mapping[str, User], board_name: str, say: Callable[[str], None]
) -> None:
    """Tell it once; where it was told, or there is no such board, nothing is done."""
    board = Board.objects.filter(name=board_name).first()
    if board is None or Patient.objects.filter(patient_id__startswith=MARK).exists():
        return
    teller = _Teller(board=board, people=people)
    with transaction.atomic():
        teller.tell(today=timezone.localdate())
    say(f"{board.name}: a quarter of history, {teller.cases} cases, {teller.results} results")


@dataclass
class _Teller:
    board: Board
    people: Mapping[str, User]
    cases: int = 0
    results: int = 0
    carried: list[Case] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(MARK)
        self.zone: ZoneInfo = time_zone_of(board_id=self.board.pk)
        self.actors = {login: actor_for(user=user) for login, user in self.people.items()}

    @property
    def coordinator(self) -> Actor:
        return self.actors["coordinator"]

    @property
    def chair(self) -> Actor:
        return self.actors["chair"]

    def tell(self, *, today: date) -> None:
        first = today - timedelta(weeks=WEEKS, days=2)
        # They have sat there for longer than the demo hospital is open.
        seats = BoardMember.objects.filter(board=self.board)
        seats.update(created_at=self._at(first - timedelta(days=30)))
        with clock_at(self._at(first - timedelta(days=30))):
            followup.set_rule(
                actor=self.coordinator, board_id=self.board.pk, version=0, days=[30, 90],
                analytic_cases_a_year=ANALYTIC_CASES_A_YEAR,
            )  # fmt: skip
        for week in range(WEEKS):
            self._meet(first + timedelta(weeks=week), is_last=week == WEEKS - 1)
        self._follow_up()

    def _at(self, day: date, *, minutes: float = 0) -> datetime:
        start = datetime.combine(day, STARTS, tzinfo=self.zone)
        return start + timedelta(minutes=minutes)

    # -- one meeting ---------------------------------------------------------------------

    def _meet(self, day: date, *, is_last: bool) -> None:
        starts = self._at(day)
        with clock_at(starts - timedelta(days=9)):
            meeting = boards.schedule_meeting(
                actor=self.coordinator, board_id=self.board.pk, starts_at=starts,
                ends_at=starts + timedelta(minutes=75), room="Demo room 1",
            )  # fmt: skip
        back, self.carried = self.carried, []
        listed = [self._list(case, meeting, starts) for case in back]
        for _ in range(self.dice.choice(CASES_A_WEEK)):
            opened = starts - timedelta(days=self.dice.randint(4, 15))
            listed.append(self._list(self._open_case(opened), meeting, starts))
        at = starts
        for item in listed:
            at = self._reach(item, at, is_last=is_last)
        with clock_at(at + timedelta(minutes=5)):
            for login, often in ATTENDS.items():
                if login in self.people and self.dice.random() < often:
                    boards.tick_attendance(
                        actor=self.coordinator, meeting_id=meeting.pk,
                        user_id=self.people[login].pk,
                    )  # fmt: skip
            self._close(meeting)

    def _open_case(self, at: datetime) -> Case:
        self.cases += 1
        title, question, stage = self.dice.choice(PROBLEMS)
        name = f"{FAMILIES[self.cases % len(FAMILIES)]}^{GIVEN[self.cases % len(GIVEN)]}"
        with clock_at(at):
            patient = cases.create_patient(
                actor=self.coordinator, issuer=ISSUER, patient_id=f"{MARK}{self.cases:03d}",
                name=name, birth_date=date(1938 + self.dice.randint(0, 40), 5, 17),
                sex=self.dice.choice("FM"),
            )  # fmt: skip
            return cases.create_case(
                actor=self.coordinator, patient_id=patient.pk, title=title,
                clinical_question=question, tumour_type=TumourType.LUNG, stage=stage,
                ecog=self.dice.choice((0, 1, 1, 2, None)),
            )  # fmt: skip

    def _list(self, case: Case, meeting: Meeting, starts: datetime) -> AgendaItem:
        with clock_at(starts - timedelta(days=2)):
            return boards.add_agenda_item(
                actor=self.coordinator, meeting_id=meeting.pk, case_id=case.pk
            )

    def _reach(self, item: AgendaItem, at: datetime, *, is_last: bool) -> datetime:
        """One in eight is put off, one in fifteen follows a standard of care; others decided."""
        drawn = self.dice.random()
        if drawn < 1 / 15:
            with clock_at(at):
                cases.move_case(actor=self.chair, case_id=item.case_id, to=CaseStatus.SOC_LISTED)
            return at
        minutes = min(14.0, 2.0 + self.dice.lognormvariate(0.8, 0.6))
        is_put_off = drawn < 1 / 15 + 1 / 8 and not is_last
        ends = at + timedelta(minutes=1.0 if is_put_off else minutes)
        with clock_at(at):
            boards.goto_agenda_item(actor=self.chair, item_id=item.pk)
        with clock_at(ends):
            if not is_put_off:
                self._decide(item)
            item.refresh_from_db()
            boards.finish_agenda_item(
                actor=self.chair, item_id=item.pk, version=item.version,
                status=AgendaStatus.DEFERRED if is_put_off else AgendaStatus.DISCUSSED,
                deferral_code=self.dice.choice(PUT_OFF) if is_put_off else "",
            )  # fmt: skip
            if is_put_off:
                self.carried.append(item.case)
        return ends + timedelta(seconds=20)

    def _decide(self, item: AgendaItem) -> None:
        plans = self.dice.sample(PLANS, self.dice.choice((1, 1, 2)))
        draft = boards.save_draft(
            actor=self.coordinator,
            case_id=item.case_id,
            meeting_id=item.meeting_id,
            recommendations=[
                RecommendationDraft(
                    text=text, intent=intent,
                    responsible=self.people[login].pk if self.dice.random() < 0.8 else None,
                )
                for text, intent, login, _ in plans
            ],
            positions=[],
            words=boards.DraftWords(
                trial_considered=self.dice.choice(("yes", "no", "no", "")),
                patient_view=self.dice.choice(("yes", "yes", "unknown", "")),
            ),
        )  # fmt: skip
        boards.sign_decision(actor=self.chair, decision_id=draft.pk, version=draft.version)
        if self.dice.random() < 0.85:
            followup.record_presentation(
                actor=self.coordinator, item_id=item.pk,
                is_prospective=self.dice.random() < 0.86, is_analytic=self.dice.random() < 0.9,
            )  # fmt: skip

    def _close(self, meeting: Meeting) -> None:
        meeting.refresh_from_db()
        if meeting.status == MeetingStatus.PLANNED:
            meeting = boards.move_meeting(
                actor=self.chair, meeting_id=meeting.pk, version=meeting.version,
                to=MeetingStatus.OPEN,
            )  # fmt: skip
        boards.move_meeting(
            actor=self.chair, meeting_id=meeting.pk, version=meeting.version,
            to=MeetingStatus.CLOSED,
        )  # fmt: skip

    # -- what became of it ---------------------------------------------------------------

    def _follow_up(self) -> None:
        decided = Decision.objects.filter(
            meeting__board=self.board, case__patient__patient_id__startswith=MARK
        ).order_by("signed_at", "id")
        for decision in decided:
            self._treat(decision)
        tasks = FollowUpTask.objects.filter(
            board=self.board, case__patient__patient_id__startswith=MARK
        ).order_by("due", "case__patient__patient_id", "recommendation__position")
        for task in tasks:
            self._look_at(task)

    def _treat(self, decision: Decision) -> None:
        signed = decision.signed_at or decision.updated_at
        began = signed + timedelta(days=self.dice.choice((9, 14, 18, 21, 24, 27, 33, 41)))
        if began >= timezone.now() or self.dice.random() < 0.15:
            return
        text = decision.recommendations.values_list("text", flat=True)[0]
        kind = next(kind for plan, _, _, kind in PLANS if plan == text)
        with clock_at(began + timedelta(hours=4)):
            followup.record_outcome(
                actor=self.coordinator, decision_id=decision.pk, version=0,
                treatment_started_on=began.astimezone(self.zone).date(), treatment_kind=kind,
            )  # fmt: skip

    def _look_at(self, task: FollowUpTask) -> None:
        """Two of thirteen wait although they are due; eight of ten are carried out in full."""
        when = self._at(task.due + timedelta(days=self.dice.randint(0, 4)), minutes=200)
        if when >= timezone.now() or self.dice.random() < 2 / 13:
            return
        said = {"implementation": "full"}
        drawn = self.dice.random()
        if drawn > 0.95:
            said = {"follow_up_status": "ongoing"}
        elif drawn > 0.78:
            how, why, text = self.dice.choice(REASONS)
            said = {"implementation": how, "reason_code": why, "text": text}
        with clock_at(when):
            followup.record_result(
                actor=self.coordinator,
                task_id=task.pk,
                version=task.version,
                implementation=said.get("implementation", ""),
                follow_up_status=said.get("follow_up_status", ""),
                reason_code=said.get("reason_code", ""),
                text=said.get("text", ""),
            )
        if said.get("follow_up_status") != TaskState.ONGOING:
            self.results += 1
