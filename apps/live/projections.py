"""What each guise sees of the room: encoded once per view, never once per socket (LIVE-A2).

An event that a view hides arrives as ``{seq, kind: "withheld"}``, so numbers stay whole.
A de-identified view gets what carries no free text, with every UID as its grant's images
carry it (``imaging.projection``); points in patient space stay, as they do in its images.
Names that a browser or a model chose pass only where they are of a list or a form we know.
There is no way back yet from mapped UIDs to the room's, so such a view cannot point,
measure or present; and what cannot be projected is withheld.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from apps.ai.choices import DismissalReason
from apps.annotations.choices import SITES, MeasurementKind
from apps.cases.access import Standing
from apps.imaging.projection import Projection

Json = dict[str, Any]
Guise = Literal["identified", "deidentified", "none"]

PASSES_DEIDENTIFIED = frozenset(
    {
        "agenda.moved",
        "ai.revealed",
        "attendance.changed",
        "attendance.removed",
        "case.changed",
        "clock.changed",
        "decision.drafted",
        "decision.signed",
        "decision.voted",
        "finding.exported",
        "finding.opinion",
        "finding.reviewed",
        "findings.added",
        "job.changed",
        "key_image.added",
        "key_image.removed",
        "lesion.put",
        "lesion.removed",
        "lesion.revised",
        "measurement.put",
        "measurement.removed",
        "measurement.revised",
        "presenter.ask_ended",
        "presenter.asked",
        "presenter.changed",
        "quorum.changed",
        "segmentation.put",
        "segmentation.removed",
        "segmentation.revised",
        "stage.keyframe",
        "study.linked",
        "study.progress",
        "study.ready",
        "tour.changed",
        "votes.called",
    }
)
AI_KINDS = frozenset(
    {"finding.exported", "finding.opinion", "finding.reviewed", "findings.added", "job.changed"}
)
AI_OVERLAY = "finding:"
"""How our browser names what a finding draws; hidden with the finding."""

UID_FIELDS = frozenset(
    {
        "frame_of_reference_uid",
        "series_instance_uid",
        "sop_instance_uid",
        "study_instance_uid",
        "tracking_uid",
    }
)
BRUSHES = ("brush", "eraser", "threshold")
FREE_TEXT_FIELDS = frozenset({"label", "note"})
HANDS = ("window", "pan", "zoom", "scroll", "crosshair", "magnify", "laser")
KNOWN_TOOLS = frozenset({*HANDS, *BRUSHES, *MeasurementKind.values})
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
KNOWN_OVERLAY = re.compile(
    f"finding:{_UUID}|segment:{_UUID}:[0-9]{{1,5}}:{_UUID}"
    f"|structure:{_UUID}:[0-9]{{1,10}}|dose:{_UUID}|drawn:{_UUID}:[0-9]{{1,5}}"
)
"""How our browser names overlays (``viewer/stage.ts``); another client may write any word."""


@dataclass(frozen=True, slots=True)
class View:
    """A key: everybody with the same view gets the same bytes. UIDs are mapped per grant."""

    guise: Guise
    embargoed: bool = False
    grant_id: UUID | None = None

    @property
    def mapping(self) -> Projection | None:
        """How this view sees UIDs; ``None`` where it sees them as they are, or nothing."""
        return None if self.grant_id is None else _mapping_of(self.grant_id)


NOTHING = View(guise="none")


def view_of(*, standing: Standing | None, embargoed: bool) -> View:
    if standing is None:
        return NOTHING
    if not standing.is_deidentified:
        return View("identified", embargoed)
    if standing.grant_id is None:
        return NOTHING
    return View("deidentified", embargoed, standing.grant_id)


@lru_cache(maxsize=256)
def _mapping_of(grant_id: UUID) -> Projection:
    return Projection(grant_id=grant_id)


def project_event(event: Json, *, view: View) -> Json:
    if not _passes(kind=event["kind"], view=view):
        return {"type": "event", "kind": "withheld", "seq": event["seq"]}
    payload = event["payload"]
    if event["kind"] == "stage.keyframe":
        return {
            **event,
            "payload": {**payload, "stage": project_stage(payload["stage"], view=view)},
        }
    if view.mapping is None:
        return event
    return {**event, "payload": map_identifiers(payload, mapping=view.mapping)}


def _passes(*, kind: str, view: View) -> bool:
    if view.guise == "none" or (view.embargoed and kind in AI_KINDS):
        return False
    return view.guise == "identified" or kind in PASSES_DEIDENTIFIED


def project_snapshot(snapshot: Json | None, *, view: View) -> Json | None:
    if snapshot is None or view.guise == "none":
        return None
    shown = dict(snapshot)
    if view.embargoed:
        shown["findings"] = []
    if view.mapping is not None:
        shown = {**map_identifiers(shown, mapping=view.mapping), "chat": []}
    return shown


def project_stage(frame: Json | None, *, view: View) -> Json | None:
    if frame is None or view.guise == "none":
        return None
    shown = _without_ai(frame) if view.embargoed else frame
    return shown if view.mapping is None else map_identifiers(shown, mapping=view.mapping)


def _without_ai(frame: Json) -> Json:
    """The same picture without what findings draw, whoever put it there."""
    state = frame["state"]
    focus = state.get("focus")
    viewports = [
        place and {**place, "overlays": _without_findings(place["overlays"])}
        for place in state["viewports"]
    ]
    points_at_ai = focus is not None and focus["kind"] == "finding"
    shown = {**state, "viewports": viewports, "focus": None if points_at_ai else focus}
    return {**frame, "state": shown}


def _without_findings(overlays: list[str]) -> list[str]:
    return [one for one in overlays if not one.startswith(AI_OVERLAY)]


def project_presence(person: Json, *, view: View) -> Json:
    """Somebody else's presence, as this view may see it."""
    if view.guise == "none":
        return {**person, "pointer": None, "tool": None, "looks_at": None}
    return person if view.mapping is None else map_identifiers(person, mapping=view.mapping)


def admit_presence(person: Json, *, view: View) -> Json:
    """What somebody with this view may say: places only in images they see as the room does."""
    return person if view.guise == "identified" else {**person, "pointer": None, "looks_at": None}


def map_identifiers(value: Any, *, mapping: Projection) -> Any:
    """``value`` with every UID as the grant's images carry it, and without words of anybody's."""
    if isinstance(value, list):
        return [map_identifiers(one, mapping=mapping) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _map_field(name, one, mapping=mapping) for name, one in value.items()}


def _map_field(name: str, value: Any, *, mapping: Projection) -> Any:
    if name in UID_FIELDS and isinstance(value, str):
        return mapping.uid(value)
    if name in FREE_TEXT_FIELDS:
        return ""
    if name == "site":  # or somebody's own words
        return value if value in SITES else ""
    if name == "hanging":  # a protocol's key may be a word of a person
        return None
    if name == "overlays":
        return [one for one in value if KNOWN_OVERLAY.fullmatch(one)]
    if name == "tool":
        return value if value in KNOWN_TOOLS else None
    if name == "reason_code":  # a job's is the model's own word
        return value if value in DismissalReason.values else None
    return map_identifiers(value, mapping=mapping)
