"""Registrations of a case, for whoever sees the case identified; nobody else knows of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import numpy as np

from apps.cases.policies import require_standing
from apps.core.actors import Actor
from apps.imaging.archive import open_series
from apps.imaging.choices import SeriesKind
from apps.imaging.evicted import explain_absence
from apps.imaging.models import Instance
from apps.imaging.registrations.header import Link, RegistrationHeader, read_registration

SAME_PLACE_MM = 0.1
"""Two registrations agree when they move the corners of a patient by no more than this."""
PATIENT_MM = 500.0


@dataclass(frozen=True, slots=True)
class RegistrationInCase:
    """One registration object with its links, the newest of each pair first in force."""

    row: Instance
    header: RegistrationHeader
    superseded: frozenset[int]  # places of links that a newer object says otherwise
    unsure: frozenset[int]  # places of links in force that an older object contradicts


def list_case_registrations(*, actor: Actor, case_id: UUID) -> list[RegistrationInCase]:
    """Registrations in the case's studies, the newest first; none for a de-identified viewer."""
    standing = require_standing(actor=actor, case_id=case_id)
    if standing.is_deidentified:
        return []
    rows = (
        Instance.objects.filter(
            series__kind=SeriesKind.REG,
            study__case_studies__case_id=case_id,
            study__ready_at__isnull=False,
            series__evicted_at__isnull=True,
        )
        .exclude(series__archive_key="")
        .select_related("series", "series__study")
    )
    read = [(row, _read(row)) for row in rows]
    read.sort(key=lambda one: _newness(one[1]), reverse=True)
    return _judge(read)


def _read(row: Instance) -> RegistrationHeader:
    try:
        return _headers(row.series.archive_key)[row.sop_instance_uid]
    except FileNotFoundError:
        raise explain_absence(row.series.archive_key) from None


def _newness(header: RegistrationHeader) -> tuple[str, str, str]:
    return header.content_date, header.content_time, header.sop_instance_uid


def _judge(read: Sequence[tuple[Instance, RegistrationHeader]]) -> list[RegistrationInCase]:
    """Of several links between the same two frames of reference the newest is in force."""
    in_force: dict[frozenset[str], tuple[int, int, Link]] = {}
    superseded: list[set[int]] = [set() for _ in read]
    unsure: list[set[int]] = [set() for _ in read]
    for at, (_, header) in enumerate(read):
        for place, link in enumerate(header.links):
            if link.matrix is None:
                continue
            pair = frozenset(
                (link.source_frame_of_reference_uid, link.target_frame_of_reference_uid)
            )
            known = in_force.get(pair)
            if known is None:
                in_force[pair] = (at, place, link)
                continue
            superseded[at].add(place)
            if not _agree(known[2], link):
                unsure[known[0]].add(known[1])
    return [
        RegistrationInCase(row, header, frozenset(superseded[at]), frozenset(unsure[at]))
        for at, (row, header) in enumerate(read)
    ]


def _agree(one: Link, other: Link) -> bool:
    first, second = (np.asarray(link.matrix).reshape(4, 4) for link in (one, other))
    if one.source_frame_of_reference_uid != other.source_frame_of_reference_uid:
        second = np.linalg.inv(second)
    corners = np.array([[x, y, z, 1.0] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * [
        PATIENT_MM,
        PATIENT_MM,
        PATIENT_MM,
        1.0,
    ]
    away = (corners @ first.T - corners @ second.T)[:, :3]
    return bool(np.linalg.norm(away, axis=1).max() <= SAME_PLACE_MM)


@lru_cache(maxsize=256)
def _headers(archive_key: str) -> dict[str, RegistrationHeader]:
    """Of one series by SOP Instance UID; archives are immutable."""
    found = [read_registration(document) for document in open_series(archive_key).metadata()]
    return {header.sop_instance_uid: header for header in found}
