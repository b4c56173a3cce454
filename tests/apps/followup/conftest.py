import pytest

from tests.apps.followup.scene import Scene, make_scene


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return make_scene(monkeypatch)
