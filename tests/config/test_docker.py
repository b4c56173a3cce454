"""The deployment files, as far as they can be held to account without a container engine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.supervisor.orthanc import OrthancServer
from config.supervisor.programs import list_programs

BASE = Path(__file__).resolve().parents[2]
DOCKER = BASE / "docker"
OWN = ("web", "migrate", "worker", "beat", "ticker", "worker-ai", "worker-gpu")


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    compose: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yml").read_text("utf-8"))
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (DOCKER / "Dockerfile").read_text("utf-8").replace("\\\n", " ")


def test_compose_keeps_its_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    outcome = subprocess.run(
        [*command, str(DOCKER / "compose.yml")], capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_compose_runs_what_the_supervisor_runs(services: dict[str, dict[str, Any]]) -> None:
    supervised = {p.name for p in list_programs(bind="", port=0, run_directory=Path())}
    assert supervised <= set(services)


def test_the_web_is_started_alike(dockerfile: str) -> None:
    (web, *_) = list_programs(bind="0.0.0.0", port=8000, run_directory=Path())
    (container,) = re.findall(r'CMD (\["uvicorn".*?\])', dockerfile, re.DOTALL)
    flags = ("--ws", "--ws-max-size", "--ws-per-message-deflate", "--http", "--loop")
    in_container = json.loads(container)
    for flag in flags:
        theirs = in_container[in_container.index(flag) + 1]
        assert theirs == web.command[web.command.index(flag) + 1], flag


@pytest.mark.parametrize("name", OWN)
def test_our_containers_can_do_little(services: dict[str, dict[str, Any]], name: str) -> None:
    service = services[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert "user" not in service  # the image's own, which is not root


def test_only_nginx_is_reachable_and_only_from_here_by_default(
    services: dict[str, dict[str, Any]],
) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert set(published) == {"nginx"}
    assert all(port.startswith("127.0.0.1:") for port in published["nginx"])


def test_data_stores_have_no_way_out(services: dict[str, dict[str, Any]]) -> None:
    compose = yaml.safe_load((DOCKER / "compose.yml").read_text("utf-8"))
    assert compose["networks"]["inner"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert services[name]["networks"] == ["inner"]


def test_foreign_images_are_pinned_to_a_version(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        image = re.sub(r"^\$\{[A-Z_]+:-(.*)\}$", r"\1", service["image"])
        if not image.startswith("consilium-"):
            assert re.search(r":\d+\.?\d*", image), f"{name}: {image}"


def test_every_target_exists(services: dict[str, dict[str, Any]], dockerfile: str) -> None:
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", dockerfile, re.MULTILINE))
    targets = {s["build"]["target"] for s in services.values() if "build" in s}
    assert targets == {"web", "worker", "worker-ai", "worker-gpu"}
    assert targets <= stages


def test_final_images_are_not_root(dockerfile: str) -> None:
    stages = re.findall(r"^FROM (\S+) AS (\S+)$", dockerfile, re.MULTILINE)
    bases = {name: base for base, name in stages}
    for target in ("web", "worker", "worker-ai", "worker-gpu"):
        stage = target
        while stage in bases and stage != "house":
            stage = bases[stage]
        assert stage == "house", target
    users = re.findall(r"^USER (\S+)$", dockerfile, re.MULTILINE)
    assert users == ["consilium"]
    assert (
        "\nUSER consilium\n" in dockerfile.split(" AS house\n")[1].split("\nFROM ", maxsplit=1)[0]
    )


def test_packages_come_by_hash_except_torch(dockerfile: str) -> None:
    installs = re.findall(r"pip install ([^\n&]*)", dockerfile)
    assert len(installs) == 3
    without = [line for line in installs if "--require-hashes" not in line]
    assert len(without) == 1
    assert "torch.txt" in without[0]


def test_nothing_names_a_registry_or_keeps_a_secret(dockerfile: str) -> None:
    texts = [dockerfile, (DOCKER / "compose.yml").read_text("utf-8")]
    for text in texts:
        assert "https://" not in text.replace("https://localhost", "")
        assert not re.search(r"(?i)password:\s*[a-z0-9]+\s*$", text, re.MULTILINE)


def test_orthanc_is_closed_like_the_one_of_the_demo(tmp_path: Path) -> None:
    grown = json.loads((DOCKER / "orthanc.json").read_text("utf-8"))
    embedded = OrthancServer(root=tmp_path / "orthanc").configuration()
    same = (
        "HttpCompressionEnabled",
        "AuthenticationEnabled",
        "DicomServerEnabled",
        "ExecuteLuaEnabled",
        "OverwriteInstances",
        "DicomWeb",
    )
    assert {key: grown[key] for key in same} == {key: embedded[key] for key in same}
