"""What a guise sees of names that others chose, and what it may say (LIVE-A2)."""

from datetime import timedelta
from typing import Any, get_args
from uuid import uuid4

import pytest
from django.utils import timezone
from pydantic import BaseModel

from apps.cases.choices import Capacity, GrantSource, Guise
from apps.cases.models import CaseGrant
from apps.cases.services import grant_access
from apps.imaging.projection import Projection
from apps.live import projections
from apps.live.models import LiveSession
from apps.live.projections import View, map_identifiers, project_event, project_presence
from apps.live.protocol.events import EventBase
from apps.live.protocol.server import PersonPresence, Snapshot
from apps.live.protocol.stage import StageFrame
from tests.apps.live.conftest import Connect, call
from tests.live_client import pointer, stage
from tests.people import SYSTEM, CaseTeam
from tests.scans import Scan

pytestmark = pytest.mark.django_db(transaction=True)

GUEST = View(guise="deidentified", grant_id=uuid4())


# ── names that somebody chose ─────────────────────────────────────────────────────────


def test_LIVE_A2_overlays_and_tools_pass_a_guise_only_by_names_we_know() -> None:
    ours = [f"finding:{uuid4()}", f"segment:{uuid4()}:12:{uuid4()}"]
    ours += [f"structure:{uuid4()}:4711", f"dose:{uuid4()}"]
    theirs = ["Mrs-Doe", "finding:Doe", "segment:1.2.840.1:1:1.2.840.2", f"{ours[0]}:Doe"]
    theirs += ["dose:Doe", f"structure:{uuid4()}:GTV Doe"]
    frame = stage("1.2.3", epoch=1, rev=1)
    frame["state"]["viewports"][0]["overlays"] = ours + theirs
    shown = projections.project_stage(frame, view=GUEST)
    assert shown is not None
    assert shown["state"]["viewports"][0]["overlays"] == ours
    for tool, seen in (("length", "length"), ("mrs-doe", None), (None, None)):
        assert project_presence({**pointer(), "tool": tool}, view=GUEST)["tool"] == seen
    nothing = project_presence({**pointer(), "tool": "mrs-doe"}, view=View(guise="none"))
    assert (nothing["tool"], nothing["pointer"]) == (None, None)


def test_LIVE_A2_a_fused_series_is_named_as_the_guest_knows_it() -> None:
    frame = stage("1.2.3", epoch=1, rev=1)
    frame["state"]["viewports"][0]["fusion"] = {"series_instance_uid": "1.2.3.4", "stack": 1}
    shown = projections.project_stage(frame, view=GUEST)
    assert shown is not None and GUEST.mapping is not None
    fusion = shown["state"]["viewports"][0]["fusion"]
    assert fusion == {"series_instance_uid": GUEST.mapping.uid("1.2.3.4"), "stack": 1}
    assert fusion["series_instance_uid"] != "1.2.3.4"


def test_LIVE_A2_a_models_own_reason_stays_with_those_who_see_the_patient() -> None:
    payload = {"state": "failed", "reason_code": "mrs-doe", "series_instance_uid": "1.2.3"}
    event = {"type": "event", "kind": "job.changed", "seq": 1, "payload": payload}
    assert project_event(event, view=GUEST)["payload"]["reason_code"] is None
    assert project_event(event, view=View(guise="identified")) == event
    known = {"finding": {}, "reason_code": "duplicate"}
    assert map_identifiers(known, mapping=GUEST.mapping) == known


NAMES_NOBODY = {
    # numbers of ours, states and kinds of closed lists, times
    "id", "case", "case_id", "agenda_item", "user", "op_id", "actor", "entity", "entity_id",
    "job", "lesion", "at", "created_at", "updated_at", "kind", "type", "state", "status", "stance",
    "layer", "role", "quantity", "unit", "basis", "problem", "reason", "activity", "discipline",
    "projection", "colormap", "preset", "mode", "axis", "move",
    # a hanging's, which is withheld
    "key",
    "how", "needs",
    "arrived_at", "left_at",
    # a unit of a closed list (imaging/real_world.py)
    "ucum",
    # people of the house, never a patient
    "display_name",
    # anything: what may be in them is checked with the events (tests/contracts)
    "payload",
    # withheld or filtered above
    "chat", "text", "overlays", "tool", "reason_code", "site",
}  # fmt: skip


def test_LIVE_A2_every_text_on_the_wire_is_mapped_withheld_or_of_a_closed_list() -> None:
    """A new field that can hold words is nobody's by default: it must be placed here or mapped."""
    found: set[str] = set()
    for model in (Snapshot, StageFrame, PersonPresence, *EventBase.__subclasses__()):
        found |= set(_text_fields(model))
    assert found - projections.UID_FIELDS - projections.FREE_TEXT_FIELDS <= NAMES_NOBODY


def _text_fields(model: type[BaseModel]) -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        inner = list(_types(field.annotation))
        models = [one for one in inner if isinstance(one, type) and issubclass(one, BaseModel)]
        for one in models:
            found |= _text_fields(one)
        if not models and any(one not in (int, float, bool, type(None)) for one in inner):
            found.add(name)
    return found


def _types(annotation: Any) -> Any:
    annotation = getattr(annotation, "__value__", annotation)
    inner = [one for one in get_args(annotation) if not isinstance(one, str)]
    if hasattr(annotation, "__metadata__"):
        yield from _types(annotation.__origin__)
    elif inner:
        for one in inner:
            yield from _types(one)
    elif annotation is not ...:
        yield annotation


# ── the way back: there is none ───────────────────────────────────────────────────────


async def test_LIVE_A2_a_guest_speaks_of_no_image_in_whatever_uids(
    connect: Connect, team: CaseTeam, scan: Scan
) -> None:
    """Its own UIDs and the room's are refused alike: the answer tells nobody which is which."""
    grant = await call(CaseGrant.objects.get, user=team.people["consultant"])
    mapping = Projection(grant_id=grant.pk)
    chair, guest = await connect("chair"), await connect("consultant")
    answers = []
    for uid in (mapping.uid, str):
        drawn = {
            "id": str(uuid4()),
            "kind": "length",
            "study_instance_uid": uid(scan.study_instance_uid),
            "series_instance_uid": uid(scan.series_instance_uid),
            "sop_instance_uid": uid(scan.slices[0]),
            "frame_of_reference_uid": uid(scan.frame_of_reference_uid),
            "points_lps": [[0.0, 0.0, 100.0], [9.0, 0.0, 100.0]],
        }
        ack = await guest.op("measurement.put", drawn)
        answers.append((ack["outcome"], ack["code"], ack["message"], ack["current"]))
        for kind in ("stage.update", "stage.keyframe"):
            await guest.send(stage(uid(scan.study_instance_uid), epoch=1, rev=1, kind=kind))
        said = pointer()
        said["pointer"]["series_instance_uid"] = uid(scan.series_instance_uid)
        await guest.send(said)
        delta = await chair.until("presence.delta", where=lambda m: bool(m["changed"]))
        assert delta["changed"][0]["pointer"] is None
    assert answers[0] == answers[1]
    assert answers[0][:2] == ("rejected", "deidentified_only")
    await chair.quiet(of="stage")
    assert not any(one["type"] == "stage" for one in chair.seen)


async def test_LIVE_A3_a_retried_op_brings_nothing_of_the_guise_one_had(
    connect: Connect, team: CaseTeam, session: LiveSession, scan: Scan
) -> None:
    """Refused with what stood when identified; asked again de-identified, without."""
    drawn = {
        "id": str(uuid4()),
        "kind": "length",
        "study_instance_uid": scan.study_instance_uid,
        "series_instance_uid": scan.series_instance_uid,
        "sop_instance_uid": scan.slices[0],
        "frame_of_reference_uid": scan.frame_of_reference_uid,
        "points_lps": [
            scan.point_lps(index=0, column=3, row=4),
            scan.point_lps(index=0, column=9, row=4),
        ],
        "label": "Mrs Doe",
    }
    reader = await connect("radiologist")
    assert (await reader.op("measurement.put", drawn))["outcome"] == "committed"
    stale = {"op_id": uuid4(), "entity": drawn["id"], "entity_version": 9}
    first = await reader.op("measurement.remove", {}, **stale)
    assert first["current"]["label"] == "Mrs Doe"
    await call(_turn_into_guest, team, "radiologist")
    await reader.until("access.changed", where=lambda m: m["projection"] == "deidentified")
    heard = len(reader.texts)
    again = await reader.op("measurement.remove", {}, **stale)
    assert (again["code"], again["current"]) == (first["code"], None)
    assert "Doe" not in "".join(reader.texts[heard:])


def _turn_into_guest(team: CaseTeam, who: str) -> None:
    user = team.people[who]
    CaseGrant.objects.filter(user=user).update(revoked_at=timezone.now())
    grant_access(
        actor=SYSTEM,
        case_id=team.case_id,
        user_id=user.pk,
        capacity=Capacity.CONSULTANT,
        guise=Guise.DEIDENTIFIED,
        source=GrantSource.CONSULT,
        source_id="consult-2",
        expires_at=timezone.now() + timedelta(days=1),
    )
