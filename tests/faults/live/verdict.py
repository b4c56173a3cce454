"""Was anything lost, doubled or out of order? By the log, by every window, by every newcomer."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.faults.live.client import ChaosClient
from tests.live_state import state_hash

Json = dict[str, Any]
Row = tuple[int, str | None, str]

NEVER = ("changed answers", "answers to nothing", "steps back", "short welcomes")


def judge(
    *,
    clients: list[ChaosClient],
    fresh: dict[ChaosClient, Json],
    head: int,
    log: list[Row],
) -> list[str]:
    """One line per loss; none when the session is whole."""
    losses = _log_losses(head=head, log=log)
    rows = {op_id: seq for seq, op_id, _ in log if op_id is not None}
    said = {op_id for client in clients for op_id in client.acked}
    if unknown := set(rows) - said:
        losses.append(f"{len(unknown)} ops are in the log and nobody was told")
    for number, client in enumerate(clients):
        losses += [f"window {number}: {one}" for one in _window_losses(client, head=head)]
        losses += [f"window {number}: {one}" for one in _op_losses(client, rows=rows)]
        if state_hash(client.snapshot) != state_hash(fresh[client]):
            losses.append(f"window {number}: its state is not that of a newcomer")
    views = {state_hash(one.snapshot) for one in clients if one.work is not None}
    if len(views) != 1:
        losses.append(f"people who see the same hold {len(views)} different states")
    return losses


def _log_losses(*, head: int, log: list[Row]) -> list[str]:
    losses = []
    if [seq for seq, _, _ in log] != list(range(1, head + 1)):
        losses.append("the log has holes, doubles or another end than its head")
    twice = [op_id for op_id, times in Counter(one for _, one, _ in log).items() if times > 1]
    if any(op_id is not None for op_id in twice):
        losses.append(f"{len(twice)} ops made more than one event")
    return losses


def _window_losses(client: ChaosClient, *, head: int) -> list[str]:
    losses = [f"{client.counts[what]} {what}" for what in NEVER if client.counts[what]]
    if client.seq != head:
        losses.append(f"ended at {client.seq} of {head}")
    elif client.applied + client.covered != head:
        losses.append(f"{client.applied} events and {client.covered} in snapshots, of {head}")
    if client.work is not None and client.work.rejected:
        codes = Counter(ack["code"] for ack in client.work.rejected)
        losses.append(f"refused: {dict(codes)}")
    return losses


def _op_losses(client: ChaosClient, *, rows: dict[str, int]) -> list[str]:
    lost = [
        op_id
        for op_id, ack in client.acked.items()
        if ack["outcome"] == "committed" and rows.get(op_id) != ack["seq"]
    ]
    return [f"{len(lost)} acknowledged ops are not in the log where it was said"] if lost else []
