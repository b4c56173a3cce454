"""Whether a run was right. A figure of a run that was not is no figure. Pure.

Durable events: each client hears every number once and in order, from where its welcome left off
to the head. Stage: of one presenter the numbers never go back and none comes twice; newest wins,
so some may be missing, and their number is told. Nothing of another room is heard.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]


class GateFailed(AssertionError):
    """The run was not right."""


def check_events(*, joins: Sequence[Json], seqs: Sequence[int], head: int, who: str) -> None:
    """Every durable number once and in order.

    Parameters
    ----------
    joins
        Each welcome or snapshot: how many events had been heard before it (``after``), the
        ``head`` it stands for, and the numbers of the ``events`` it held; None with a snapshot.
    seqs
        Numbers of the events heard, in the order they were heard.
    head
        The log's last number.
    """
    if not joins:
        raise GateFailed(f"{who} was never welcomed")
    at: int | None = None
    turns = sorted(joins, key=lambda join: int(join["after"]))
    ends = [*(int(join["after"]) for join in turns[1:]), len(seqs)]
    for join, end in zip(turns, ends, strict=True):
        for seq in join["events"] or []:
            at = _follow(at, seq, who=who)
        if at is not None and join["head"] < at:
            raise GateFailed(f"{who} was at {at} and was welcomed at {join['head']}")
        if join["events"] is not None and at is not None and at != join["head"]:
            raise GateFailed(f"{who}: the welcome's events end at {at}, not {join['head']}")
        at = int(join["head"])
        for seq in seqs[int(join["after"]) : end]:
            at = _follow(at, seq, who=who)
    if at != head:
        raise GateFailed(f"{who} ended at {at}, the log at {head}")


def _follow(at: int | None, seq: int, *, who: str) -> int:
    if at is None or seq == at + 1:
        return seq
    what = "twice" if seq == at else "out of order" if seq < at else "with a gap"
    raise GateFailed(f"{who} heard {seq} after {at}: {what}")


def check_stage(*, revs: Sequence[int], who: str) -> None:
    """Newest wins: the presenter's numbers rise."""
    for before, after in itertools.pairwise(revs):
        if after <= before:
            what = "twice" if after == before else "going back"
            raise GateFailed(f"{who} was shown {after} after {before}: {what}")


def count_missing(*, sent: int, heard: Sequence[Sequence[int]]) -> int:
    """Frames that were sent and did not reach a listener, over all listeners."""
    return sum(sent - len(set(revs)) for revs in heard)


def check_private(*, clients: Sequence[Json]) -> None:
    """Nobody heard anything of another room."""
    leaked = sum(int(client["foreign"]) for client in clients)
    if leaked:
        raise GateFailed(f"{leaked} messages named another room")
