"""Settings from the environment: typed, or one clear line."""

import pytest

from apps.core import env


def test_database_url_with_a_socket_directory() -> None:
    parsed = env.parse_database_url("postgresql://u:p%40ss@/name?host=%2Fvar%2Frun&sslmode=require")
    assert parsed["HOST"] == "/var/run"
    assert parsed["PASSWORD"] == "p@ss"
    assert parsed["OPTIONS"] == {"sslmode": "require"}


@pytest.mark.parametrize("url", ["mysql://u@h/n", "sqlite:///x", "postgres://u@h/"])
def test_unusable_database_urls_are_refused(url: str) -> None:
    with pytest.raises(env.EnvError):
        env.parse_database_url(url)


def test_a_number_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eight")
    with pytest.raises(env.EnvError, match="PORT='eight' is not a whole number"):
        env.read_int("PORT", 8000)


def test_a_truth_that_is_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSILIUM_DEBUG", "maybe")
    with pytest.raises(env.EnvError):
        env.read_bool("CONSILIUM_DEBUG")


def test_rates_by_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATES", "op=10/30, stage=0.5/1")
    assert env.read_rates("RATES") == {"op": (10.0, 30), "stage": (0.5, 1)}
    monkeypatch.setenv("RATES", "")
    assert env.read_rates("RATES") == {}


@pytest.mark.parametrize("text", ["op", "op=10", "op=a/3", "op=10/0", "op=-1/3", "op=nan/3"])
def test_rates_that_are_none(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATES", text)
    with pytest.raises(env.EnvError, match="RATES"):
        env.read_rates("RATES")
