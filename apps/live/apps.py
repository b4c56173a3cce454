from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "apps.live"
    label = "live"

    def ready(self) -> None:
        from apps.annotations.segmentations.guards import edit_guards
        from apps.boards.events import AgendaMoved, MeetingEvent
        from apps.boards.room_views import room_views
        from apps.cases.embargo import ai_embargoes
        from apps.core.events import CaseEvent, subscribe
        from apps.core.registry import case_needs, periodic
        from apps.live.embargo import withhold_in_room
        from apps.live.events import SessionEvent
        from apps.live.log import append_case_event, append_meeting_event, append_session_event
        from apps.live.recordings.decision_views import view_of_room
        from apps.live.recordings.retention import plan_purge
        from apps.live.selectors import cases_in_session
        from apps.live.services import guard_edit, purge_screens, purge_tickets, show_next_case

        case_needs.register("live.sessions", cases_in_session)
        periodic.register("live.tickets", purge_tickets)
        periodic.register("live.recordings", plan_purge)
        room_views.register("live.stage", view_of_room)
        ai_embargoes.register("live.room", withhold_in_room)
        periodic.register("live.screens", purge_screens)
        edit_guards.register("live.leases", guard_edit)
        # Before the log, whose lock on the session's row is the last one.
        subscribe(AgendaMoved, show_next_case)
        subscribe(CaseEvent, append_case_event)
        subscribe(SessionEvent, append_session_event)
        subscribe(MeetingEvent, append_meeting_event)
