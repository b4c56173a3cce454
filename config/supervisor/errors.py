"""Why the stack cannot start, in one line a person can act on."""


class CannotStart(Exception):
    """Shown to whoever typed ``manage.py up``, as its only line; the process then exits with 1."""
