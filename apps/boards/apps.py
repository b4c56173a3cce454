from django.apps import AppConfig


class BoardsConfig(AppConfig):
    name = "apps.boards"
    label = "boards"

    def ready(self) -> None:
        from apps.boards.embargo import revealed_after_reading, withhold_from_agenda
        from apps.boards.readiness.sources import register_sources
        from apps.boards.readiness_selectors import readiness_and_next_meetings
        from apps.boards.selectors import cases_on_coming_agendas, decisions_about, name_boards
        from apps.boards.subscriptions import follow_events
        from apps.boards.timeline import boards_on_timeline
        from apps.cases.embargo import ai_embargoes, ai_reveals
        from apps.core.registry import (
            board_names,
            case_decisions,
            case_needs,
            case_summaries,
            timeline,
        )

        board_names.register("boards", name_boards)
        ai_embargoes.register("boards.agenda", withhold_from_agenda)
        ai_reveals.register("boards.agenda", revealed_after_reading)
        case_decisions.register("boards.decisions", decisions_about)
        case_needs.register("boards.agenda", cases_on_coming_agendas)
        timeline.register("boards", boards_on_timeline)
        case_summaries.register("boards.readiness", readiness_and_next_meetings)
        register_sources()
        follow_events()
