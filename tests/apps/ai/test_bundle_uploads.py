"""A bundle through the browser: in pieces, read as hostile, and compared line by line."""

import json
import stat

import pytest

from apps.ai import conf
from apps.ai.models import BundleUpload, ModelVersion
from apps.ai.services import bundle_uploads
from tests.apps.ai import archives
from tests.apps.ai.bundles import write_bundle
from tests.apps.ai.test_api import client
from tests.people import make_case_team

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
OFFSET = "application/offset+octet-stream"


@pytest.fixture
def team():
    return make_case_team()


@pytest.fixture
def admin(team):
    return client(team, "ai_admin")


def announce(browser, content, name="bright.zip"):
    answer = browser.post(
        "/api/models/uploads", {"name": name, "size_bytes": len(content)}, format="json"
    )
    assert answer.status_code == 201, answer.content
    return f"/api/models/uploads/{answer.json()['id']}"


def send(browser, path, content, *, offset=0):
    return browser.generic(
        "PATCH", f"{path}/content", content, content_type=OFFSET,
        headers={"Upload-Offset": str(offset)},
    )  # fmt: skip


def upload(browser, content, **given):
    path = announce(browser, content)
    assert send(browser, path, content).status_code == 204
    return browser.post(f"{path}/install", given, format="json")


def spool():
    return sorted(conf.bundle_spool().glob("*")) if conf.bundle_spool().is_dir() else []


def test_a_zip_in_pieces_becomes_a_registered_version(admin, tmp_path):
    root = write_bundle(tmp_path / "bright")
    content = archives.pack_tree(root, tmp_path / "b.zip", folder="bright/").read_bytes()
    path = announce(admin, content, name="../../etc/<b>passwd.zip")
    half = len(content) // 2
    assert admin.post(f"{path}/install", {}, format="json").json()["code"] == "upload_incomplete"
    first = send(admin, path, content[:half])
    assert (first.status_code, first["Upload-Offset"]) == (204, str(half))
    again = send(admin, path, content[:half])
    assert (again.status_code, again.json()["details"]["offset"]) == (409, half)
    more = send(admin, path, content[half:] + b"x", offset=half)
    assert (more.status_code, more.json()["code"]) == (400, "more_than_announced")
    assert send(admin, path, content[half:], offset=half).status_code == 204
    (kept,) = spool()
    assert kept.parent == conf.bundle_spool(), "the name it had elsewhere names nothing here"
    answer = admin.post(f"{path}/install", {}, format="json")
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["state"], body["model"]["name"]) == ("registered", "Bright things")
    assert (body["can"], body["needs_reason"]) == (["approve", "retire"], True)
    assert ModelVersion.objects.get().tree_sha256 == body["tree_sha256"]
    assert spool() == []
    assert not BundleUpload.objects.exists()


def test_the_houses_side_car_comes_along(admin, tmp_path):
    root = write_bundle(tmp_path / "bright")
    side_car = (root / "consilium.json").read_text()
    (root / "consilium.json").unlink()
    content = archives.pack_tree(root, tmp_path / "b.zip").read_bytes()
    assert upload(admin, content).json()["code"] == "document_missing"
    answer = upload(admin, content, side_car=side_car, slug="bright")
    assert answer.status_code == 201, answer.content
    assert answer.json()["model"]["slug"] == "bright"
    assert spool() == []


def bomb(tmp_path):
    return archives.pack(tmp_path / "x.zip", ("models/zero.bin", b"\0" * 8_000_000))


def pickled(tmp_path):
    root = write_bundle(tmp_path / "bright")
    (root / "models" / "evil.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    return archives.pack_tree(root, tmp_path / "x.zip")


def yaml_object(tmp_path):
    root = write_bundle(tmp_path / "bright")
    (root / "configs" / "inference.json").unlink()
    (root / "configs" / "inference.yaml").write_text("a: !!python/object/apply:os.system [true]\n")
    return archives.pack_tree(root, tmp_path / "x.zip")


def changed_weights(tmp_path):
    root = write_bundle(tmp_path / "bright")
    (root / "models" / "model.pt").write_bytes(b"other")
    return archives.pack_tree(root, tmp_path / "x.zip")


def unlisted(tmp_path):
    root = write_bundle(tmp_path / "bright")
    (root / "models" / "second.pt").write_bytes((root / "models" / "model.pt").read_bytes())
    return archives.pack_tree(root, tmp_path / "x.zip")


HOSTILE = {
    "not_a_zip": lambda tmp: _written(tmp, b"MZ not a zip"),
    "unsafe_path": lambda tmp: archives.pack(tmp / "x.zip", ("../../evil.py", b"x")),
    "link": lambda tmp: archives.pack(tmp / "x.zip", (archives.link("b/link"), b"/etc/passwd")),
    "special_file": lambda tmp: archives.pack(
        tmp / "x.zip", (archives.entry_of_kind("b/pipe", stat.S_IFIFO), b"")
    ),
    "case_collision": lambda tmp: archives.pack(tmp / "x.zip", ("A/x", b"1"), ("a/y", b"2")),
    "unsafe_name": lambda tmp: archives.pack(tmp / "x.zip", ("b/\u202egpj.py", b"x")),
    "encrypted": lambda tmp: archives.mark_encrypted(
        archives.pack(tmp / "x.zip", ("b/a.txt", b"x" * 40))
    ),
    "overlapping_entries": lambda tmp: archives.overlapping(tmp / "x.zip"),
    "compression_ratio": bomb,
    "pickle_file": pickled,
    "yaml_tag": yaml_object,
    "file_changed": changed_weights,
    "weights_not_listed": unlisted,
}


def _written(tmp_path, content):
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("code", HOSTILE)
def test_a_hostile_upload_is_refused_by_name_and_leaves_nothing(admin, tmp_path, code):
    content = HOSTILE[code](tmp_path).read_bytes()
    answer = upload(admin, content)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["detail"], "what was seen is told in words"
    assert spool() == []
    store = conf.bundle_store()
    assert not store.exists() or list(store.iterdir()) == []
    assert not ModelVersion.objects.exists()


def test_the_size_is_limited_before_a_byte_is_sent(admin, monkeypatch):
    monkeypatch.setattr(bundle_uploads, "MAX_ARCHIVE_BYTES", 1_000)
    asked = {"name": "b.zip", "size_bytes": 1_001}
    answer = admin.post("/api/models/uploads", asked, format="json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    empty = admin.post("/api/models/uploads", {**asked, "size_bytes": 0}, format="json")
    assert empty.json()["code"] == "empty_file"


def test_a_piece_is_limited(admin, monkeypatch):
    monkeypatch.setattr("apps.ai.api.content_views.PIECE_BYTES", 10)
    monkeypatch.setattr(bundle_uploads, "PIECE_BYTES", 10)
    path = announce(admin, b"x" * 100)
    assert send(admin, path, b"x" * 100).status_code == 413
    assert send(admin, path, b"x" * 10).status_code == 204


def test_three_uploads_are_open_at_most_and_the_forgotten_go(admin, team):
    paths = [announce(admin, b"xx") for _ in range(3)]
    send(admin, paths[0], b"x")
    full = admin.post("/api/models/uploads", {"name": "b", "size_bytes": 2}, format="json")
    assert (full.status_code, full.json()["code"]) == (409, "too_many_uploads")
    BundleUpload.objects.update(updated_at="2020-01-01T00:00:00Z")
    announce(admin, b"xx")
    assert BundleUpload.objects.count() == 1
    assert spool() == []


def test_given_up_nothing_is_kept(admin):
    path = announce(admin, b"xx")
    send(admin, path, b"x")
    assert admin.delete(path).status_code == 204
    assert spool() == []
    assert admin.delete(path).status_code == 404


def test_only_ai_administration_uploads_and_only_its_own(admin, team):
    path = announce(admin, b"xx")
    for who in ("radiologist", "chair", "system_admin", "auditor"):
        browser = client(team, who)
        asked = browser.post("/api/models/uploads", {"name": "b", "size_bytes": 2}, format="json")
        assert asked.status_code == 403, who
        assert send(browser, path, b"x").status_code == 403, who
        assert browser.post(f"{path}/install", {}, format="json").status_code == 403, who
    other = make_case_team()
    assert send(client(other, "ai_admin"), path, b"x").status_code == 404


def content_of(browser, version_id, **query):
    return browser.get(f"/api/models/versions/{version_id}/content", query)


@pytest.fixture
def two_versions(admin, tmp_path):
    first = write_bundle(tmp_path / "one", version="1.0", scripts={"net.py": "A = 1\nB = 2\n"})
    (first / "docs" / "gone.txt").write_text("bye\n")
    second = write_bundle(tmp_path / "two", version="2.0", scripts={"net.py": "A = 1\nB = 3\n"})
    trick = "name = 'x'  # \u202e } \u2066if admin\u2069 \x1b[2J <script>alert(1)</script>\n"
    (second / "scripts" / "trick.py").write_text(trick)
    (second / "docs" / "blob.bin").write_bytes(b"\0\1\2")
    made = []
    for number, root in enumerate((first, second)):
        content = archives.pack_tree(root, tmp_path / f"{number}.zip").read_bytes()
        made.append(upload(admin, content, slug="bright").json())
    return made


def test_files_are_listed_with_size_hash_and_kind(admin, two_versions):
    _, second = two_versions
    body = content_of(admin, second["id"]).json()
    assert body["tree_sha256"] == second["tree_sha256"]
    kinds = {one["path"]: one["kind"] for one in body["files"]}
    assert kinds["models/model.pt"] == "weights"
    assert kinds["scripts/net.py"] == "script"
    assert kinds["consilium.json"] == "side_car"
    assert kinds["configs/inference.json"] == "configuration"
    assert all(len(one["sha256"]) == 64 and one["size"] >= 0 for one in body["files"])


def test_what_changed_is_told_as_text(admin, two_versions):
    first, second = two_versions
    body = content_of(admin, second["id"]).json()
    assert body["against"]["id"] == first["id"]
    changes = {one["path"]: one for one in body["changes"]}
    assert changes["scripts/net.py"]["lines"] == ["@@ -1,2 +1,2 @@", " A = 1", "-B = 2", "+B = 3"]
    assert changes["docs/gone.txt"]["change"] == "removed"
    assert changes["docs/blob.bin"]["text"] == "binary"
    assert "models/model.pt" not in changes, "the same weights are no change"


def test_what_would_deceive_the_reader_is_written_out(admin, two_versions):
    answer = content_of(admin, two_versions[1]["id"])
    (line,) = [
        line
        for one in answer.json()["changes"]
        if one["path"] == "scripts/trick.py"
        for line in one["lines"]
        if line.startswith("+")
    ]
    assert "\\u{202e}" in line and "\\u{2066}" in line and "\\u{1b}" in line
    assert line.isprintable()
    assert answer["Content-Type"] == "application/json"


def test_against_nothing_every_text_is_there_whole(admin, two_versions):
    body = content_of(admin, two_versions[1]["id"], against="nothing").json()
    assert body["against"] is None
    changes = {one["path"]: one for one in body["changes"]}
    assert len(changes) == len(body["files"])
    assert "+B = 3" in changes["scripts/net.py"]["lines"]
    assert changes["models/model.pt"]["text"] == "binary"


def test_the_difference_is_bounded(admin, tmp_path):
    long = "x" * 5_000
    scripts = {
        "wide.py": f"A = '{long}'\n",
        "long.py": "".join(f"V{number} = 1\n" for number in range(5_000)),
        "tall.py": "".join(f"V{number} = 1\n" for number in range(3_000)),
    }
    root = write_bundle(tmp_path / "one", scripts=scripts)
    made = upload(admin, archives.pack_tree(root, tmp_path / "b.zip").read_bytes()).json()
    answer = content_of(admin, made["id"])
    changes = {one["path"]: one for one in answer.json()["changes"]}
    assert (changes["scripts/wide.py"]["cut"], changes["scripts/long.py"]["text"]) == (
        True,
        "too_long",
    )
    assert changes["scripts/wide.py"]["lines"][1].endswith("[cut]")
    tall = changes["scripts/tall.py"]
    assert (len(tall["lines"]), tall["cut"]) == (1_500, True)
    assert len(answer.content) < 400_000


def test_a_changed_store_is_told_and_not_shown(admin, two_versions):
    _, second = two_versions
    path = conf.bundle_store() / second["tree_sha256"] / "scripts" / "net.py"
    path.chmod(0o644)
    path.write_text("A = 666\n")
    answer = content_of(admin, second["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "content_missing")


def test_who_reads_a_bundles_files(team, two_versions):
    path = two_versions[1]["id"]
    for who, status in (("radiologist", 200), ("ai_admin", 200), ("trainee", 403),
                        ("coordinator", 403), ("auditor", 403)):  # fmt: skip
        assert content_of(client(team, who), path).status_code == status, who


def test_the_whole_way_over_http(admin, team, two_versions):
    version = two_versions[0]
    path = f"/api/models/versions/{version['id']}"
    shown = {"tree_sha256": version["tree_sha256"]}
    doctor = client(team, "radiologist")
    post = lambda browser, act, body=None: browser.post(f"{path}/{act}", body, format="json")  # noqa: E731
    assert post(admin, "approve").status_code == 400, "without the hash there is no word"
    wrong = post(admin, "approve", {"tree_sha256": "0" * 64})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "content_not_shown")
    assert post(admin, "approve", shown).json()["can"] == ["retire"]
    assert post(doctor, "approve", shown).status_code == 200
    assert post(admin, "propose", shown).json()["code"] == "reason_needed"
    why = "Tried on twelve studies, not yet with masks."
    assert post(doctor, "propose", {**shown, "reason": why}).status_code == 403
    proposed = post(admin, "propose", {**shown, "reason": why}).json()
    assert (proposed["proposal"]["reason"], proposed["state"]) == (why, "registered")
    assert post(admin, "confirm", shown).status_code == 403
    active = post(doctor, "confirm", shown).json()
    assert (active["state"], active["not_validated_because"]) == ("active", why)
    assert active["last_change"]["confirmed_by"] == "Radiologist Person"
    assert post(admin, "suspend", {"reason": ""}).json()["code"] == "reason_needed"
    assert post(doctor, "suspend", {"reason": why}).status_code == 403
    assert post(admin, "suspend", {"reason": why}).json()["state"] == "suspended"
    assert post(admin, "roll-back", {"reason": why}).json()["code"] == "nothing_to_roll_back_to"
    assert post(admin, "shadow", {"reason": why}).json()["state"] == "shadow"
    assert post(admin, "retire", {"reason": why}).json()["can"] == []
    detail = doctor.get(path).json()
    assert [one["kind"] for one in detail["changes"]] == [
        "retired", "shadowed", "suspended", "activated", "registered",
    ]  # fmt: skip
    assert [one["version"] for one in detail["beside"]] == ["2.0"]
    assert json.dumps(detail["changes"]).count("Radiologist Person") == 1
