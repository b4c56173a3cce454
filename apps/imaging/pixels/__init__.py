"""The pixel path: raw ASGI, ahead of Django, no database access per frame."""

from apps.imaging.pixels.app import pixel_app

__all__ = ["pixel_app"]
