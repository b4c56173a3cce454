"""A list as a referring clinic sends it: some rows are ready, one asks, one is wrong."""

from __future__ import annotations

from apps.boards.models import Board
from apps.core.actors import Actor
from apps.demo.dicom.common import ISSUER
from apps.demo.hospital.recipes import PATIENTS
from apps.intake import services
from apps.intake.models import IntakeList

HEADINGS = "PatID;Name;Geburtsdatum;Geschlecht;Tumorentität;Fragestellung;ECOG;Dringlichkeit"
NEW = (
    "LST-1001;Poplar, Phantom;03.02.1957;m;Lunge;Wedge resection after response?;1;normal",
    "LST-1002;Rowan, Phantom;28.11.1962;w;Lunge;Stage and first treatment?;0;bald",
    "LST-1003;Sorrel, Phantom;1949-07-15;w;Lunge;Suitable for radiotherapy?;2;normal",
    "LST-1004;Tamarack, Phantom;31.02.1970;m;Leber;Resectable?;1;normal",
)
"""The last one's birth date is none of the calendar."""


def receive_demo_list(*, actor: Actor, board_name: str) -> None:
    """Once; nothing of it is confirmed, so no case comes of it."""
    if IntakeList.objects.exists():
        return
    known = PATIENTS["birch"]  # has an open case: somebody has to say which is meant
    born = f"{known.birth_date[6:]}.{known.birth_date[4:6]}.{known.birth_date[:4]}"
    row = f"{known.patient_id};Birch, Phantom;{born};w;Lunge;New nodule since the last CT?;1;bald"
    content = "\r\n".join([HEADINGS, row, *NEW]).encode("cp1252")
    made = services.receive_list(
        actor=actor,
        board_id=Board.objects.get(name=board_name).pk,
        content=content,
        file_name="chest-clinic.csv",
    )
    services.map_list(
        actor=actor, intake_list_id=made.pk, version=made.version, changes={"issuer": ISSUER}
    )
