"""What the live benches compute and refuse: their figures are worth what this is worth."""

import pytest

from tests.bench.live import stats
from tests.bench.live.gate import (
    GateFailed,
    check_events,
    check_private,
    check_stage,
    count_missing,
)
from tests.bench.live.generator import check_heard, stage_text
from tests.bench.run import list_benchmarks

JOIN = {"after": 0, "head": 3, "events": None}


@pytest.mark.parametrize(("share", "value"), [(0.05, 15), (0.3, 20), (0.4, 20), (0.5, 35), (1, 50)])
def test_percentile_is_the_nearest_rank(share: float, value: float) -> None:
    assert stats.percentile([50, 15, 40, 20, 35], share) == value


def test_spread_is_the_median_and_both_ends() -> None:
    assert stats.spread([3.0, 1.0, 10.0]) == stats.Spread(3.0, 1.0, 10.0)


def test_slope_is_that_of_the_line_through_the_points() -> None:
    assert stats.slope([(0, 1), (1, 3), (2, 5)]) == pytest.approx(2)
    # Anscombe's first set: y = 3.00 + 0.500 x.
    x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
    y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
    assert stats.slope(list(zip(x, y, strict=True))) == pytest.approx(0.5, abs=5e-4)


def test_drift_is_the_rise_of_the_line_as_a_share_of_its_start() -> None:
    assert stats.drift([(0, 10.0), (5, 10.5), (10, 11.0)]) == pytest.approx(0.1)
    assert stats.drift([(0, 10.0), (10, 10.0)]) == 0


def test_gate_passes_each_number_once_and_in_order() -> None:
    check_events(joins=[JOIN], seqs=[4, 5, 6], head=6, who="a")


def test_gate_passes_who_left_and_came_back() -> None:
    back = {"after": 2, "head": 8, "events": [6, 7, 8]}
    anew = {"after": 3, "head": 900, "events": None}
    check_events(joins=[JOIN, back, anew], seqs=[4, 5, 9, 901], head=901, who="a")


@pytest.mark.parametrize(
    ("seqs", "word"),
    [
        ([4, 6], "with a gap"),
        ([5, 6], "with a gap"),
        ([4, 4, 5, 6], "twice"),
        ([4, 6, 5], "with a gap"),
        ([4, 5, 4, 6], "out of order"),
        ([4, 5], "ended at 5"),
    ],
)
def test_gate_catches_lost_doubled_and_reordered_numbers(seqs: list[int], word: str) -> None:
    with pytest.raises(GateFailed, match=word):
        check_events(joins=[JOIN], seqs=seqs, head=6, who="a")


@pytest.mark.parametrize(
    "back",
    [
        {"after": 2, "head": 8, "events": [7, 8]},
        {"after": 2, "head": 8, "events": [6, 7]},
        {"after": 2, "head": 4, "events": None},
    ],
)
def test_gate_catches_a_welcome_that_leaves_something_out(back: dict[str, object]) -> None:
    with pytest.raises(GateFailed):
        check_events(joins=[JOIN, back], seqs=[4, 5], head=8, who="a")


def test_gate_catches_a_client_that_never_came_in() -> None:
    with pytest.raises(GateFailed, match="never welcomed"):
        check_events(joins=[], seqs=[], head=0, who="a")


@pytest.mark.parametrize(("revs", "word"), [([1, 3, 2], "going back"), ([1, 1], "twice")])
def test_gate_catches_an_older_stage_after_a_newer_one(revs: list[int], word: str) -> None:
    check_stage(revs=[1, 2, 5], who="a")
    with pytest.raises(GateFailed, match=word):
        check_stage(revs=revs, who="a")


def test_gate_catches_what_is_of_another_room() -> None:
    check_private(clients=[{"foreign": 0}])
    with pytest.raises(GateFailed, match="another room"):
        check_private(clients=[{"foreign": 0}, {"foreign": 2}])


def test_missing_frames_are_counted_for_each_listener() -> None:
    assert count_missing(sent=5, heard=[[1, 2, 3, 4, 5], [1, 5], []]) == 3 + 5


def _heard(**changes: object) -> dict[str, object]:
    client = {
        **{"index": 0, "room": 7, "closed": None, "refused": [], "acked": 1, "submitted": 1},
        **{"joins": [JOIN], "seqs": [4], "revs": [1, 2], "foreign": 0},
    }
    return {"clients": [client | changes]}


@pytest.mark.parametrize(
    "changes",
    [
        {"closed": 4408},
        {"refused": ["rate_limited"]},
        {"acked": 0},
        {"seqs": []},
        {"revs": [2, 1]},
        {"foreign": 1},
    ],
)
def test_a_run_that_was_not_right_has_no_figures(changes: dict[str, object]) -> None:
    check_heard(_heard(), heads={7: 4})
    with pytest.raises(AssertionError):
        check_heard(_heard(**changes), heads={7: 4})


def test_a_frame_is_a_message_of_the_protocol() -> None:
    from apps.live.protocol import client_messages

    text = stage_text("1.2.3", room=17).replace("@EPOCH@", "4").replace("@REV@", "99")
    message = client_messages.validate_json(text, strict=True)
    assert (message.epoch, message.rev) == (4, 99)
    assert "bench-room-17" in text


def test_a_benchmark_is_called_with_a_dash() -> None:
    names = list_benchmarks()
    assert "live" in names
    assert not [name for name in names if "_" in name]


def test_a_follower_is_timed_by_the_slice_that_was_asked_for() -> None:
    from tests.bench.live.page_rows import follow_delays

    seen = [{"slice": 5, "at": 104.0}, {"slice": 6, "at": 230.0}, {"slice": 8, "at": 420.0}]
    assert follow_delays([100.0, 200.0, 300.0, 400.0], [5, 6, 7, 8], seen) == [4.0, 30.0, 20.0]


def test_a_slice_that_comes_two_keys_late_is_not_its_keys() -> None:
    from tests.bench.live.page_rows import follow_delays

    assert follow_delays([100.0, 200.0, 300.0], [5, 6, 5], [{"slice": 5, "at": 310.0}]) == [10.0]


def test_memory_is_judged_after_the_warm_up() -> None:
    from tests.bench.live.soak import Sample, after_warm_up

    samples = [Sample(at_s=float(second), rss_mb=1.0, handles=1) for second in range(11)]
    assert [one.at_s for one in after_warm_up(samples)] == [2.0, *map(float, range(3, 11))]
