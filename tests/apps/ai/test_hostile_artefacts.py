"""Hostile bundles, one list. Each is refused by name at the door, or contained when it runs.

A canary stands where each wants to go: ports that stand for database, Valkey and PACS, files
to read and to write. After every artefact it must be untouched.
"""

import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from apps.ai import services
from apps.ai.bundle_archive import unpack_bundle
from apps.ai.bundle_errors import BundleError
from apps.ai.bundle_manifest import read_manifest
from apps.ai.models import ModelVersion
from apps.ai.runner.client import ModelRunner, RunnerError, RunnerLimits
from tests.apps.ai import archives
from tests.apps.ai.bundles import INFERENCE, SIDE_CAR, write_bundle, write_side_car
from tests.apps.ai.canary import Canary, canary
from tests.apps.ai.hostile_scripts import ACTS, ANSWERS, GREEDY, LIAR, PROBE
from tests.apps.ai.test_bundle_documents import BOMB, Payload
from tests.apps.ai.test_runner import bundle_request, run
from tests.apps.ai.world import INSTALLER

__all__ = ["canary"]


def test_the_canary_sings(canary):
    """A check that nothing else makes: what these tests rely on does notice."""
    socket.create_connection(("127.0.0.1", canary.port("pacs")), 2).close()
    while not canary.visits:
        canary.over.wait(0.05)
    with pytest.raises(AssertionError):
        canary.assert_untouched()


# --- refused at the door ---------------------------------------------------------------------


def packed(*entries: tuple[Any, bytes]) -> Callable[[Path, Canary], Path]:
    return lambda place, canary: archives.pack(place / "evil.zip", *entries)


def slip(place: Path, canary: Canary) -> Path:
    way = os.path.relpath(canary.root / "written", place / "store" / "out")
    return archives.pack(place / "evil.zip", (way, b"x"))


def absolute_slip(place: Path, canary: Canary) -> Path:
    return archives.pack(place / "evil.zip", (str(canary.root / "written"), b"x"))


def slip_through_link(place: Path, canary: Canary) -> Path:
    target = str(canary.root).encode()
    return archives.pack(place / "evil.zip", (archives.link("docs"), target),
                         ("docs/written", b"x"))  # fmt: skip


def with_weights(content: Callable[[Canary], Any], **options: Any):
    def build(place: Path, canary: Canary) -> Path:
        root = write_bundle(place / "bundle")
        torch.save(content(canary), root / "models" / "model.pt", **options)
        write_side_car(root, SIDE_CAR)
        return archives.pack_tree(root, place / "evil.zip", folder="bundle/")

    return build


def with_file(name: str, content: bytes | str):
    def build(place: Path, canary: Canary) -> Path:
        root = write_bundle(place / "bundle")
        if name == "configs/inference.yaml":
            (root / "configs" / "inference.json").unlink()
        data = content.encode() if isinstance(content, str) else content
        (root / name).write_bytes(data.replace(b"CANARY", str(canary.root).encode()))
        return archives.pack_tree(root, place / "evil.zip", folder="bundle/")

    return build


def with_side_car(**changes: Any):
    def build(place: Path, canary: Canary) -> Path:
        root = write_bundle(place / "bundle", side_car={**SIDE_CAR, **changes})
        return archives.pack_tree(root, place / "evil.zip")

    return build


def script_under_another_name(place: Path, canary: Canary) -> Path:
    """TorchScript in a file that says it is a state dict."""
    root = write_bundle(place / "bundle")
    torch.jit.script(torch.nn.Conv3d(1, 2, 1)).save(str(root / "models" / "model.pt"))
    write_side_car(root, {**SIDE_CAR, "weights": "models/model.pt"})
    return archives.pack_tree(root, place / "evil.zip")


def call(function: Any, *arguments: Any) -> Callable[[Canary], Any]:
    def content(canary: Canary) -> Any:
        text = [str(one).replace("CANARY", str(canary.root)) for one in arguments]
        return {"weight": Payload(function, *text)}

    return content


TOUCH = "touch CANARY/written"
AT_THE_DOOR: dict[str, tuple[Callable[[Path, Canary], Path], str]] = {
    "zip slip: up and out": (slip, "unsafe_path"),
    "zip slip: absolute": (absolute_slip, "unsafe_path"),
    "zip slip: through a link": (slip_through_link, "duplicate_name"),
    "zip slip: backslashes": (packed(("a\\..\\..\\written", b"x")), "unsafe_path"),
    "symbolic link": (packed((archives.link("models"), b"/etc")), "link"),
    "device": (packed((archives.entry_of_kind("zero", stat.S_IFCHR), b"")), "special_file"),
    "zip bomb: ratio": (packed(("zeros", b"\0" * 30_000_000)), "compression_ratio"),
    "zip bomb: overlapping": (
        lambda place, canary: archives.overlapping(place / "evil.zip"), "overlapping_entries",
    ),
    "names that collide by case": (
        packed(("configs/a.json", b"1"), ("CONFIGS/a.json", b"2")), "case_collision",
    ),
    "name that reads backwards": (packed(("a\u202egnp.py", b"1")), "unsafe_name"),
    "weights: os.system": (with_weights(call(os.system, TOUCH)), "pickle_imports"),
    "weights: eval": (
        with_weights(call(eval, "open('CANARY/written', 'w')")), "pickle_imports",
    ),
    "weights: builtins.open": (
        with_weights(call(open, "CANARY/written", "w")), "pickle_imports",
    ),
    "weights: old format": (
        with_weights(call(os.system, TOUCH), _use_new_zipfile_serialization=False),
        "pickle_imports",
    ),
    "weights: beside the ones used": (with_file("models/other.pt", b"cos\nsystem\n."),
                                      "weights_not_listed"),
    "bare pickle": (with_file("docs/plan.pkl", b"cos\nsystem\n(S'touch CANARY/written'\ntR."),
                    "pickle_file"),
    "TorchScript that says it is weights": (script_under_another_name, "torchscript"),
    "YAML: python object": (
        with_file("configs/inference.yaml", f"x: !!python/object/apply:os.system ['{TOUCH}']"),
        "yaml_tag",
    ),
    "YAML: alias bomb": (with_file("configs/inference.yaml", BOMB), "yaml_alias_bomb"),
    "macro that reads outside": (
        with_file("configs/inference.json", '{"preprocessing": "%/etc/secrets.json::key"}'),
        "outside_reference",
    ),
    "metadata: not a number": (
        with_file("configs/metadata.json", '{"version": "1", "eval_metrics": {"dice": NaN}}'),
        "number_out_of_range",
    ),
    "metadata: huge number": (
        with_file("configs/metadata.json", '{"version": "1", "dice": 1e400}'),
        "number_out_of_range",
    ),
    "metadata: nested without end": (
        with_file("configs/metadata.json", '{"a":' * 50_000), "document_unreadable",
    ),
    "HTML as a title": (with_side_car(title="<img src=x onerror=alert(1)>"), "side_car"),
    "no time limit": (with_side_car(limits={"timeout_s": 1e12}), "side_car"),
    "weights nobody listed": (
        lambda place, canary: _with_unlisted_weights(place), "weights_not_listed",
    ),
}  # fmt: skip


def _with_unlisted_weights(place: Path) -> Path:
    root = write_bundle(place / "bundle")
    (root / "consilium.json").write_text(json.dumps(SIDE_CAR))
    return archives.pack_tree(root, place / "evil.zip")


@pytest.mark.parametrize("name", AT_THE_DOOR)
def test_refused_at_the_door(tmp_path, canary, name):
    build, code = AT_THE_DOOR[name]
    archive = build(tmp_path, canary)
    store = tmp_path / "store"
    store.mkdir()
    with pytest.raises(BundleError) as caught:
        read_manifest(unpack_bundle(archive=archive, into=store / "out"))
    assert caught.value.code == code, caught.value
    canary.assert_untouched(str(caught.value))


# --- evaluated only after two people's word ---------------------------------------------------

BEFORE_APPROVAL = {
    "expression": {"network_def": "$__import__('os').system('touch CANARY/written')"},
    "import": {"imports": ["$exec(\"open('CANARY/written', 'w')\")"]},
    "target": {"network_def": {"_target_": "os.system", "command": "touch CANARY/written"}},
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BEFORE_APPROVAL)
def test_nothing_is_evaluated_before_approval(tmp_path, canary, name, settings):
    settings.VAR_DIR = tmp_path / "var"
    text = json.dumps({**INFERENCE, **BEFORE_APPROVAL[name]})
    config = json.loads(text.replace("CANARY", str(canary.root)))
    trap = f"open({str(canary.root / 'written')!r}, 'w')\n"
    root = write_bundle(tmp_path / "bundle", inference=config, scripts={"__init__.py": trap})
    services.install_bundle(actor=INSTALLER, source=archives.pack_tree(root, tmp_path / "evil.zip"))
    assert ModelVersion.objects.get().state == "registered"
    canary.assert_untouched()


# --- approved, and hostile all the same -------------------------------------------------------


@pytest.fixture(scope="module")
def shared_runner(tmp_path_factory):
    """May read the bundles of this module and nothing else."""
    store = tmp_path_factory.mktemp("store")
    made = ModelRunner(scratch_root=tmp_path_factory.mktemp("scratch"), readable=[store])
    yield made, store
    made.close()


def write_hostile(store: Path, canary: Canary, name: str, network: str, script: str) -> Path:
    """A bundle whose network is an expression; ``run`` or ``Liar`` of its script is at hand."""
    imported = next((one for one in ("run", "Liar") if f" {one}(" in script), None)
    text = script.replace("CANARY", str(canary.root)).replace("PARENT", str(os.getpid()))
    for port in canary.listeners:
        text = text.replace(f"PORT_{port}", str(canary.port(port)))
    return write_bundle(
        store / name.replace(" ", "-"),
        inference={**INFERENCE, "network_def": network,
                   "imports": [f"$from scripts.hostile import {imported}"] if imported else []},
        scripts={"__init__.py": "", "hostile.py": text},
    )  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_an_approved_script_is_held_back(shared_runner, canary, act):
    runner, store = shared_runner
    root = write_hostile(store, canary, act, f'$run("{act}")', PROBE)
    before = (root / "scripts" / "hostile.py").read_bytes()
    with pytest.raises(RunnerError) as caught:
        run(runner, bundle_request(root))
    assert "held back" in caught.value.message, caught.value.message
    assert (root / "scripts" / "hostile.py").read_bytes() == before
    canary.assert_untouched(caught.value.message)


def test_the_configuration_itself_reads_nothing_outside(shared_runner, canary):
    runner, store = shared_runner
    secret = canary.root / "secret.txt"
    root = write_hostile(store, canary, "plain", f"$print(open('{secret}').read())", "")
    with pytest.raises(RunnerError) as caught:
        run(runner, bundle_request(root))
    assert "PermissionError" in caught.value.message
    canary.assert_untouched(caught.value.message)


def test_threads_still_work_where_processes_do_not(shared_runner, canary):
    runner, store = shared_runner
    script = (
        "import threading\n"
        "def run():\n"
        "    done = []\n"
        "    threads = [threading.Thread(target=done.append, args=(1,)) for _ in range(8)]\n"
        "    [one.start() for one in threads], [one.join() for one in threads]\n"
        "    raise RuntimeError(f'{len(done)} threads')\n"
    )
    root = write_hostile(store, canary, "threads", "$run()", script)
    with pytest.raises(RunnerError, match="8 threads"):
        run(runner, bundle_request(root))


# --- limits -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", GREEDY)
def test_greed_meets_its_limit(tmp_path, canary, name):
    script, codes = GREEDY[name]
    runner = ModelRunner(
        scratch_root=tmp_path / "scratch",
        readable=[tmp_path / "store"],
        limits=RunnerLimits(memory_bytes=6 * 1024**3, file_bytes=1 << 30,
                            scratch_bytes=64 << 20, scratch_files=1_000),
    )  # fmt: skip
    root = write_hostile(tmp_path / "store", canary, name, "$run()", script)
    try:
        with pytest.raises(RunnerError) as caught:
            run(runner, bundle_request(root, timeout_s=25.0 if name == "time" else 90.0))
    finally:
        runner.close()
    assert caught.value.code in codes, caught.value.message
    left = [path for path in (tmp_path / "scratch").rglob("*") if path.is_file()]
    assert left == [], "what it wrote is gone"
    canary.assert_untouched(caught.value.message)


# --- answers that are none ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_none_is_no_result(shared_runner, canary, name):
    answer, codes = ANSWERS[name]
    runner, store = shared_runner
    root = write_hostile(store, canary, f"liar {name}", "$Liar()", LIAR.replace("ANSWER", answer))
    config = json.loads((root / "configs" / "inference.json").read_text())
    config["inferer"] = {"_target_": "SimpleInferer"}
    config["postprocessing"] = {"_target_": "Compose", "transforms": []}
    (root / "configs" / "inference.json").write_text(json.dumps(config))
    with pytest.raises(RunnerError) as caught:
        run(runner, bundle_request(root))
    assert caught.value.code in codes, (caught.value.code, caught.value.message)
    canary.assert_untouched(caught.value.message)


def test_the_list_is_long_enough():
    lists = (AT_THE_DOOR, BEFORE_APPROVAL, ACTS, GREEDY, ANSWERS)
    assert sum(len(one) for one in lists) >= 20
    assert len(ACTS) == 19
