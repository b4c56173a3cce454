from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """A list of patients becomes a draft agenda."""

    name = "apps.intake"
    label = "intake"
