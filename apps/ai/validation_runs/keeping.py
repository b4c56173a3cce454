"""What a running validation holds: its lease, and copies of images that must not stay."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from apps.ai import conf
from apps.ai.validation_runs import services

logger = logging.getLogger(__name__)


def scratch_directory() -> Path:
    """Of this process; what dead ones left is removed: it may hold image data."""
    root = Path(settings.VAR_DIR) / "ai" / "validation"
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in root.glob("run-*-*"):
        owner = left.name.split("-")[1]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"run-{os.getpid()}-", dir=root))


class LeaseKeeper:
    """Extends the lease from a thread of its own: a long study, or a patient's job in between."""

    def __init__(self, run_id: UUID) -> None:
        self._run_id = run_id
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="validation-lease", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join(timeout=conf.HEARTBEAT_S)

    def _beat(self) -> None:
        try:
            while not self._stop.wait(conf.VALIDATION_BEAT_S):
                try:
                    services.extend_lease(run_id=self._run_id)
                except DatabaseError:
                    logger.warning("validation run %s: lease not extended", self._run_id)
                    close_old_connections()
        finally:
            connection.close()
