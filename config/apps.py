from django.apps import AppConfig


class HouseConfig(AppConfig):
    """Makes the house's own commands (`manage.py up`) available."""

    name = "config"
    label = "house"
