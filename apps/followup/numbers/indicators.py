"""The indicators of MDT-12, with the views of the CoC and of NHS England. Pure: rows in.

Numbers rest on clinical reference, B: MDT-12; CoC standard 2.5 (2020); NHS England
"Streamlining MDT meetings" (2019/20); RCR: core members attend two of three meetings.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import chain

from apps.boards.choices import AgendaStatus
from apps.followup.choices import Implementation
from apps.followup.numbers.measures import (
    SMALL,
    Indicator,
    not_recorded,
    share,
    spread,
)
from apps.followup.numbers.rows import BoardRows, Decided, HeldMeeting, PresentedCase, Recommended

ANALYTIC_TARGET, PROSPECTIVE_TARGET = 0.15, 0.80
"""CoC standard 2.5: at least 15 % of annual analytic cases, 80 % of them prospective."""
ATTENDANCE_TARGET = 2 / 3
"""RCR: core members attend two of three meetings."""
DAYS_A_YEAR = 365.25
NOT_SAID = "not-recorded"


def board_indicators(
    *, rows: BoardRows, meetings: Sequence[HeldMeeting], first: date, last: date
) -> list[Indicator]:
    """Everything that a board may see of itself; nothing about single people."""
    cases = [case for one in meetings for case in one.cases]
    decisions = [each for one in meetings for each in one.decisions]
    return [
        *_of_meetings(rows, meetings, cases),
        *_of_coc(rows, cases, first, last),
        *_of_nhs(cases),
        *_of_pathway(decisions),
        *_of_adherence(list(chain.from_iterable(one.recommendations for one in decisions))),
        *_of_records(rows, cases, decisions),
        _of_ai(cases),
    ]


def _of_meetings(
    rows: BoardRows, meetings: Sequence[HeldMeeting], cases: Sequence[PresentedCase]
) -> Iterable[Indicator]:
    """Cases per meeting (mean of those discussed), minutes a case, deferrals, attendance."""
    discussed = [one for one in cases if one.is_discussed]
    yield cases_per_meeting(meetings=len(meetings), discussed=len(discussed))
    finished = [one for one in cases if one.status == AgendaStatus.DISCUSSED]
    yield spread(
        key="minutes_per_case", group="meetings", unit="minutes",
        values=[one.minutes for one in finished if one.minutes is not None],
        known_of=len(finished),
    )  # fmt: skip
    yield not_recorded(key="minutes_by_discipline", group="meetings", unit="minutes")
    yield not_recorded(key="preparation_minutes", group="meetings", unit="minutes")
    yield deferrals(cases=cases, knows_reasons=rows.knows_deferral_reasons)
    yield core_attendance(meetings)


def cases_per_meeting(*, meetings: int, discussed: int) -> Indicator:
    """Cases discussed, divided by meetings held.

    Source: MDT-12. Check value: 624 cases in 24 meetings are 26 (BMJ 2017;356:j114).
    """
    if meetings == 0:
        return Indicator("cases_per_meeting", "meetings", "count", "none", n=0)
    return Indicator(
        "cases_per_meeting", "meetings", "count", "value", discussed / meetings,
        count=discussed, n=meetings,
    )  # fmt: skip


def deferrals(*, cases: Sequence[PresentedCase], knows_reasons: bool) -> Indicator:
    """Cases deferred, of all that were listed; by reason where reasons are recorded.

    Source: MDT-12. 12.7 % in PMC3817328; 23 % before and 10 % after a digital tool (Hammer 2021).
    """
    deferred = [one for one in cases if one.status == AgendaStatus.DEFERRED]
    reasons = Counter(one.deferral_reason or NOT_SAID for one in deferred)
    if not knows_reasons:
        reasons = Counter({NOT_SAID: len(deferred)})
    return share(
        key="deferred", group="meetings", count=len(deferred), n=len(cases),
        parts=dict(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
    )  # fmt: skip


def core_attendance(meetings: Sequence[HeldMeeting]) -> Indicator:
    """Seats of core members that were taken, of all seats of all meetings, without names.

    Below 5 core members it is suppressed: it would be about single people.
    """
    members = frozenset[object]().union(*(one.expected for one in meetings))
    if members and len(members) < SMALL:
        return Indicator(
            "core_attendance", "meetings", "share", "suppressed", target=ATTENDANCE_TARGET
        )
    return share(
        key="core_attendance", group="meetings", target=ATTENDANCE_TARGET,
        count=sum(len(one.attended) for one in meetings),
        n=sum(len(one.expected) for one in meetings), about_people=False,
    )  # fmt: skip


def _of_coc(
    rows: BoardRows, cases: Sequence[PresentedCase], first: date, last: date
) -> Iterable[Indicator]:
    presented = [one for one in cases if one.is_discussed]
    days = (last - first).days + 1
    yield analytic_presented(cases=presented, a_year=rows.analytic_cases_a_year, days=days)
    known = [one for one in presented if one.is_prospective is not None]
    yield share(
        key="prospective", group="coc", target=PROSPECTIVE_TARGET, known_of=len(presented),
        count=sum(one.is_prospective is True for one in known), n=len(known),
    )  # fmt: skip


def analytic_presented(
    *, cases: Sequence[PresentedCase], a_year: int | None, days: int
) -> Indicator:
    """Different analytic cases presented, of the year's analytic cases, as far as the period goes.

    Source: CoC standard 2.5, at least 15 % a year. The denominator is the registry's number for
    a year, times the period's days by 365.25. Check value: 40 presented in 91 days of a year
    with 800 cases: 800 * 91 / 365.25 = 199.3; 20.1 %.
    """
    known = [one for one in cases if one.is_analytic is not None]
    if a_year is None or (cases and not known):
        return not_recorded(
            key="analytic_presented", group="coc", unit="share", target=ANALYTIC_TARGET
        )
    expected = a_year * days / DAYS_A_YEAR
    count = len({one.case_id for one in known if one.is_analytic})
    if round(expected) < SMALL:
        return Indicator("analytic_presented", "coc", "share", "suppressed", target=ANALYTIC_TARGET)
    return Indicator(
        "analytic_presented", "coc", "share", "value", count / expected, count=count,
        n=round(expected), known_of=len(cases), target=ANALYTIC_TARGET,
    )  # fmt: skip


def _of_nhs(cases: Sequence[PresentedCase]) -> Iterable[Indicator]:
    """All patients stay listed; some are discussed, some matched to a standard of care."""
    for key, count in (
        ("discussed", sum(one.is_discussed for one in cases)),
        ("soc_listed", sum(one.is_soc_listed for one in cases)),
    ):
        yield share(key=key, group="nhs", count=count, n=len(cases))


def _of_pathway(decisions: Sequence[Decided]) -> Iterable[Indicator]:
    """Whole days: the case was opened → decision signed; meeting → first treatment.

    Source: MDT-12; median MDT to treatment 24 days, 35 where the decision had to change
    (dukespace 10161/29721).
    """
    yield spread(
        key="referral_to_decision", group="pathway", unit="days",
        values=[one.referral_days for one in decisions],
    )  # fmt: skip
    yield spread(
        key="meeting_to_treatment", group="pathway", unit="days", known_of=len(decisions),
        values=[one.treatment_days for one in decisions if one.treatment_days is not None],
    )  # fmt: skip


def _of_adherence(recommendations: Sequence[Recommended]) -> Iterable[Indicator]:
    """Of recommendations with a result: carried out in full; with the rest and its reasons.

    Source: MDT-10, MDT-12. Literature: 79.4 % full, 12.8 % partial, 7.8 % discordant
    (doi 10.1186/s12913-021-06511-3). Handed over ones count in neither.
    """
    known = [one for one in recommendations if one.implementation]
    asked = [one for one in recommendations if one.implementation or not one.is_handed_over]
    how = Counter(one.implementation for one in known)
    yield share(
        key="adherence", group="adherence", count=how[Implementation.FULL], n=len(known),
        known_of=len(asked), parts={one: how[one] for one in Implementation.values},
    )  # fmt: skip
    why = Counter(one.reason_code for one in known if one.reason_code)
    yield share(
        key="not_in_full", group="adherence", count=sum(why.values()), n=len(known),
        known_of=len(asked), parts=dict(sorted(why.items(), key=lambda one: (-one[1], one[0]))),
    )  # fmt: skip


def _of_records(
    rows: BoardRows, cases: Sequence[PresentedCase], decisions: Sequence[Decided]
) -> Iterable[Indicator]:
    """What was on record: stage and performance status of cases, as the case says today."""
    presented = [one for one in cases if one.is_discussed]
    for key, count in (
        ("stage_recorded", sum(one.has_stage for one in presented)),
        ("performance_status_recorded", sum(one.has_performance_status for one in presented)),
    ):
        yield share(key=key, group="records", count=count, n=len(presented))
    if not rows.knows_considered:
        yield not_recorded(key="patient_view_recorded", group="records", unit="share")
        yield not_recorded(key="trial_recorded", group="records", unit="share")
        return
    for key, count in (
        ("patient_view_recorded", sum(one.patient_view is not None for one in decisions)),
        ("trial_recorded", sum(one.trial is not None for one in decisions)),
    ):
        yield share(key=key, group="records", count=count, n=len(decisions))


def _of_ai(cases: Sequence[PresentedCase]) -> Indicator:
    """AI findings accepted, of those somebody accepted or dismissed, in cases discussed here."""
    accepted = sum(one.accepted for one in cases)
    reviewed = accepted + sum(one.dismissed for one in cases)
    return share(key="ai_accepted", group="ai", count=accepted, n=reviewed)
