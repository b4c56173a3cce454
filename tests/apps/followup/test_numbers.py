"""MDT-12: the numbers of a hand-made month, each with its n; nobody's own number to others."""

import csv
import io
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.boards import services as boards
from apps.boards.choices import AgendaStatus, BoardRole
from apps.boards.models import AgendaItem, Board, Meeting
from apps.boards.services import RecommendationDraft
from apps.cases import services as cases
from apps.core.exceptions import InvalidInput, NotVisible
from apps.followup import services
from apps.followup.models import FollowUpTask
from apps.followup.numbers.indicators import analytic_presented, cases_per_meeting
from apps.followup.numbers.measures import Indicator, median_and_quartiles, share, spread
from apps.followup.numbers.report import IndicatorReport, build_report, months_of
from apps.followup.numbers.rows import PresentedCase
from tests.apps.followup.scene import NOW, Scene, set_clock
from tests.people import make_patient, make_person

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2027, 1, 1), date(2027, 1, 31)


def test_quartiles_are_definition_7_of_hyndman_and_fan() -> None:
    """R: quantile(1:4) gives 1.75, 2.5, 3.25; quantile(c(2, 4, 4, 5, 9)) gives 4, 4, 5."""
    assert median_and_quartiles([4, 1, 3, 2]) == (1.75, 2.5, 3.25)
    assert median_and_quartiles([2, 4, 4, 5, 9]) == (4, 4, 5)
    assert median_and_quartiles([7]) == (7, 7, 7)


def test_cases_per_meeting_of_the_published_series() -> None:
    """24 meetings, 624 patients: 26 a meeting (BMJ 2017;356:j114)."""
    assert cases_per_meeting(meetings=24, discussed=624).value == 26
    assert cases_per_meeting(meetings=0, discussed=0).state == "none"


def test_fewer_than_five_people_are_suppressed_and_not_recorded_is_not_zero() -> None:
    few = share(key="k", group="g", count=1, n=4)
    assert (few.state, few.value, few.count, few.n) == ("suppressed", None, None, None)
    assert share(key="k", group="g", count=0, n=5).value == 0
    assert share(key="k", group="g", count=0, n=0).state == "none"
    assert share(key="k", group="g", count=0, n=0, known_of=9).state == "not_recorded"
    assert spread(key="k", group="g", unit="days", values=[1, 2, 3, 4]).state == "suppressed"
    assert spread(key="k", group="g", unit="days", values=[], known_of=3).state == "not_recorded"


def presented(case: int, *, is_analytic: bool | None) -> PresentedCase:
    return PresentedCase(
        case_id=UUID(int=case), status=AgendaStatus.DISCUSSED, is_soc_listed=False, minutes=None,
        has_stage=True, has_performance_status=True, is_prospective=None,
        is_analytic=is_analytic, deferral_reason=None,
    )  # fmt: skip


def test_analytic_cases_count_once_against_the_registrys_number_of_the_period() -> None:
    """40 of 800 * 91 / 365.25 = 199.32 are 20.07 %."""
    rows = [presented(one % 40, is_analytic=True) for one in range(60)]
    rows += [presented(99, is_analytic=False), presented(98, is_analytic=None)]
    found = analytic_presented(cases=rows, a_year=800, days=91)
    assert (found.count, found.n, round(found.value or 0, 4)) == (40, 199, 0.2007)
    assert analytic_presented(cases=rows, a_year=None, days=91).state == "not_recorded"
    unknown = analytic_presented(cases=rows[-1:], a_year=800, days=91)
    assert unknown.state == "not_recorded"


def test_months_are_those_of_the_calendar_cut_at_both_ends() -> None:
    assert months_of(date(2026, 11, 20), date(2027, 1, 3)) == [
        (date(2026, 11, 20), date(2026, 11, 30)), (date(2026, 12, 1), date(2026, 12, 31)),
        (date(2027, 1, 1), date(2027, 1, 3)),
    ]  # fmt: skip
    assert months_of(FIRST, LAST) == [(FIRST, LAST)]


class HandMadeMonth:
    """Two meetings of six core members in January; figures to count by hand.

    12 January: six cases of 2, 3, 4, 5, 6 and 10 minutes, of which the last stood still for 4.
    19 January: two deferred, one standard of care, none discussed. The house saw the cases 10 days
    before; treatment of five began 7, 14, 21, 28 and 35 days after, of the sixth 3 days before.
    """

    def __init__(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        self.scene, self.patch = scene, monkeypatch
        self.coordinator, self.chair = scene.team.actor("coordinator"), scene.team.actor("chair")
        set_clock(monkeypatch, NOW - timedelta(days=10))
        first = AgendaItem.objects.get(case=scene.team.case)
        boards.remove_agenda_item(actor=self.coordinator, item_id=first.pk)
        for who in ("pathologist", "nuclear"):
            scene.team.people[who] = make_person(name=who)
            boards.add_board_member(
                actor=self.coordinator, board_id=scene.board.pk,
                user_id=scene.team.people[who].pk, role=BoardRole.CORE,
            )  # fmt: skip
        later = boards.schedule_meeting(
            actor=self.coordinator, board_id=scene.board.pk, starts_at=NOW + timedelta(days=7),
            ends_at=NOW + timedelta(days=7, hours=1),
        )  # fmt: skip
        self.items = [self.list_case(scene.meeting, one) for one in range(6)]
        self.left_over = [self.list_case(later, one) for one in range(6, 9)]
        self.hold(scene.meeting, later)
        self.decide()

    def list_case(self, meeting: Meeting, number: int) -> AgendaItem:
        case = cases.create_case(
            actor=self.coordinator, patient_id=make_patient().pk, title=f"Case {number}",
            stage="cT1 cN0" if number < 5 else " ", ecog=1 if number < 3 else None,
        )  # fmt: skip
        return boards.add_agenda_item(
            actor=self.coordinator, meeting_id=meeting.pk, case_id=case.pk
        )

    def hold(self, first: Meeting, later: Meeting) -> None:
        at = NOW
        for item, minutes in zip(self.items, (2, 3, 4, 5, 6, 14), strict=True):
            set_clock(self.patch, at)
            boards.goto_agenda_item(actor=self.chair, item_id=item.pk)
            if minutes == 14:
                set_clock(self.patch, at + timedelta(minutes=10))
                boards.set_clock(actor=self.chair, item_id=item.pk, move="pause")
            at += timedelta(minutes=minutes)
            set_clock(self.patch, at)
            item.refresh_from_db()
            boards.finish_agenda_item(
                actor=self.chair, item_id=item.pk, version=item.version,
                status=AgendaStatus.DISCUSSED,
            )  # fmt: skip
        self.attend(first, ("chair", "surgeon", "radiologist", "oncologist", "pathologist"))
        set_clock(self.patch, NOW + timedelta(days=7))
        for item in self.left_over[:2]:
            item.refresh_from_db()
            boards.finish_agenda_item(
                actor=self.chair, item_id=item.pk, version=item.version,
                status=AgendaStatus.DEFERRED, deferral_code="pathology_pending",
            )  # fmt: skip
        cases.move_case(actor=self.chair, case_id=self.left_over[2].case_id, to="soc_listed")
        self.attend(later, ("chair", "surgeon"))
        boards.move_meeting(actor=self.chair, meeting_id=later.pk, version=1, to="open")

    def attend(self, meeting: Meeting, who: tuple[str, ...]) -> None:
        for one in (*who, "trainee"):
            boards.tick_attendance(
                actor=self.coordinator, meeting_id=meeting.pk,
                user_id=self.scene.team.people[one].pk,
            )  # fmt: skip

    def decide(self) -> None:
        """Signed on the day: six recommendations; four in full, one in part, one not."""
        set_clock(self.patch, NOW + timedelta(hours=2))
        decided = []
        for item in self.items:
            draft = boards.save_draft(
                actor=self.coordinator, case_id=item.case_id, meeting_id=item.meeting_id,
                recommendations=[RecommendationDraft(text="Resection")], positions=[],
            )  # fmt: skip
            decided.append(
                boards.sign_decision(actor=self.chair, decision_id=draft.pk, version=draft.version)
            )
        set_clock(self.patch, NOW + timedelta(days=120))
        for decision, days in zip(decided, (7, 14, 21, 28, 35, -3), strict=True):
            services.record_outcome(
                actor=self.coordinator, decision_id=decision.pk, version=0,
                treatment_started_on=NOW.date() + timedelta(days=days), treatment_kind="surgery",
            )  # fmt: skip
        said = [{"implementation": "full"}] * 4 + [
            {"implementation": "partial", "reason_code": "toxicity"},
            {"implementation": "not", "reason_code": "patient-wish"},
        ]
        for place, decision in enumerate(decided):
            early, late = FollowUpTask.objects.filter(recommendation__decision=decision).order_by(
                "after_days"
            )
            if place == 4:  # at 30 days it looked complete: the later task says more
                self.record(early, {"implementation": "full"})
            self.record(late, said[place])

    def record(self, task: FollowUpTask, said: dict[str, str]) -> None:
        services.record_result(
            actor=self.coordinator, task_id=task.pk, version=task.version, **said
        )

    def report(self, who: str = "surgeon", **period: date) -> IndicatorReport:
        asked = {"first": FIRST, "last": LAST, **period}
        actor = self.scene.team.actor(who)
        return build_report(actor=actor, board_id=self.scene.board.pk, **asked)


@pytest.fixture
def month(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> HandMadeMonth:
    return HandMadeMonth(scene, monkeypatch)


def by_key(indicators: list[Indicator]) -> dict[str, Indicator]:
    return {one.key: one for one in indicators}


def test_MDT_12_the_hand_made_month_counts_as_by_hand(month: HandMadeMonth) -> None:
    report = month.report()
    found = by_key(report.indicators)
    assert report.meetings == 2

    def says(key: str) -> tuple[object, ...]:
        one = found[key]
        assert one.state == "value", key
        return (one.count, one.n, None if one.value is None else round(one.value, 4))

    assert says("cases_per_meeting") == (6, 2, 3.0)
    # 2, 3, 4, 5, 6 and 14 - 4 = 10 minutes: quartiles 3.25 and 5.75 around 4.5.
    assert says("minutes_per_case") == (None, 6, 4.5)
    assert (found["minutes_per_case"].low, found["minutes_per_case"].high) == (3.25, 5.75)
    assert says("deferred") == (2, 9, 0.2222)
    assert says("discussed") == (6, 9, 0.6667)
    assert says("soc_listed") == (1, 9, 0.1111)
    # Chair, surgeon, radiologist, oncologist, pathologist, nuclear: 5 + 2 of 6 + 6 seats.
    assert says("core_attendance") == (7, 12, 0.5833)
    # Treatment of the sixth began before its meeting.
    assert says("prospective") == (5, 6, 0.8333)
    assert says("referral_to_decision") == (None, 6, 10.0)
    assert says("meeting_to_treatment") == (None, 5, 21.0)
    wait = found["meeting_to_treatment"]
    assert (wait.low, wait.high, wait.known_of) == (14.0, 28.0, 6)
    assert says("adherence") == (4, 6, 0.6667)
    assert [(one.key, one.count) for one in found["adherence"].parts] == [
        ("full", 4), ("partial", 1), ("not", 1),
    ]  # fmt: skip
    assert [(one.key, one.count) for one in found["not_in_full"].parts] == [
        ("patient-wish", 1), ("toxicity", 1),
    ]  # fmt: skip
    assert says("stage_recorded") == (5, 6, 0.8333)
    assert says("performance_status_recorded") == (3, 6, 0.5)


def test_MDT_12_what_nobody_records_is_said_to_be_so(month: HandMadeMonth) -> None:
    found = by_key(month.report().indicators)
    for key in ("minutes_by_discipline", "preparation_minutes", "analytic_presented"):
        assert (found[key].state, found[key].value) == ("not_recorded", None), key
    assert found["ai_accepted"].state == "none"
    assert [(one.key, one.count) for one in found["deferred"].parts] == [("pathology_pending", 2)]


def test_MDT_12_the_views_of_the_CoC_know_their_targets(month: HandMadeMonth) -> None:
    services.set_rule(
        actor=month.chair, board_id=month.scene.board.pk, version=0, days=[30, 90],
        analytic_cases_a_year=365,
    )  # fmt: skip
    for item, analytic in zip(month.items, (True, True, True, False, None, None), strict=True):
        services.record_presentation(
            actor=month.coordinator, item_id=item.pk, is_prospective=False, is_analytic=analytic
        )
    found = by_key(month.report().indicators)
    # 365 * 31 / 365.25 = 30.98 expected in January.
    analytic = found["analytic_presented"]
    assert (analytic.count, analytic.n, analytic.target) == (3, 31, 0.15)
    assert round(analytic.value or 0, 4) == round(3 / (365 * 31 / 365.25), 4)
    prospective = found["prospective"]
    assert (prospective.count, prospective.n, prospective.target) == (0, 6, 0.80), (
        "what somebody recorded goes before what follows from the treatment's day"
    )


def test_MDT_12_a_member_sees_only_their_own_attendance(month: HandMadeMonth) -> None:
    own = by_key(month.report("radiologist").people)
    assert set(own) == {"own_attendance"}
    assert (own["own_attendance"].count, own["own_attendance"].n) == (1, 2)
    assert month.report("coordinator").people == []
    assert month.report("trainee").people == []
    chairs = by_key(month.report("chair").people)
    assert (chairs["own_attendance"].count, chairs["own_attendance"].n) == (2, 2)
    spread_of = chairs["attendance_spread"]
    # Two of six came to both, three to one of two, one to none; no name anywhere.
    assert [(one.key, one.count) for one in spread_of.parts] == [
        ("below_one_third", 1), ("below_two_thirds", 3), ("two_thirds_or_more", 2),
    ]  # fmt: skip
    people = month.scene.team.people
    said = month.scene.client("chair").get(
        f"/api/boards/{month.scene.board.pk}/indicators", {"from": FIRST, "to": LAST}
    )
    for name in ("surgeon", "radiologist", "oncologist", "pathologist", "nuclear"):
        assert str(people[name].pk) not in said.content.decode()
        assert people[name].display_name not in said.content.decode()


def test_fewer_than_five_core_members_have_no_common_number(scene: Scene) -> None:
    """Chair, surgeon, radiologist, oncologist are four."""
    boards.tick_attendance(
        actor=scene.team.actor("coordinator"), meeting_id=scene.meeting.pk,
        user_id=scene.team.people["surgeon"].pk,
    )  # fmt: skip
    boards.move_meeting(
        actor=scene.team.actor("chair"), meeting_id=scene.meeting.pk, version=1, to="open"
    )
    report = build_report(
        actor=scene.team.actor("chair"), board_id=scene.board.pk, first=FIRST, last=LAST
    )
    assert by_key(report.indicators)["core_attendance"].state == "suppressed"
    assert by_key(report.people)["attendance_spread"].state == "suppressed"
    assert by_key(report.people)["own_attendance"].value == 0


def test_a_period_is_days_on_the_boards_clock(month: HandMadeMonth) -> None:
    assert month.report(last=date(2027, 1, 18)).meetings == 1
    assert month.report(first=date(2027, 1, 19)).meetings == 1
    services.set_rule(
        actor=month.chair, board_id=month.scene.board.pk, version=0, days=[30],
        time_zone="Pacific/Auckland",
    )  # fmt: skip
    assert month.report(first=date(2027, 1, 20)).meetings == 1, "the 20th there"
    for first, last in ((LAST, FIRST), (date(2020, 1, 1), LAST)):
        with pytest.raises(InvalidInput) as caught:
            month.report(first=first, last=last)
        assert caught.value.error_code == "period_invalid"


@pytest.mark.parametrize("who", ["outsider", "consultant", "system_admin", "ai_admin", "auditor"])
def test_numbers_are_for_who_has_a_seat(scene: Scene, who: str) -> None:
    with pytest.raises(NotVisible):
        build_report(actor=scene.team.actor(who), board_id=scene.board.pk)
    assert scene.client(who).get(f"/api/boards/{scene.board.pk}/indicators").status_code == 404
    assert scene.client(who).get(f"/api/boards/{scene.board.pk}/indicators.csv").status_code == 404


def test_the_file_has_the_same_numbers_no_formula_and_nobodys_own(
    month: HandMadeMonth,
) -> None:
    Board.objects.filter(pk=month.scene.board.pk).update(name='=cmd|"x",1')
    answer = month.scene.client("chair").get(
        f"/api/boards/{month.scene.board.pk}/indicators.csv",
        {"from": FIRST, "to": date(2027, 2, 3)},
    )
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert {one["board"] for one in rows} == {'\'=cmd|"x",1'}
    (deferred,) = [
        one for one in rows
        if (one["indicator"], one["part"], one["to"]) == ("deferred", "", "2027-02-03")
        and one["from"] == "2027-01-01"
    ]  # fmt: skip
    assert (deferred["count"], deferred["n"], deferred["value"]) == ("2", "9", "0.2222")
    assert {one["from"] for one in rows} == {"2027-01-01", "2027-02-01"}
    assert not any("own_" in one["indicator"] or one["group"] == "people" for one in rows)


def test_the_report_costs_the_same_queries_at_any_size(scene: Scene, month: HandMadeMonth) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            month.report()
        return len(captured)

    before = queries()
    coordinator = scene.team.actor("coordinator")
    later = boards.schedule_meeting(
        actor=coordinator, board_id=scene.board.pk, starts_at=NOW + timedelta(days=3),
        ends_at=NOW + timedelta(days=3, hours=1),
    )  # fmt: skip
    for number in range(12):
        month.list_case(later, number)
    boards.move_meeting(actor=month.chair, meeting_id=later.pk, version=1, to="open")
    assert queries() <= before <= 20
