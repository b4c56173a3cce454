"""The link to the hospital's own video call: https, and no patient in it (LIVE-M8)."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.boards import services
from apps.boards.choices import BoardRole
from apps.boards.models import Meeting
from apps.boards.video import check_video_url
from apps.core.exceptions import Forbidden, InvalidInput, StaleVersion
from tests.people import CaseTeam, make_case_team, make_patient

START = datetime(2027, 1, 12, 14, tzinfo=UTC)


def _refusal(url: str, *, names: tuple[str, ...] = (), ids: tuple[str, ...] = ()) -> str | None:
    try:
        check_video_url(url=url, names=names, patient_ids=ids)
    except InvalidInput as error:
        return error.error_code
    return None


@pytest.mark.parametrize(
    "url",
    [
        "http://video.example/room",
        "javascript:alert(1)",
        "https://",
        "https://user:secret@video.example/room",
        "ftp://video.example/room",
    ],
)
def test_LIVE_M8_only_https_and_no_password(url: str) -> None:
    assert _refusal(url) == "video_url_not_https"


@pytest.mark.parametrize(
    "url",
    [
        "https://video.example/doe-jane",
        "https://video.example/r?name=DOE",
        "https://video.example/r#%64oe",
        "https://video.example/r/PHX-00017",
        "https://video.example/r/phx00017",
        "https://video.example/j/4711",
    ],
)
def test_LIVE_M8_no_name_and_no_number_of_a_patient(url: str) -> None:
    known = {"names": ("Doe^Jane",), "ids": ("PHX-00017", "4711")}
    assert _refusal(url, **known) == "video_url_names_patient"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://video.example/thoracic-board",
        "https://doe.example/r/1234714711",  # a host is nobody; a short number by chance
        "https://video.example/r/adoeb",
    ],
)
def test_LIVE_M8_other_links_are_taken(url: str) -> None:
    assert _refusal(url, names=("Doe^Jane", "Li^A"), ids=("4711",)) is None


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team(patient=make_patient(name="Quillfeather^Ada"))


@pytest.fixture()
def meeting(team: CaseTeam) -> Meeting:
    actor = team.actor("coordinator")
    board = services.create_board(actor=actor, name="Thoracic")
    services.add_board_member(
        actor=actor, board_id=board.pk, user_id=team.people["surgeon"].pk, role=BoardRole.CORE
    )
    return services.schedule_meeting(
        actor=actor, board_id=board.pk, starts_at=START, ends_at=START + timedelta(hours=1)
    )


def test_LIVE_M8_who_runs_the_meeting_says_where_it_meets(team: CaseTeam, meeting: Meeting) -> None:
    url = "https://video.example/thoracic"
    revised = services.revise_meeting(
        actor=team.actor("coordinator"),
        meeting_id=meeting.pk,
        version=1,
        room="2.14",
        video_url=url,
    )
    assert (revised.room, revised.video_url, revised.version) == ("2.14", url, 2)
    with pytest.raises(StaleVersion):
        services.revise_meeting(
            actor=team.actor("coordinator"), meeting_id=meeting.pk, version=1, room="3"
        )
    with pytest.raises(Forbidden):
        services.revise_meeting(
            actor=team.actor("surgeon"), meeting_id=meeting.pk, version=2, room="3"
        )


def test_LIVE_M8_the_link_and_the_agenda_are_checked_against_each_other(
    team: CaseTeam, meeting: Meeting
) -> None:
    naming = "https://video.example/quillfeather"
    coordinator = team.actor("coordinator")
    revised = services.revise_meeting(
        actor=coordinator, meeting_id=meeting.pk, version=1, video_url=naming
    )
    with pytest.raises(InvalidInput) as refusal:
        services.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=team.case_id)
    assert refusal.value.error_code == "video_url_names_patient"
    services.revise_meeting(
        actor=coordinator, meeting_id=meeting.pk, version=revised.version, video_url=""
    )
    services.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=team.case_id)
    with pytest.raises(InvalidInput):
        services.revise_meeting(
            actor=coordinator, meeting_id=meeting.pk, version=3, video_url=naming
        )
