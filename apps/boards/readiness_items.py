"""What is known of an item, and what that makes of it on a given day. Pure: no database.

States: ``met``; ``missing``; ``expected`` (not there, and somebody said by when); ``too_old``;
``not_applicable`` (with a reason). A date that has passed makes ``expected`` ``missing`` again.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from django.db import models


class ItemState(models.TextChoices):
    MET = "met", "There"
    MISSING = "missing", "Missing"
    EXPECTED = "expected", "Expected by a date"
    TOO_OLD = "too_old", "Too old"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


class RecordState(models.TextChoices):
    """What somebody says of an item by hand."""

    ARRIVED = "arrived", "It is there"
    EXPECTED = "expected", "It is expected by a date"
    NOT_NEEDED = "not_needed", "Not needed, with a reason"
    CLEARED = "cleared", "What was said before does not hold"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a source says of one item of one case.

    ``on`` is the ISO date of the thing itself (study, sample, report). ``kind`` says what
    ``ref`` names: a ``study`` by its UID, a ``field`` of the case, a ``record`` made by hand.
    ``ready`` of ``total`` counts images; ``problem`` is a code that says why it is not there
    though something is.
    """

    is_there: bool
    on: str | None = None
    kind: str = ""
    ref: str = ""
    title: str = ""
    by: str = ""
    at: str | None = None
    ready: int | None = None
    total: int | None = None
    problem: str = ""


NOTHING = Evidence(is_there=False)


@dataclass(frozen=True, slots=True)
class Fact:
    """One item of a case as it is kept: what is asked for, what was found, what was said."""

    key: str
    label: str
    need: str
    max_age_days: int | None
    is_recorded: bool
    evidence: Evidence
    said: str = ""
    expected_by: str | None = None
    reason: str = ""
    said_by: str = ""
    said_at: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Fact":
        known = {one.name for one in fields(cls)}
        values = {name: value for name, value in stored.items() if name in known}
        values["evidence"] = Evidence(**values["evidence"])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Judged:
    """An item on one day. ``age_days`` on that day; ``is_open``: it holds the case up."""

    fact: Fact
    state: str
    age_days: int | None
    is_open: bool
    is_overdue: bool


def judge(fact: Fact, *, today: date, meets_on: date | None = None) -> Judged:
    """What an item is. Ages count on the day of the meeting, or today where there is none.

    Raises
    ------
    ValueError
        A stored date is no ISO date.
    """
    evidence = fact.evidence
    day = max(today, meets_on) if meets_on else today
    age = (day - date.fromisoformat(evidence.on)).days if evidence.on else None
    expected_by = date.fromisoformat(fact.expected_by) if fact.expected_by else None
    is_expected = fact.said == RecordState.EXPECTED and expected_by is not None
    is_overdue = is_expected and expected_by is not None and expected_by < today
    state = _state(fact, age=age, is_expected=is_expected, is_overdue=is_overdue)
    if state in {ItemState.MET, ItemState.NOT_APPLICABLE}:
        is_overdue = False
    return Judged(
        fact=fact,
        state=state,
        age_days=age,
        is_open=is_open(need=fact.need, state=state),
        is_overdue=is_overdue,
    )


def is_open(*, need: str, state: str) -> bool:
    """Whether an item in this state keeps a case from being ready."""
    if need == "optional" or state in {ItemState.MET, ItemState.NOT_APPLICABLE}:
        return False
    return not (need == "expected" and state == ItemState.EXPECTED)


def judge_all(
    facts: Iterable[Fact], *, today: date, meets_on: date | None = None
) -> tuple[Judged, ...]:
    return tuple(judge(one, today=today, meets_on=meets_on) for one in facts)


def _state(fact: Fact, *, age: int | None, is_expected: bool, is_overdue: bool) -> str:
    if fact.said == RecordState.NOT_NEEDED:
        return ItemState.NOT_APPLICABLE
    if fact.evidence.is_there:
        if fact.max_age_days is None:
            return ItemState.MET
        if age is not None and age <= fact.max_age_days:
            return ItemState.MET
    if is_expected and not is_overdue:
        return ItemState.EXPECTED
    return ItemState.TOO_OLD if fact.evidence.is_there else ItemState.MISSING
