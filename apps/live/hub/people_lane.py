"""The people of a room: who is here, who presents, who follows."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from apps.live import limits, selectors, services
from apps.live.hub.context import RoomContext
from apps.live.hub.database import run_db
from apps.live.hub.member import Member
from apps.live.hub.roster import Roster
from apps.live.models import LiveSession

Json = dict[str, Any]


class PeopleLane:
    """Kept in memory and on the bus, and may be lost; who presents is the log's.

    Parameters
    ----------
    when_left
        Called with the ids of people who are no longer here, on no process.
    """

    def __init__(self, room: RoomContext, *, when_left: Callable[[list[str]], None]) -> None:
        self._room = room
        self._when_left = when_left
        self.presenter: Json = {"user": None, "epoch": 0}
        self.roster = Roster()
        self.followers = 0
        self._absent_since: float | None = None
        self._publishes = False

    async def load(self) -> None:
        self.presenter = await run_db(_read_presenter, session_id=self._room.session_id)
        now = time.monotonic()
        for process, people in (await self._room.bus.read_rosters(self._room.session_id)).items():
            self.roster.hear(process=process, people=people, now=now)
        self.roster.update_shown()

    # ── who is here ───────────────────────────────────────────────────────────────────

    def admit(self, member: Member) -> None:
        """From now on the member counts as here; its welcome is the first thing it gets."""
        member.welcomed = True
        self.roster.set_local(self._room.welcomed())
        self._publish_soon()

    def look(self) -> None:
        """Local sockets may have changed: tell the other processes, and show it here."""
        if self.roster.set_local(self._room.welcomed()):
            self._publish_soon()
        self.show()

    def _publish_soon(self) -> None:
        """Fifty who leave together are told once."""
        if not self._publishes:
            self._publishes = True
            self._room.spawn(self.publish())

    async def publish(self) -> None:
        self._publishes = False
        await self._room.bus.tell_rosters({self._room.session_id: list(self.roster.local)})

    def hear(self, message: Json) -> None:
        if message["p"] == self._room.bus.process_id:
            return
        self.roster.hear(process=message["p"], people=message["people"], now=time.monotonic())
        self.show()

    def tick(self) -> None:
        now = time.monotonic()
        if not self._room.bus.is_alive:
            self.roster.keep_alive(now=now)
        self.roster.forget_silent(now=now)
        self.show()

    def show(self) -> None:
        changed, left = self.roster.update_shown()
        for person in changed:
            self._room.tell_all({"type": "participant.joined", "person": person})
        for user_id in left:
            self._room.tell_all({"type": "participant.left", "user": user_id})
        if left:
            self._when_left(left)
        self._count_followers()

    # ── who presents ──────────────────────────────────────────────────────────────────

    @property
    def presenter_id(self) -> str | None:
        user = self.presenter["user"]
        return user["id"] if user else None

    @property
    def presenter_is_here(self) -> bool:
        """The presenter has a socket on this process."""
        return any(self.is_presenter(member) for member in self._room.members)

    @property
    def is_vacant(self) -> bool:
        """Nobody holds the token, or who holds it has been away past the grace."""
        if self.presenter_id is None:
            return True
        away = self._absent_since
        return away is not None and time.monotonic() - away >= limits.PRESENTER_GRACE_S

    def is_presenter(self, member: Member) -> bool:
        return str(member.user_id) == self.presenter_id

    def change_presenter(self, presenter: Json) -> None:
        """A new epoch: the new presenter leads, everybody else follows as they did."""
        before = self.presenter_id
        self.presenter = presenter
        self._absent_since = None
        for member in self._room.members:
            if self.is_presenter(member):
                member.following = False
            elif str(member.user_id) == before:
                member.following = True
        self.followers = self.roster.followers(presenter_id=self.presenter_id)
        self._tell_presenter()
        self.look()

    async def watch_presenter(self) -> None:
        """Thirty seconds without the presenter: the token goes to the chair (LIVE-P2)."""
        present = self.presenter_id is None or self.presenter_id in self.roster.shown
        if present or not self._room.bus.is_alive:
            self._absent_since = None
            return
        now = time.monotonic()
        if self._absent_since is None:
            self._absent_since = now
        if now - self._absent_since >= limits.PRESENTER_GRACE_S:
            await run_db(
                services.return_token,
                session_id=self._room.session_id,
                epoch=self.presenter["epoch"],
            )

    def _count_followers(self) -> None:
        followers = self.roster.followers(presenter_id=self.presenter_id)
        if followers != self.followers:
            self.followers = followers
            self._tell_presenter()

    def _tell_presenter(self) -> None:
        self._room.tell_all(
            {
                "type": "presenter.changed",
                "presenter": self.presenter,
                "followers": self.followers,
            }
        )


def _read_presenter(*, session_id: UUID) -> Json:
    session = LiveSession.objects.select_related("presenter").get(pk=session_id)
    return selectors.describe_presenter(session)
