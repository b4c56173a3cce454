from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        from apps.accounts import signals  # noqa: F401 - connects sign-in to the audit trail
        from apps.accounts.selectors import actor_for_request
        from apps.core.api.views import register_actor_resolver

        register_actor_resolver(actor_for_request)
