"""Maps of a job: encoded once, kept, and sent with its accepted findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydicom.dataset import Dataset

from apps.ai import storage
from apps.ai.analyses.results import ValueMap
from apps.ai.drafts import MapDraft
from apps.ai.encoding.parametric_map import MapUids, encode_parametric_map
from apps.ai.models import Job, ResultMap
from apps.ai.objects import describe_algorithm, job_key

MAP_SERIES_NUMBER = 9005


def draft_maps(
    *,
    job: Job,
    maps: Sequence[ValueMap],
    headers: Sequence[Dataset],
    parameters: dict[str, Any],
) -> list[MapDraft]:
    """Encode the maps and keep their bytes; the database is not touched."""
    if job.first_started_at is None:
        raise ValueError("A job that never started has no results.")
    drafts = []
    for number, value_map in enumerate(maps, start=1):
        uids = MapUids.derive(job_key=job_key(job=job), number=number)
        content = encode_parametric_map(
            source_headers=headers,
            value_map=value_map,
            algorithm=describe_algorithm(job=job, parameters=parameters),
            uids=uids,
            number=number,
            series_number=MAP_SERIES_NUMBER,
            content_at=job.first_started_at,
        )
        drafts.append(
            MapDraft(
                label=value_map.label,
                quantity=value_map.quantity.as_dict(),
                unit=value_map.unit.as_dict(),
                sop_instance_uid=uids.instance,
                object_sha256=storage.put_bytes(content=content),
            )
        )
    return drafts


def read_maps(*, job_id: UUID) -> list[bytes]:
    """The Parametric Maps of a job: they go to the PACS with each of its accepted findings."""
    found = ResultMap.objects.filter(job_id=job_id).values_list("object_sha256", flat=True)
    return [storage.get_bytes(sha256=sha256) for sha256 in found]
