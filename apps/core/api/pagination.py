"""Cursor pagination: stable under writes, no counting."""

from rest_framework.pagination import CursorPagination


class StandardCursorPagination(CursorPagination):
    """``{next, previous, results}``; a stable order ending in the primary key."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering = ("-created_at", "id")
