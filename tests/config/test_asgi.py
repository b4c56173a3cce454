"""What the web process does at its start."""

import gc
from collections.abc import Iterator

import pytest

from config.asgi import application


@pytest.fixture()
def collector() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


async def test_what_lives_as_long_as_the_process_is_set_aside_from_the_collector(
    collector: None,
) -> None:
    said = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    heard = []

    async def receive() -> dict[str, str]:
        return said.pop(0)

    async def send(message: dict[str, str]) -> None:
        heard.append(message["type"])

    gc.unfreeze()
    await application({"type": "lifespan"}, receive, send)
    assert heard == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert gc.get_freeze_count() > 100_000  # Django, its views and their libraries
    assert len(gc.get_objects()) < 10_000
