"""`.env.example` names what the code reads, all of it and nothing else."""

import re
from pathlib import Path

BASE = Path(__file__).resolve().parents[2]
READ_BY_SETTINGS = re.compile(r'read_(?:str|bool|int|list|path|rates)\(\s*"([A-Z][A-Z0-9_]*)"')
READ_DIRECTLY = re.compile(r'environ(?:\.get\(|\[)"([A-Z][A-Z0-9_]*)"')
READ_BY_COMPOSE = re.compile(r"(?<!\$)\$\{([A-Z][A-Z0-9_]*)")
NOT_OURS = {"FORCE_COLOR", "NO_COLOR", "PATH", "DJANGO_SETTINGS_MODULE", "PYTHONPATH"}


def documented() -> set[str]:
    lines = (BASE / ".env.example").read_text("utf-8").splitlines()
    return {line.partition("=")[0] for line in lines if line and not line.startswith("#")}


def read_by_code() -> set[str]:
    names: set[str] = set()
    for folder in ("apps", "config"):
        for path in (BASE / folder).rglob("*.py"):
            text = path.read_text("utf-8")
            names |= set(READ_BY_SETTINGS.findall(text)) | set(READ_DIRECTLY.findall(text))
    compose = (BASE / "docker" / "compose.yml").read_text("utf-8")
    return (names | set(READ_BY_COMPOSE.findall(compose))) - NOT_OURS


def test_every_setting_that_is_read_is_documented() -> None:
    assert read_by_code() - documented() == set()


def test_nothing_is_documented_that_nobody_reads() -> None:
    assert documented() - read_by_code() == set()


def test_no_secret_has_a_default() -> None:
    text = (BASE / ".env.example").read_text("utf-8")
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "ORTHANC_PASSWORD"):
        assert re.search(rf"^{name}=$", text, re.MULTILINE), name
