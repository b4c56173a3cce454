"""Hanging protocols: how the images of a case are laid out when it opens, as validated data."""

from apps.boards.hangings.builtin import builtin_hangings
from apps.boards.hangings.document import BuiltinHanging, HangingDocument

__all__ = ["BuiltinHanging", "HangingDocument", "builtin_hangings"]
