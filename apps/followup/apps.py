from django.apps import AppConfig


class FollowUpConfig(AppConfig):
    """What became of what was recommended, and what a board can count of itself."""

    name = "apps.followup"
    label = "followup"

    def ready(self) -> None:
        from apps.boards.events import DecisionSigned
        from apps.cases.closing import case_close_checks
        from apps.core.events import subscribe
        from apps.followup.services import plan_follow_up, refuse_open_follow_up

        subscribe(DecisionSigned, plan_follow_up)
        case_close_checks.register("followup", refuse_open_follow_up)
