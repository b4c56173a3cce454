"""What killed workers leave: scratch with image data, results half written."""

import os
import subprocess
import sys
import time
from pathlib import Path

from apps.ai import conf, storage
from apps.ai.processes import clear_what_the_dead_left
from apps.ai.runner.scratch import make_scratch, remove_stale_scratch

ROOT = Path(__file__).resolve().parents[3]


def dead_workers_scratch(root: Path) -> Path:
    """A scratch directory whose maker got ``kill -9`` with an image in it."""
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from apps.ai.runner.scratch import make_scratch\n"
        "made = make_scratch(Path(sys.argv[1]))\n"
        "(made.path / 'in' / 'volume.npy').write_bytes(b'image')\n"
        "print(made.path, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    return Path(done.stdout.strip())


def test_scratch_of_a_dead_worker_goes_though_its_process_number_is_taken_again(tmp_path):
    """In a container that was started again the next worker has the dead one's number."""
    left = dead_workers_scratch(tmp_path)
    lock = left.with_name(f".{left.name}.lock")
    same_number = left.with_name(f"runner-{os.getpid()}-{left.name.split('-')[2]}")
    left.rename(same_number)
    lock.rename(same_number.with_name(f".{same_number.name}.lock"))
    remove_stale_scratch(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_scratch_of_a_living_worker_stays(tmp_path):
    mine = make_scratch(tmp_path)
    (mine.path / "in" / "volume.npy").write_bytes(b"image")
    other = make_scratch(tmp_path)
    remove_stale_scratch(tmp_path)
    assert (mine.path / "in" / "volume.npy").exists() and other.path.exists()
    mine.remove()
    assert not mine.path.exists() and other.path.exists()
    other.remove()
    assert list(tmp_path.iterdir()) == []


def test_worker_that_starts_clears_what_the_dead_left(tmp_path, settings):
    settings.VAR_DIR = tmp_path / "var"
    settings.ARCHIVE_ROOT = tmp_path / "archive"
    conf.scratch_root().mkdir(parents=True)
    left = dead_workers_scratch(conf.scratch_root())
    kept = storage.put_bytes(content=b"whole")
    folder = conf.result_store() / kept[:2]
    old, fresh = folder / ".old.partial", folder / ".fresh.partial"
    for path in (old, fresh):
        path.write_bytes(b"half")
    long_ago = time.time() - 2 * storage.PARTIAL_AFTER_S
    os.utime(old, (long_ago, long_ago))
    os.utime(folder / kept, (long_ago, long_ago))
    clear_what_the_dead_left()
    assert not left.exists()
    assert not old.exists() and fresh.exists(), "the fresh one may have a living writer"
    assert storage.get_bytes(sha256=kept) == b"whole"
