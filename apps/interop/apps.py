from django.apps import AppConfig


class InteropConfig(AppConfig):
    """What leaves for other systems: calendars. Nothing here knows how things are stored."""

    name = "apps.interop"
    label = "interop"
