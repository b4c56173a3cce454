"""Registries through which upper floors offer what lower floors show (timeline, readiness…)."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

ProviderT = TypeVar("ProviderT", bound=Callable[..., Any])


class Registry(Generic[ProviderT]):
    """Named providers, filled in ``AppConfig.ready`` and read in name order."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self._providers: dict[str, ProviderT] = {}

    def register(self, name: str, provider: ProviderT) -> None:
        known = self._providers.get(name)
        if known is not None and known is not provider:
            raise ValueError(f"{self.subject}: {name} is registered twice")
        self._providers[name] = provider

    def items(self) -> Iterable[tuple[str, ProviderT]]:
        return sorted(self._providers.items())


case_summaries: "Registry[Callable[..., dict[UUID, dict[str, Any]]]]" = Registry("case summaries")
"""``provider(*, actor, case_ids) -> {case_id: {field: value}}``: columns of the case list."""

case_capabilities: "Registry[Callable[..., set[str]]]" = Registry("case capabilities")
"""``provider(*, actor, case_id) -> {"annotate", …}``: what the actor may do, for the screen."""

timeline: "Registry[Callable[..., list[dict[str, Any]]]]" = Registry("timeline")
"""``provider(*, actor, case_id) -> [{at, precision, kind, id, title, detail, source, …}]``, and
``tags`` and ``link`` where there are any: what a floor knows of a case in time, in the actor's
guise. ``at`` is a partial date, or an instant in UTC, or ``None``."""

segmentation_owners: "Registry[Callable[..., dict[str, dict[str, Any]]]]" = Registry(
    "segmentation owners"
)
"""``provider(*, case_id, sop_instance_uids) -> {uid: {finding, state, segments?}}``: segmentations
in the archive that are shown as findings. ``segments`` are the numbers that are, where not all."""

report_owners: "Registry[Callable[..., set[str]]]" = Registry("report owners")
"""``provider(*, case_id, sop_instance_uids) -> {uid}``: reports in the archive that this house
wrote itself and shows as something of its own."""

case_decisions: "Registry[Callable[..., dict[UUID, list[dict[str, Any]]]]]" = Registry(
    "decisions about cases"
)
"""``provider(*, case_ids) -> {case_id: [{id, status, at}]}``: what was decided and when, without
a word of it. ``at`` is when it was signed, or last written while it is a draft."""

periodic: "Registry[Callable[[], object]]" = Registry("periodic work")
"""``provider()`` run every second by the ticker (relay, sealer, sweepers); must be quick."""

case_needs: "Registry[Callable[[], dict[UUID, datetime]]]" = Registry("cases somebody will need")
"""``provider() -> {case_id: needed_at}``: what must be at hand, and from when (past: now)."""

board_names: "Registry[Callable[..., dict[UUID, str]]]" = Registry("boards by name")
"""``provider(*, chaired_by) -> {board_id: name}``: the boards there are, or with an actor those
that they chair; for floors below that keep something per board."""
