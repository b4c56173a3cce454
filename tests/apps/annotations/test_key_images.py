"""Key images: marked once, taken away, put back, and by whom."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client

from apps.annotations import services
from apps.annotations.api.serializers import KeyImageSerializer
from apps.annotations.exceptions import ImageNotInCase
from apps.annotations.models import KeyImage
from apps.annotations.selectors import describe_key_image, key_images_of_case
from apps.annotations.services import KeyPlace
from apps.audit.models import AuditEntry
from apps.core.exceptions import Forbidden, StaleVersion
from apps.live.protocol.bodies import KeyImageBody
from tests.people import CaseTeam, make_case_team, make_patient
from tests.scans import Scan, import_ct

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team(patient=make_patient())


@pytest.fixture()
def scan(team: CaseTeam, tmp_path: Path) -> Scan:
    return import_ct(case=team.case, folder=tmp_path)


def _place(scan: Scan, index: int = 1) -> KeyPlace:
    return KeyPlace(scan.study_instance_uid, scan.series_instance_uid, scan.slices[index])


def _mark(team: CaseTeam, scan: Scan, who: str = "surgeon", index: int = 1) -> KeyImage:
    return services.add_key_image(
        actor=team.actor(who), case_id=team.case_id, place=_place(scan, index), note="S7"
    )


def test_an_image_is_marked_once(team: CaseTeam, scan: Scan) -> None:
    first, again = _mark(team, scan), _mark(team, scan, "chair")
    assert first.pk == again.pk
    assert [one.pk for one in key_images_of_case(case_id=team.case_id)] == [first.pk]
    entry = AuditEntry.objects.get(action="key_image.added")
    assert (entry.case_id, entry.entity_id) == (team.case_id, str(first.pk))


def test_the_shape_is_the_same_in_rest_and_on_the_socket(team: CaseTeam, scan: Scan) -> None:
    body = describe_key_image(_mark(team, scan))
    KeyImageBody.model_validate(body)
    assert set(KeyImageSerializer().fields) == set(body)


def test_a_mark_taken_away_is_put_back_under_its_id(team: CaseTeam, scan: Scan) -> None:
    made = _mark(team, scan)
    actor = team.actor("surgeon")
    with pytest.raises(StaleVersion):
        services.remove_key_image(actor=actor, key_image_id=made.pk, version=7)
    services.remove_key_image(actor=actor, key_image_id=made.pk, version=1)
    assert not key_images_of_case(case_id=team.case_id)
    back = services.add_key_image(
        actor=actor, case_id=team.case_id, place=_place(scan), key_image_id=made.pk, version=2
    )
    assert (back.pk, back.version, back.note) == (made.pk, 3, "S7")


def test_an_image_of_elsewhere_is_refused(team: CaseTeam, scan: Scan) -> None:
    elsewhere = KeyPlace(scan.study_instance_uid, scan.series_instance_uid, "1.2.3")
    with pytest.raises(ImageNotInCase):
        services.add_key_image(actor=team.actor("surgeon"), case_id=team.case_id, place=elsewhere)


def test_who_sees_the_case_deidentified_marks_and_lists_nothing(team: CaseTeam, scan: Scan) -> None:
    _mark(team, scan)
    with pytest.raises(Forbidden):
        _mark(team, scan, "consultant", index=2)
    guest = Client()
    guest.force_login(team.people["consultant"], backend=BACKEND)
    answer = guest.get("/api/key-images", {"case": str(team.case_id)})
    assert answer.status_code == 403
    assert b"S7" not in answer.content


def test_over_rest_by_whom(team: CaseTeam, scan: Scan) -> None:
    client = Client()
    client.force_login(team.people["surgeon"], backend=BACKEND)
    place = _place(scan)
    body = {
        "case": str(team.case_id),
        "id": str(uuid4()),
        **{name: getattr(place, name) for name in KeyPlace.__slots__},
    }
    made = client.post("/api/key-images", body, content_type="application/json")
    assert made.status_code == 201, made.content
    listed = client.get("/api/key-images", {"case": str(team.case_id)}).json()["results"]
    assert listed == [made.json()]
    other = Client()
    other.force_login(make_case_team().people["surgeon"], backend=BACKEND)
    assert other.get("/api/key-images", {"case": str(team.case_id)}).status_code == 404
    address = f"/api/key-images/{made.json()['id']}"
    assert other.delete(address, headers={"If-Match": '"1"'}).status_code == 404
    assert client.delete(address, headers={"If-Match": '"1"'}).status_code == 204


def test_only_its_author_or_imaging_takes_it_away(team: CaseTeam, scan: Scan) -> None:
    made = _mark(team, scan)
    with pytest.raises(Forbidden):
        services.remove_key_image(actor=team.actor("chair"), key_image_id=made.pk, version=1)
