from django.apps import AppConfig


class BoardsConfig(AppConfig):
    name = "apps.boards"
    label = "boards"

    def ready(self) -> None:
        from apps.boards.selectors import next_meetings
        from apps.core.registry import case_summaries

        case_summaries.register("boards.next_meeting", next_meetings)
