"""What travels with the current call without being an argument: request id and op id."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID, uuid4

request_id: ContextVar[str] = ContextVar("request_id", default="")
current_op_id: ContextVar[UUID | None] = ContextVar("current_op_id", default=None)


def ensure_request_id() -> str:
    """The id of the current request; a new one where none was set (tasks, commands)."""
    value = request_id.get()
    if not value:
        value = uuid4().hex
        request_id.set(value)
    return value


@contextmanager
def use_op_id(op_id: UUID) -> Iterator[None]:
    """Events recorded inside carry ``op_id``, so that a retry can find its first outcome."""
    token = current_op_id.set(op_id)
    try:
        yield
    finally:
        current_op_id.reset(token)
