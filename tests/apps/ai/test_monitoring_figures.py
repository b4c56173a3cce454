"""The arithmetic of monitoring: weeks, hidden cells that stay hidden, drift with check values."""

import random
from datetime import UTC, date
from itertools import pairwise
from math import log
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from pydicom.dataset import Dataset

from apps.ai.monitoring.drift import (
    by_chance,
    drift_of_categories,
    drift_of_numbers,
    stability_index,
)
from apps.ai.monitoring.figures import SHARES, make_cells, make_share
from apps.ai.monitoring.periods import instants, iso_name, last_blocks, last_weeks
from apps.ai.monitoring.profiles import read_profile
from apps.ai.monitoring.suppression import hidden_groups
from apps.ai.monitoring.table import safe_text
from apps.ai.monitoring.tallies import Tally


def tally(**counts: int) -> Tally:
    one = Tally()
    one.counts.update(counts)
    return one


# -- weeks -------------------------------------------------------------------------------------


def test_weeks_are_ISO_weeks_also_where_the_year_turns():
    assert iso_name(date(2026, 12, 31)) == "2026-W53"
    assert iso_name(date(2027, 1, 3)) == "2026-W53"
    assert iso_name(date(2027, 1, 4)) == "2027-W01"
    weeks = last_weeks(today=date(2027, 1, 6), count=2)
    assert [one.name for one in weeks] == ["2026-W52", "2026-W53", "2027-W01"]
    assert [one.is_complete for one in weeks] == [True, True, False]


def test_blocks_never_cut_weeks_differently_whenever_and_however_far_they_are_asked():
    starts = set()
    for day in range(0, 140, 3):
        for weeks in (1, 4, 5, 12, 26):
            today = date.fromordinal(date(2026, 11, 2).toordinal() + day)
            blocks = last_blocks(today=today, weeks=weeks)
            assert all((one.ends_before - one.starts_on).days == 28 for one in blocks)
            assert blocks[-1].ends_before <= today
            assert len(blocks) * 4 >= weeks
            starts |= {one.starts_on for one in blocks}
    ordered = sorted(starts)
    assert {(b - a).days for a, b in pairwise(ordered)} == {28}


def test_a_week_begins_at_midnight_of_the_house_also_when_the_clocks_change():
    weeks = last_weeks(today=date(2026, 10, 28), count=1)
    starts = [one.astimezone(UTC).isoformat() for one in instants(weeks, ZoneInfo("Europe/Berlin"))]
    assert starts == [
        "2026-10-18T22:00:00+00:00", "2026-10-25T23:00:00+00:00", "2026-11-01T23:00:00+00:00",
    ]  # fmt: skip


# -- hidden cells ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ({"F": 40, "M": 60}, set()),
        ({"F": 40, "M": 60, "O": 0}, set()),
        ({"F": 40, "M": 60, "O": 3}, {"O", "F"}),
        ({"F": 40, "M": 60, "O": 3, "": 4}, {"O", "", "F"}),
        ({"F": 40, "M": 60, "O": 6, "": 7}, {"O", ""}),
        ({"F": 9}, {"F"}),
        ({"F": 10}, set()),
        ({}, set()),
    ],
)
def test_a_small_group_takes_others_with_it_until_ten_are_hidden(sizes, hidden):
    assert hidden_groups(sizes) == hidden


def attack(row: dict[str, tuple[int, int]], hide) -> set[str]:
    """Groups of fewer than ten whose numbers follow from what is published of a partition.

    Published are the total, where it is not small itself, and every group that is not hidden.
    A number follows where its unit vector lies in the span of what is published.
    """
    groups = sorted(row)
    hidden = hide({group: n for group, (_, n) in row.items()})
    equations = [np.eye(len(groups))[groups.index(one)] for one in groups if one not in hidden]
    if not 0 < sum(n for _, n in row.values()) < 10:
        equations.append(np.ones(len(groups)))
    known = np.array(equations).reshape(-1, len(groups))
    # A group of nobody is told to be empty: its place is known.
    known = np.vstack([known, *[np.eye(len(groups))[[groups.index(one)]]
                                for one in groups if row[one][1] == 0]])  # fmt: skip
    rank = np.linalg.matrix_rank(known) if len(known) else 0
    return {
        group
        for place, group in enumerate(groups)
        if 0 < row[group][1] < 10
        and np.linalg.matrix_rank(np.vstack([known, np.eye(len(groups))[place]])) == rank
    }


def test_no_small_group_follows_from_totals_and_the_other_groups():
    dice = random.Random(234)
    told, naive = [], 0
    for _ in range(2_000):
        row = {}
        for group in "ABCDE"[: dice.randint(1, 5)]:
            n = dice.choice((0, dice.randint(1, 9), dice.randint(1, 9), dice.randint(10, 80)))
            row[group] = (dice.randint(0, n), n)
        told += attack(row, hidden_groups)
        naive += len(attack(row, lambda sizes: {g for g, n in sizes.items() if 0 < n < 10}))
    assert told == []
    assert naive > 100  # hiding small groups alone gives many away


def test_what_is_left_over_is_published_as_hidden_groups_together():
    tallies = {
        (0, "F"): tally(ran=40, positive=20),
        (0, "M"): tally(ran=60, positive=24),
        (0, "O"): tally(ran=3, positive=3),
    }
    cells, together = make_cells(tallies=tallies, periods=1, groups=["F", "M", "O"])
    by_group = {one.group: one for one in cells}
    assert by_group["M"].shares["positive"] == make_share(24, 60)
    for group in "FO":
        share = by_group[group].shares["positive"]
        assert share.is_hidden
        assert (share.n, share.count, share.share, share.low, share.high) == (None,) * 5
        assert by_group[group].quantiles["run_s"].is_hidden
    share, groups = together[0, "positive"]
    assert groups == ("F", "O")
    assert (share.count, share.n) == (23, 43)


def test_each_figure_is_hidden_by_its_own_number_of_cases():
    tallies = {
        (0, "F"): tally(ended=30, failed=2, ran=25, decided=4, accepted=4),
        (0, "M"): tally(ended=30, failed=1, ran=25, decided=26, accepted=20),
    }
    cells, _ = make_cells(tallies=tallies, periods=1, groups=["F", "M"])
    for cell in cells:
        assert not cell.shares["failed"].is_hidden
        assert cell.shares["accepted"].is_hidden
        assert cell.reasons["dismissed"] is None
        assert cell.reasons["failed"] == {}


def test_shares_carry_wilsons_interval_and_of_nothing_there_is_none():
    share = make_share(81, 263)
    # Newcombe, Stat Med 1998;17:857, table I, example (a), method 3.
    assert (round(share.low, 4), round(share.high, 4)) == (0.2553, 0.3662)
    nothing = make_share(0, 0)
    assert (nothing.n, nothing.share, nothing.low) == (0, None, None)
    assert set(SHARES) >= {"failed", "positive", "accepted", "contradicted", "fast_dismissals"}


# -- drift -------------------------------------------------------------------------------------


def test_stability_index_of_the_worked_example():
    """GeeksforGeeks, Population Stability Index: incomes 40/30/30 % become 35/25/40 %."""
    index = stability_index([0.4, 0.3, 0.3], [0.35, 0.25, 0.4])
    by_hand = -0.05 * log(0.875) - 0.05 * log(0.25 / 0.3) + 0.1 * log(0.4 / 0.3)
    assert index == pytest.approx(by_hand, abs=1e-12)
    assert round(index, 4) == 0.0446


def test_stability_index_is_zero_for_the_same_and_symmetric():
    assert stability_index([0.2, 0.8], [0.2, 0.8]) == 0.0
    assert stability_index([0.2, 0.8], [0.5, 0.5]) == pytest.approx(
        stability_index([0.5, 0.5], [0.2, 0.8])
    )
    with pytest.raises(ValueError, match="same bins"):
        stability_index([1.0], [0.5, 0.5])
    with pytest.raises(ValueError, match="empty bin"):
        stability_index([0.0, 1.0], [0.5, 0.5])


def test_index_by_chance_is_what_chance_exceeds_once_in_twenty_times():
    """Yurdakul 2018: without drift the index is (1/N + 1/M) χ² of bins − 1 degrees of freedom.

    The 95 % point of χ² with 9 degrees of freedom is 16.919 (NIST/SEMATECH e-Handbook of
    Statistical Methods, 1.3.6.7.4).
    """
    assert by_chance(bins=10, reference_n=200, n=50) == pytest.approx(16.919 * 0.025, abs=1e-4)
    dice = np.random.default_rng(4)
    exceeded = sum(
        (drift := drift_of_numbers(dice.normal(size=400), dice.normal(size=200))).psi
        > drift.psi_by_chance
        for _ in range(400)
    )
    assert 0.02 <= exceeded / 400 <= 0.10


def test_two_sample_test_of_the_worked_examples():
    """Two hundred values apart by 11 steps of 100: Ferguson (UCLA, math.ucla.edu/~tom,
    "The Kolmogorov-Smirnov Two-Sample Test") gives P(D100,100 ≤ 0.1) = 0.41699 for the table of
    exact probabilities; one step more has what is left.
    """
    first = np.arange(100, dtype=float)
    later = first + 10.5  # eleven of the first lie below all of the later
    drift = drift_of_numbers(first, later)
    assert drift.ks == pytest.approx(0.11)
    assert drift.ks_p == pytest.approx(1 - 0.41699, abs=5e-5)
    small = drift_of_numbers([1, 2, 3, 4], [3.5, 4.5, 5.5, 6.5])
    assert small.ks == pytest.approx(0.75)  # at 3: all but one of the first, none of the later


def test_a_shift_is_drift_and_many_equal_values_are_none():
    dice = np.random.default_rng(5)
    same = drift_of_numbers(dice.normal(size=500), dice.normal(size=500))
    moved = drift_of_numbers(dice.normal(size=500), dice.normal(1.0, 1.0, size=500))
    assert same.psi < 0.1 < 0.25 < moved.psi
    assert same.ks_p > 0.01 > 1e-6 > moved.ks_p
    assert drift_of_numbers([5.0] * 300, [5.0] * 100).psi == 0.0
    other = drift_of_numbers([5.0] * 300, [1.0] * 100)
    assert other.psi > 0.25 and other.ks == 1.0
    thicker = drift_of_numbers([5.0] * 300, [9.0] * 100)
    assert thicker.psi > 0.25


def test_a_new_scanner_is_a_bin_of_its_own():
    drift = drift_of_categories({"A": 100, "B": 100}, {"A": 50, "B": 50, "C": 100})
    assert drift.bins == 3
    assert drift.psi > 0.25 > drift.psi_by_chance
    assert drift_of_categories({"A": 100}, {"A": 30}).psi == 0.0
    with pytest.raises(ValueError, match="Nothing"):
        drift_of_categories({}, {"A": 1})


# -- what headers say --------------------------------------------------------------------------


def header(**fields: object) -> Dataset:
    ds = Dataset()
    for name, value in fields.items():
        setattr(ds, name, value)
    return ds


def test_a_profile_says_what_was_imaged_and_not_who():
    profile = read_profile(
        header(
            PatientName="Doe^Jane", PatientID="P1", PatientSex="F", PatientBirthDate="19610504",
            StudyDate="20260503", Manufacturer="SIEMENS", ManufacturerModelName="SOMATOM Force",
            InstitutionName=" North \x00 Hospital ", SliceThickness="2.0",
            ConvolutionKernel=["Br40d", "3"],
        )
    )  # fmt: skip
    assert profile == {
        "sex": "F",
        "age_years": 64,
        "manufacturer": "Siemens Healthineers",
        "scanner": "Siemens Healthineers SOMATOM Force",
        "site": "North Hospital",
        "slice_thickness_mm": 2.0,
        "kernel": "Br40d",
    }


@pytest.mark.parametrize(
    ("fields", "age"),
    [
        ({"PatientAge": "018M"}, 1),
        ({"PatientAge": "090Y"}, 90),
        ({"PatientAge": "101Y"}, 90),
        ({"PatientAge": "old"}, None),
        ({"PatientBirthDate": "19200101", "StudyDate": "20260101"}, 90),
        ({"PatientBirthDate": "20270101", "StudyDate": "20260101"}, None),
        ({}, None),
    ],
)
def test_an_age_is_whole_years_and_a_rare_one_is_not_told(fields, age):
    assert read_profile(header(**fields))["age_years"] == age


def test_what_headers_do_not_say_stays_empty():
    assert read_profile(header(PatientSex="X", SliceThickness="0")) == {
        "sex": "", "age_years": None, "manufacturer": "", "scanner": "", "site": "",
        "slice_thickness_mm": None, "kernel": "",
    }  # fmt: skip


def test_a_name_out_of_a_header_starts_no_formula():
    assert safe_text('=HYPERLINK("x")') == '\'=HYPERLINK("x")'
    assert safe_text("North") == "North"
    assert safe_text("+1").startswith("'")
