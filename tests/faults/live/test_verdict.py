"""The judge of the chaos sees each kind of loss: a harness that finds nothing proves nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.live.client import ChaosClient
from tests.faults.live.verdict import Row, judge
from tests.live_state import state_hash

CHAT = [{"id": "1", "text": "größer"}, {"id": "2", "text": "b"}]


def _window(**changes: Any) -> ChaosClient:
    async def mint() -> str:
        return ""

    client = ChaosClient(port=1, session_id=None, mint=mint, work=None)  # type: ignore[arg-type]
    client.seq, client.applied, client.snapshot = 2, 2, {"chat": CHAT}
    client.acked = {
        "a": {"outcome": "committed", "seq": 1},
        "b": {"outcome": "committed", "seq": 2},
    }
    for name, value in changes.items():
        setattr(client, name, value)
    return client


def _losses(client: ChaosClient, log: list[Row] | None = None) -> list[str]:
    rows: list[Row] = [(1, "a", "chat.posted"), (2, "b", "chat.posted")] if log is None else log
    return judge(clients=[client], fresh={client: {"chat": CHAT}}, head=2, log=rows)


def _of(number: int) -> dict[str, Any]:
    return {"outcome": "committed", "seq": number}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda one: setattr(one, "snapshot", {"chat": CHAT[::-1]}), "not that of a newcomer"),
        (lambda one: setattr(one, "seq", 1), "ended at 1 of 2"),
        (lambda one: setattr(one, "applied", 1), "1 events and 0 in snapshots"),
        (lambda one: one.acked.update(c=_of(3)), "acknowledged ops are not in the log"),
        (lambda one: one.acked.update(a=_of(2)), "acknowledged ops are not in the log"),
        (lambda one: one.acked.pop("b"), "nobody was told"),
        (lambda one: one.counts.update({"changed answers": 1}), "1 changed answers"),
    ],
)
def test_a_window_that_lost_something_is_told(
    spoil: Callable[[ChaosClient], Any], said: str
) -> None:
    client = _window()
    assert [one for one in _losses(client) if "different states" not in one] == []
    spoil(client)
    assert any(said in one for one in _losses(client)), said


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ([(1, "a", "chat.posted"), (3, "b", "chat.posted")], "holes"),
        ([(1, "a", "chat.posted"), (1, "b", "chat.posted")], "holes"),
        ([(1, "a", "chat.posted"), (2, "a", "chat.posted")], "more than one event"),
    ],
)
def test_a_log_that_is_not_whole_is_told(log: list[Row], said: str) -> None:
    assert any(said in one for one in _losses(_window(), log))


def test_a_state_has_one_number_however_it_is_written() -> None:
    assert state_hash({"a": 1, "b": [1, 2]}) == state_hash({"b": [1, 2], "a": 1})
    for other in ({"a": 1, "b": [2, 1]}, {"a": 1}, {"a": "1", "b": [1, 2]}, None):
        assert state_hash(other) != state_hash({"a": 1, "b": [1, 2]})
