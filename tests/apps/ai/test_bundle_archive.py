"""A bundle that comes as a ZIP file: taken as packed by the zoo, refused by name otherwise."""

import stat
import zipfile

import pytest

from apps.ai import bundle_archive, bundle_tree
from apps.ai.bundle_archive import unpack_bundle
from apps.ai.bundle_errors import BundleError
from apps.ai.bundle_tree import diff_trees, hash_tree, read_tree
from tests.apps.ai import archives
from tests.apps.ai.bundles import write_bundle


@pytest.mark.parametrize("folder", ["", "bright/"])
def test_a_packed_bundle_has_the_hash_of_its_directory(tmp_path, folder):
    root = write_bundle(tmp_path / "bright")
    archive = archives.pack_tree(root, tmp_path / "bright.zip", folder=folder)
    unpacked = unpack_bundle(archive=archive, into=tmp_path / "out")
    assert hash_tree(unpacked) == hash_tree(root)


def hostile_archives():
    pack, link = archives.pack, archives.link
    return {
        "parent": (lambda path: pack(path, ("../evil.txt", b"x")), "unsafe_path"),
        "deep_parent": (lambda path: pack(path, ("a/../../evil.txt", b"x")), "unsafe_path"),
        "absolute": (lambda path: pack(path, ("/tmp/evil.txt", b"x")), "unsafe_path"),
        "drive": (lambda path: pack(path, ("C:evil.txt", b"x")), "unsafe_path"),
        "backslash": (
            lambda path: archives.rename_inside(pack(path, ("..x..xevil", b"x")), "..x..xevil",
                                                "..\\..\\evil"),
            "unsafe_path",
        ),
        "nul": (
            lambda path: archives.rename_inside(pack(path, ("good.txtx", b"x")), "good.txtx",
                                                "good.txt\0"),
            "unsafe_name",
        ),
        "link": (lambda path: pack(path, (link("models"), b"/etc")), "link"),
        "through_link": (
            lambda path: pack(path, (link("a"), b"/tmp"), ("a/evil.txt", b"x")),
            "duplicate_name",
        ),
        "device": (
            lambda path: pack(path, (archives.entry_of_kind("zero", stat.S_IFCHR), b"")),
            "special_file",
        ),
        "pipe": (
            lambda path: pack(path, (archives.entry_of_kind("pipe", stat.S_IFIFO), b"")),
            "special_file",
        ),
        "encrypted": (lambda path: archives.mark_encrypted(pack(path, ("a", b"x"))), "encrypted"),
        "case": (
            lambda path: pack(path, ("configs/a.json", b"1"), ("Configs/a.json", b"2")),
            "case_collision",
        ),
        "file_and_folder": (
            lambda path: pack(path, ("configs", b"1"), ("configs/a", b"2")),
            "duplicate_name",
        ),
        "deep": (lambda path: pack(path, ("a/" * 12 + "b", b"x")), "nested_too_deep"),
        "long": (lambda path: pack(path, ("a" * 241, b"x")), "unsafe_name"),
        "turned_name": (lambda path: pack(path, ("a\u202etxt.py", b"x")), "unsafe_name"),
        "look_alike": (lambda path: pack(path, ("sc\u0433ipts/a.py", b"x")), "unsafe_name"),
        "ratio": (lambda path: pack(path, ("zeros", b"\0" * 40_000_000)), "compression_ratio"),
        "overlap": (archives.overlapping, "overlapping_entries"),
        "many": (
            lambda path: pack(path, *((f"{number}", b"") for number in range(5_001))),
            "too_many_files",
        ),
        "no_zip": (lambda path: path.write_bytes(b"MZ" * 400) and path, "not_a_zip"),
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(hostile_archives()))
def test_hostile_archive_is_refused_by_name_and_leaves_nothing(tmp_path, name):
    build, code = hostile_archives()[name]
    archive = build(tmp_path / "evil.zip")
    place = tmp_path / "deep" / "store"
    place.mkdir(parents=True)
    with pytest.raises(BundleError) as caught:
        unpack_bundle(archive=archive, into=place / "out")
    assert caught.value.code == code, caught.value
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path != archive]
    assert left == []
    assert not (place / "out").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(tmp_path):
    archive = archives.pack(tmp_path / "twice.zip", ("a.py", b"1"), ("a.py", b"2"))
    with pytest.raises(BundleError) as caught:
        unpack_bundle(archive=archive, into=tmp_path / "out")
    assert caught.value.code == "duplicate_name"


def test_the_sum_of_many_fair_files_is_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle_archive, "MAX_BYTES", 1_000)
    archive = archives.pack(tmp_path / "big.zip", ("a", b"x" * 600), ("b", b"x" * 600))
    with pytest.raises(BundleError) as caught:
        unpack_bundle(archive=archive, into=tmp_path / "out")
    assert caught.value.code == "too_large"


def test_damaged_contents_leave_nothing_of_what_was_unpacked_before(tmp_path):
    archive = archives.pack(tmp_path / "cut.zip", ("a", b"first"), ("b", bytes(range(256)) * 40))
    content = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as packed:
        content[packed.infolist()[1].header_offset + 40] ^= 0xFF
    archive.write_bytes(content)
    with pytest.raises(BundleError) as caught:
        unpack_bundle(archive=archive, into=tmp_path / "out")
    assert caught.value.code == "damaged"
    assert not (tmp_path / "out").exists()


def test_directories_are_held_to_the_same_names(tmp_path):
    root = write_bundle(tmp_path / "bright")
    (root / "scripts" / "a.py").write_text("1")
    (root / "scripts" / "A.py").write_text("2")
    with pytest.raises(BundleError) as caught:
        read_tree(root)
    assert caught.value.code == "case_collision"


def test_more_files_than_the_limit_are_refused(tmp_path, monkeypatch):
    root = write_bundle(tmp_path / "bright")
    monkeypatch.setattr(bundle_tree, "MAX_FILES", 3)
    with pytest.raises(BundleError) as caught:
        read_tree(root)
    assert caught.value.code == "too_many_files"


def test_the_difference_names_files_with_sizes_and_hashes(tmp_path):
    first = write_bundle(tmp_path / "a", scripts={"old.py": "1"})
    second = write_bundle(tmp_path / "b", version="0.2.0", scripts={"new.py": "22"})
    before, after = read_tree(first), read_tree(second)
    diff = diff_trees(before=before.files, after=after.files)
    assert [(one.path, one.size) for one in diff.added] == [("scripts/new.py", 2)]
    assert [one.path for one in diff.removed] == ["scripts/old.py"]
    assert [new.path for _, new in diff.changed] == ["configs/metadata.json"]
    assert all(len(one.sha256) == 64 for pair in diff.changed for one in pair)
    assert diff_trees(before=before.files, after=before.files).is_empty
