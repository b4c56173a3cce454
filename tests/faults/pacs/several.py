"""A second PACS beside the first, and what the house says of where images came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.imaging import services
from apps.imaging.models import SeriesOrigin, Study
from tests.apps.imaging.dicom import read_bytes, to_bytes
from tests.faults.fake_pacs import FakePacs
from tests.people import SYSTEM

Serve = Callable[..., FakePacs]


@pytest.fixture()
def serve(db: None) -> Iterator[Serve]:
    """Another PACS of the house, asked after the first."""
    servers: list[FakePacs] = []

    def start(objects: list[bytes], *, name: str = "second", **fields: Any) -> FakePacs:
        server = FakePacs(objects)
        servers.append(server)
        services.create_connection(
            actor=SYSTEM, name=name, base_url=server.base_url, **({"priority": 200} | fields)
        )
        return server

    yield start
    for server in servers:
        server.stop()


def away(pacs: FakePacs) -> None:
    pacs.fault = lambda c, kind, body: (c.close(), True)[1]


def refused_by(study: Study) -> list[str]:
    entries = AuditEntry.objects.filter(action="study.stand_in_refused", entity_id=study.pk)
    return [one.details["code"] for one in entries.order_by("pk")]


def fetched_from(study: Study) -> dict[str, int]:
    rows = SeriesOrigin.objects.filter(series__study=study)
    counts: dict[str, int] = {}
    for name, objects in rows.values_list("pacs__name", "objects_fetched"):
        counts[name] = counts.get(name, 0) + objects
    return counts


def remade(objects: list[bytes], **fields: Any) -> list[bytes]:
    """The same UIDs with other elements."""
    made = []
    for raw in objects:
        dataset = read_bytes(raw)
        for name, value in fields.items():
            setattr(dataset, name, value)
        made.append(to_bytes(dataset))
    return made
