"""A bundle's documents, side-car and weights, read before anybody approved them."""

import json
import os
import pickle
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from apps.ai.bundle_documents import check_references, read_document
from apps.ai.bundle_errors import BundleError
from apps.ai.bundle_manifest import list_missing_packages, read_manifest
from apps.ai.bundle_weights import check_weight_files
from tests.apps.ai.bundles import INFERENCE, SIDE_CAR, write_bundle, write_side_car

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a.yaml", "x: !!python/object/apply:os.system ['id']", "yaml_tag"),
        ("a.yaml", "x: !!python/name:os.system", "yaml_tag"),
        ("a.yaml", "x: !custom 1", "yaml_tag"),
        ("a.yaml", "x: !!binary aGVsbG8=", "yaml_tag"),
        ("a.yaml", BOMB, "yaml_alias_bomb"),
        ("a.yaml", "x: &x [*x]", "yaml_alias_bomb"),
        ("a.yaml", "x: 1\nx: 2", "duplicate_key"),
        ("a.yaml", "x: .inf", "number_out_of_range"),
        ("a.yaml", "x: [1", "document_unreadable"),
        ("a.yaml", "- 1", "document_no_mapping"),
        ("a.json", '{"x": NaN}', "number_out_of_range"),
        ("a.json", '{"x": -Infinity}', "number_out_of_range"),
        ("a.json", '{"x": 1e999}', "number_out_of_range"),
        ("a.json", '{"x": ' + "9" * 5_000 + "}", "document_unreadable"),
        ("a.json", '{"x": 99999999999999999}', "number_out_of_range"),
        ("a.json", '{"x": 1, "x": 2}', "duplicate_key"),
        ("a.json", '{"x":' * 100_000, "document_unreadable"),
        ("a.json", "[]", "document_no_mapping"),
        ("a.json", '{"x": "' + "a" * 5_000_000 + '"}', "document_too_large"),
    ],
)
def test_a_document_is_plain_values_or_refused(tmp_path, name, text, code):
    (tmp_path / name).write_text(text)
    with pytest.raises(BundleError) as caught:
        read_document(tmp_path / name)
    assert caught.value.code == code, caught.value


def test_yaml_of_the_zoo_with_anchors_and_merges_is_read(tmp_path):
    (tmp_path / "a.yaml").write_text(
        "imports: ['$import glob']\nbase: &base {_target_: UNet, spatial_dims: 3}\n"
        "network_def: {<<: *base, in_channels: 1}\nkeys: [image]\namp: true\n"
    )
    read = read_document(tmp_path / "a.yaml")
    assert read["network_def"] == {"_target_": "UNet", "spatial_dims": 3, "in_channels": 1}
    assert read["amp"] is True


@pytest.mark.parametrize("macro", ["%/etc/passwd.json::x", "%../other/a.json", "%..\\a.yaml::b"])
def test_a_macro_that_reads_outside_is_refused(macro):
    with pytest.raises(BundleError) as caught:
        check_references({"a": [{"b": macro}]}, name="x")
    assert caught.value.code == "outside_reference"
    check_references({"a": "%configs/train.json::network_def", "b": "100 %"}, name="x")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": "<script>alert(1)</script>"}, "side_car"),
        ({"title": "sple\u202een"}, "side_car"),
        ({"limits": {"timeout_s": -1}}, "side_car"),
        ({"limits": {"timeout_s": 1e9}}, "side_car"),
        ({"outputs": []}, "side_car"),
        ({"outputs": [{**SIDE_CAR["outputs"][0], "urgency": "now"}]}, "side_car"),
        ({"outputs": [{**SIDE_CAR["outputs"][0], "channel": 1}]}, "side_car"),
        ({"scope": {"rules": []}}, "side_car"),
        ({"schema": 2}, "side_car"),
        ({"task": "detection"}, "side_car"),
        ({"card": {"text": "x" * 70_000}}, "side_car"),
        ({"configs": ["../inference.json"]}, "document_missing"),
    ],
)
def test_a_side_car_says_what_it_must_within_bounds(tmp_path, change, code):
    root = write_bundle(tmp_path / "bright", side_car={**SIDE_CAR, **change})
    with pytest.raises(BundleError) as caught:
        read_manifest(root)
    assert caught.value.code == code, caught.value


@pytest.mark.parametrize("version", ["", "1" * 61, "<b>1</b>", "1\n2"])
def test_a_version_is_something_to_show(tmp_path, version):
    root = write_bundle(tmp_path / "bright", version=version)
    with pytest.raises(BundleError) as caught:
        read_manifest(root)
    assert caught.value.code == "unsafe_text"


class Payload:
    def __init__(self, call, *arguments):
        self.reduced = (call, arguments)

    def __reduce__(self):
        return self.reduced


def write_weights(root: Path, content: object, **options: object) -> None:
    torch.save(content, root / "models" / "model.pt", **options)
    write_side_car(root, SIDE_CAR)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "payload",
    [Payload(os.system, "touch evaluated"), Payload(eval, "1"), Payload(getattr, "a", "upper")],
    ids=["system", "eval", "getattr"],
)
def test_weights_that_would_import_something_are_refused_unread(
    tmp_path, monkeypatch, payload, zipped
):
    monkeypatch.chdir(tmp_path)
    root = write_bundle(tmp_path / "bright")
    write_weights(root, {"weight": payload}, _use_new_zipfile_serialization=zipped)
    with pytest.raises(BundleError) as caught:
        read_manifest(root)
    assert caught.value.code == "pickle_imports"
    assert not (tmp_path / "evaluated").exists()


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
def test_no_protocol_of_pickle_hides_an_import(tmp_path, protocol):
    (tmp_path / "a.pt").write_bytes(pickle.dumps(Payload(os.system, "id"), protocol=protocol))
    with pytest.raises(BundleError) as caught:
        check_weight_files(tmp_path, ["a.pt"])
    assert caught.value.code == "pickle_imports"


def test_an_import_whose_name_comes_from_the_memo_is_refused(tmp_path):
    hidden = (
        b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94"
        b"\x8c\x0bcollections\x94\x8c\x0bOrderedDict\x94h\x00h\x01\x93."
    )
    (tmp_path / "a.pt").write_bytes(hidden)
    with pytest.raises(BundleError) as caught:
        check_weight_files(tmp_path, ["a.pt"])
    assert caught.value.code == "pickle_imports"


@pytest.mark.parametrize("zipped", [True, False])
def test_the_weights_of_real_networks_pass(tmp_path, zipped):
    from monai.networks.nets import UNet

    network = UNet(3, 1, 2, channels=(4, 8), strides=(2,), norm="batch")
    content = {
        "model": OrderedDict(network.state_dict()),
        "half": torch.nn.Parameter(torch.zeros(3, dtype=torch.float16)),
        "epoch": 3,
    }
    root = write_bundle(tmp_path / "bright")
    write_weights(root, content, _use_new_zipfile_serialization=zipped)
    assert read_manifest(root).weights_format == "state_dict"


def test_weights_must_be_the_ones_on_the_list(tmp_path):
    root = write_bundle(tmp_path / "bright")
    torch.save({"other": torch.zeros(2)}, root / "models" / "model.pt")
    with pytest.raises(BundleError) as caught:
        read_manifest(root)
    assert caught.value.code == "file_changed"
    (root / "consilium.json").write_text(json.dumps(SIDE_CAR))
    with pytest.raises(BundleError) as caught:
        read_manifest(root)
    assert caught.value.code == "weights_not_listed"


def test_a_bare_pickle_is_refused_whatever_it_holds(tmp_path):
    root = write_bundle(tmp_path / "bright")
    (root / "models" / "planner.pkl").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(BundleError) as caught:
        read_manifest(root)
    assert caught.value.code == "pickle_file"


def write_script(root: Path) -> None:
    torch.jit.script(torch.nn.Conv3d(1, 2, 1)).save(str(root / "models" / "model.ts"))


def test_torchscript_is_used_only_where_the_side_car_says_so(tmp_path):
    root = write_bundle(tmp_path / "bright")
    write_script(root)
    write_side_car(root, SIDE_CAR)
    assert read_manifest(root).weights == "models/model.pt", "beside it, it is not looked at"
    write_side_car(root, {**SIDE_CAR, "weights": "models/model.ts"})
    with pytest.raises(BundleError) as caught:
        read_manifest(root)
    assert caught.value.code == "torchscript"
    named = {**SIDE_CAR, "weights": "models/model.ts", "weights_format": "torchscript"}
    write_side_car(root, named)
    assert read_manifest(root).weights_format == "torchscript"
    (root / "models" / "model.pt").unlink()
    write_side_car(root, SIDE_CAR)
    with pytest.raises(BundleError) as caught:
        read_manifest(root)
    assert caught.value.code == "weights_missing"


def test_a_yaml_configuration_is_found(tmp_path):
    root = write_bundle(tmp_path / "bright")
    (root / "configs" / "inference.json").unlink()
    (root / "configs" / "inference.yaml").write_text(json.dumps(INFERENCE))
    assert read_manifest(root).configs == ("configs/inference.yaml",)


def test_packages_a_bundle_asks_for_are_named_when_they_are_not_there():
    metadata = {
        "required_packages_version": {"numpy": "1", "no-such-package": "2"},
        "optional_packages_version": {"torch": "2"},
    }
    assert list_missing_packages(metadata) == ("no-such-package",)
    assert list_missing_packages({"required_packages_version": "numpy"}) == ()
