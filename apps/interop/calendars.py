"""Meetings as iCalendar (RFC 5545, RFC 5546). No patient, no case title: how many cases, and where.

The same meeting has the same UID in every calendar; SEQUENCE rises with every change of time or
place, so a client never shows an older one. Times are in UTC: each meeting is an entry of its own,
made in the board's time zone before it comes here, so no client has to know that zone's rules.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from icalendar import Calendar, Event, vCalAddress, vText, vUri

Method = Literal["PUBLISH", "REQUEST", "CANCEL"]
PRODUCT = "-//Consilium//Consilium//EN"
REFRESH = timedelta(hours=1)
MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who is invited. ``is_core``: the board does not meet without them."""

    name: str
    email: str
    is_core: bool


@dataclass(frozen=True, slots=True)
class CalendarMeeting:
    """What a calendar shows of a meeting. Instants are aware; ``url`` leads to the meeting."""

    id: UUID
    board: str
    starts_at: datetime
    ends_at: datetime
    case_count: int
    room: str
    video_url: str
    url: str
    sequence: int
    updated_at: datetime
    is_cancelled: bool
    organizer: Guest | None = None
    guests: tuple[Guest, ...] = field(default=())


def write_calendar(meetings: Iterable[CalendarMeeting], *, method: Method, name: str = "") -> bytes:
    """One calendar, CRLF lines folded at 75 octets.

    A UID is the meeting's own UUID (RFC 7986 5.3), by whatever address it is asked for. REQUEST
    and CANCEL are about one meeting, with organizer and guests (RFC 5546 3.2); PUBLISH is a feed,
    where nobody is listed.
    """
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("method", method)
    if name:
        calendar.add("x-wr-calname", _said(name))
        calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT1H")
    for meeting in meetings:
        calendar.add_component(_event(meeting, method=method))
    written: bytes = calendar.to_ical()
    return written


def _event(meeting: CalendarMeeting, *, method: Method) -> Event:
    event = Event()
    event.add("uid", str(meeting.id))
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", meeting.updated_at)
    event.add("last-modified", meeting.updated_at)
    event.add("dtstart", meeting.starts_at)
    event.add("dtend", meeting.ends_at)
    event.add("summary", _said(meeting.board))
    event.add("status", "CANCELLED" if meeting.is_cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT" if meeting.is_cancelled else "OPAQUE")
    if meeting.room:
        event.add("location", _said(meeting.room))
    event.add("url", vUri(meeting.url))
    event.add("description", _describe(meeting))
    if meeting.video_url:
        event.add("conference", vUri(meeting.video_url), parameters={"VALUE": "URI"})
    if method != "PUBLISH":
        _invite(event, meeting)
    return event


def _describe(meeting: CalendarMeeting) -> str:
    cases = "1 case" if meeting.case_count == 1 else f"{meeting.case_count} cases"
    lines = [cases, meeting.url]
    if meeting.video_url:
        lines.append(meeting.video_url)
    return "\n".join(lines)


def _invite(event: Event, meeting: CalendarMeeting) -> None:
    if meeting.organizer is not None:
        event.add("organizer", _address(meeting.organizer))
    for guest in meeting.guests:
        attendee = _address(guest)
        attendee.params["ROLE"] = vText("REQ-PARTICIPANT" if guest.is_core else "OPT-PARTICIPANT")
        attendee.params["CUTYPE"] = vText("INDIVIDUAL")
        attendee.params["PARTSTAT"] = vText("NEEDS-ACTION")
        attendee.params["RSVP"] = vText("FALSE" if meeting.is_cancelled else "TRUE")
        event.add("attendee", attendee, encode=False)


def _address(guest: Guest) -> vCalAddress:
    address = vCalAddress(f"mailto:{guest.email}")
    address.params["CN"] = vText(_said(guest.name).replace('"', "'"))
    return address


def _said(text: str) -> str:
    """One line of printable characters; the library escapes what iCalendar reads as syntax."""
    line = " ".join(text.split())
    return "".join(one for one in line if one.isprintable())[:MAX_TEXT]
