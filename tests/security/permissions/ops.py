"""One op of the live session of each kind, as somebody who may would send it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.annotations.models import KeyImage, Lesion, Measurement
from apps.boards.models import Decision
from apps.live import services
from apps.live.protocol import client_messages
from tests.security.permissions.hospital import Hospital

Json = dict[str, Any]

DOORS = frozenset(
    {
        "forbidden", "not_found", "deidentified_only", "wrong_discipline", "trainee",
        "lobby_waiting", "ask_the_chair", "ask_the_presenter", "person_needed", "place",
    }
)  # fmt: skip
"""Codes of those who may not; every other code is about what was sent, or its state."""

NO_LEASE = "lease_required"
"""Asked before who may paint: only they are ever given the lease."""


class _Undo(Exception):
    pass


def asked(house: Hospital) -> dict[str, Json]:
    """Payload, entity and version of each kind."""
    scan, item = house.scan, str(house.item.pk)
    person = str(house.own.people["surgeon"].pk)
    place = {
        "id": str(uuid4()),
        "study_instance_uid": scan.study_instance_uid,
        "series_instance_uid": scan.series_instance_uid,
        "sop_instance_uid": scan.slices[2],
    }
    drawing = {
        **place,
        "kind": "length",
        "frame_of_reference_uid": scan.frame_of_reference_uid,
        "points_lps": [
            scan.point_lps(index=2, column=10, row=20),
            scan.point_lps(index=2, column=30, row=20),
        ],
    }
    lesion = {"label": "L2", "site": "", "role": "target", "is_node": False}
    measurement = _of(Measurement, house.ids["measurement_id"])
    mark = _of(KeyImage, house.ids["key_image_id"])
    known = _of(Lesion, house.ids["lesion_id"])
    decision = _of(Decision, house.ids["decision_id"])
    finding = {  # accepted once: version 2
        "entity": house.ids["finding_id"],
        "entity_version": 2,
    }
    painted = {"entity": house.ids["segmentation_id"]}
    return {
        "measurement.put": {"payload": drawing},
        "measurement.revise": {"payload": {"label": "Renamed"}, **measurement},
        "measurement.remove": {"payload": {}, **measurement},
        "measurement.assign": {"payload": {"lesion": None}, **measurement},
        "key_image.add": {"payload": place},
        "key_image.remove": {"payload": {}, **mark},
        "lesion.put": {"payload": {"id": str(uuid4()), **lesion}},
        "lesion.revise": {"payload": lesion, **known},
        "lesion.remove": {"payload": {}, **known},
        "segmentation.revise": {"payload": {"parent": 0, "sha256": "0" * 64}, **painted},
        "segmentation.revert": {"payload": {"parent": 0, "revision": 0}, **painted},
        "finding.accept": {"payload": {}, **finding},
        "finding.dismiss": {"payload": {"reason_code": "wrong-location"}, **finding},
        "finding.defer": {"payload": {}, **finding},
        "finding.opinion": {"payload": {"decision": "accepted"}, **finding},
        "agenda.goto": {"payload": {"agenda_item": item}},
        "ai.reveal": {"payload": {"agenda_item": item}},
        "timer.set": {"payload": {"agenda_item": item, "move": "add", "minutes": 1}},
        "decision.draft": {
            "payload": {"recommendations": [{"text": "Resect"}], "consensus": "consensus"},
            **decision,
        },
        "decision.vote": {
            "payload": {"stance": "agree", "text_version": 1},
            "entity": decision["entity"],
        },
        "votes.call": {"payload": {}, "entity": decision["entity"]},
        "chat.post": {"payload": {"text": "Hello."}},
        "presenter.ask": {"payload": {"asking": True}},
        "presenter.decline": {"payload": {"user": person}},
        "presenter.grant": {"payload": {"user": person}},
    }


def submit(house: Hospital, *, user: User, kind: str) -> tuple[str, str]:
    """What becomes of it; nothing is kept."""
    op = client_messages.validate_python(
        {"type": "op.submit", "op_id": str(uuid4()), "kind": kind, **asked(house)[kind]}
    )
    person = User.objects.prefetch_related("roles").get(pk=user.pk)
    try:
        with transaction.atomic():
            ack = services.submit_op(
                actor=actor_for(user=person), session_id=house.session.pk, op=op
            )
            raise _Undo
    except _Undo:
        return ack.outcome, ack.code or ""


def _of(model: Any, key: str) -> Json:
    return {"entity": key, "entity_version": model.objects.get(pk=key).version}
