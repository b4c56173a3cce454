"""How an exception is written into the log: what it was and where, not the values at hand.

A trace with local variables would hold names, tickets and whole messages; it also takes most of a
second to lay out, in which a web process does nothing else.
"""

import traceback
from types import TracebackType

#: With these PostgreSQL quotes rows: the values of a key, the parameters of a statement.
QUOTING = ("DETAIL:", "CONTEXT:", "Failing row")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def describe_exception(exc_info: ExcInfo) -> str:
    """Type, message and the lines of code that led there, causes included."""
    told = traceback.TracebackException(*exc_info, capture_locals=False, compact=True)
    lines = "".join(told.format()).splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith(QUOTING))
