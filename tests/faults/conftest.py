"""A room of one case, on a database that several processes share."""

import pytest

from apps.live import services
from apps.live.models import LiveSession
from tests.people import CaseTeam, make_case_team


@pytest.fixture()
def team(transactional_db: None) -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def session(team: CaseTeam) -> LiveSession:
    opened, _ = services.open_ad_hoc_session(actor=team.actor("chair"), case_id=team.case_id)
    return opened
