"""Everything that reaches one page, from the socket and by HTTP, searched for what may not."""

from __future__ import annotations

from playwright.sync_api import Page, Request, Response, WebSocket

from tests.security.canaries import found_in


class Ear:
    """Listens to a page from now on; nothing is kept but what was found.

    Parameters
    ----------
    secrets
        What may not be heard, beside the canaries that tests plant.
    """

    def __init__(self, page: Page, *, secrets: list[bytes]) -> None:
        self.secrets = secrets
        self.heard = self.frames = 0
        #: Answers whose body was gone before it could be read: what was in them nobody knows.
        self._unread: list[Request] = []
        self._page = page
        self._found: dict[str, set[bytes]] = {}
        page.on("response", self._hear)
        page.on("websocket", self._listen)

    def found(self) -> dict[str, set[bytes]]:
        """Where something was heard, and what."""
        return self._found

    def ask_again(self) -> list[str]:
        """Ask, as this page, for every answer that was gone too soon; what stays unknown.

        What a kill or a page that went on cut off (`failure`), the page did not get either; it is
        asked for all the same where that can be done.
        """
        asked, self._unread = self._unread, []
        unknown = []
        for request in asked:
            told = False
            if request.method == "GET":
                answer = self._page.request.fetch(request)
                self._search(request.url, answer.body())
                told = answer.ok
            if not told and request.failure is None:
                unknown.append(f"{request.method} {request.url}")
        return unknown

    def _hear(self, response: Response) -> None:
        if response.status in {204, 304} or 300 <= response.status < 400:
            body = b""
        else:
            try:
                body = response.body()
            except Exception:  # noqa: BLE001 - the page went on before it had it
                body = b""
                self._unread.append(response.request)
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        self.heard += bool(body)
        self._search(response.url, response.url.encode() + headers.encode() + body)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda text: self._frame(socket.url, text))

    def _frame(self, url: str, text: str | bytes) -> None:
        self.frames += 1
        self._search(url, text.encode() if isinstance(text, str) else text)

    def _search(self, where: str, body: bytes) -> None:
        found = found_in(body) | {one for one in self.secrets if one in body}
        if found:
            self._found.setdefault(where, set()).update(found)
