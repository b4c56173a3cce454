"""What each guise sees of the room: encoded once per view, never once per socket (LIVE-A2).

An event that a view hides arrives as ``{seq, kind: "withheld"}``, so numbers stay whole.
De-identified views get only what carries no image identifier and no free text: there is
no way yet from a grant's mapped UIDs to the room's and back, and what cannot be projected
is withheld.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from apps.cases.access import Standing
from apps.core.registry import Registry

Json = dict[str, Any]
Guise = Literal["identified", "deidentified", "none"]

PASSES_DEIDENTIFIED = frozenset(
    {
        "agenda.moved",
        "case.changed",
        "decision.drafted",
        "decision.signed",
        "finding.exported",
        "finding.reviewed",
        "findings.added",
        "presenter.changed",
        "study.linked",
        "study.progress",
        "study.ready",
    }
)
AI_KINDS = frozenset({"finding.exported", "finding.reviewed", "findings.added", "job.changed"})

ai_embargoes: "Registry[Callable[..., frozenset[UUID]]]" = Registry("AI embargoes")
"""``provider(*, case_id, user_ids) -> users`` from whom AI results of the case are withheld."""


@dataclass(frozen=True, slots=True)
class View:
    """A key: everybody with the same view gets the same bytes."""

    guise: Guise
    embargoed: bool = False

    @property
    def sees_images(self) -> bool:
        return self.guise == "identified"


NOTHING = View(guise="none")


def view_of(*, standing: Standing | None, embargoed: bool) -> View:
    if standing is None:
        return NOTHING
    return View("deidentified" if standing.is_deidentified else "identified", embargoed)


def embargoed_users(*, case_id: UUID, user_ids: frozenset[UUID]) -> frozenset[UUID]:
    """Those of ``user_ids`` who are to read first, before AI is revealed to them."""
    hidden: frozenset[UUID] = frozenset()
    for _, provider in ai_embargoes.items():
        hidden |= provider(case_id=case_id, user_ids=user_ids)
    return hidden


def project_event(event: Json, *, view: View) -> Json:
    if _passes(kind=event["kind"], view=view):
        return event
    return {"type": "event", "kind": "withheld", "seq": event["seq"]}


def _passes(*, kind: str, view: View) -> bool:
    if view.guise == "none" or (view.embargoed and kind in AI_KINDS):
        return False
    return view.guise == "identified" or kind in PASSES_DEIDENTIFIED


def project_snapshot(snapshot: Json | None, *, view: View) -> Json | None:
    if snapshot is None or view.guise == "none":
        return None
    shown = dict(snapshot)
    if not view.sees_images:
        shown |= {"measurements": [], "chat": []}
    if view.embargoed:
        shown["findings"] = []
    return shown


def project_stage(frame: Json | None, *, view: View) -> Json | None:
    """The stage names images by their UIDs and findings by id: identified views only."""
    return frame if view.sees_images else None


def project_presence(person: Json, *, view: View) -> Json:
    return person if view.sees_images else {**person, "pointer": None}
