"""Every route declares a policy, and everything denies by default."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from apps.core.api.views import ConsiliumView
from apps.core.policies import anyone

METHODS = ("get", "post", "put", "patch", "delete")

OPEN_ON_PURPOSE = {
    "schema": "the API's own description",
    "docs": "the API's own description",
    "livez": "liveness, no data",
    "readyz": "readiness, names of dependencies only",
    "metrics": "guarded by its own token",
}
"""Routes that are not DRF views of ours, each with the reason why that is safe."""

FOREIGN_PREFIXES = ("_allauth/", "accounts/")
"""django-allauth guards its own routes (sign-in must be reachable without a session)."""

ZERO = "00000000-0000-0000-0000-000000000000"


def walk(
    patterns: list[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, route)
        else:
            yield route, entry


ROUTES = [
    (route, entry)
    for route, entry in walk(get_resolver().url_patterns)
    if not route.startswith(FOREIGN_PREFIXES)
]


def view_of(entry: URLPattern) -> type[ConsiliumView] | None:
    """The view behind a route, where it is one of ours."""
    view = getattr(entry.callback, "view_class", None) or getattr(entry.callback, "cls", None)
    return view if view is not None and issubclass(view, ConsiliumView) else None


OURS = [(route, view) for route, entry in ROUTES if (view := view_of(entry))]


def fill(route: str) -> str:
    path = route
    while "<" in path:
        start, end = path.index("<"), path.index(">")
        converter = path[start + 1 : end].split(":")[0]
        value = {"uuid": ZERO, "int": "1"}.get(converter, "1.2.3")
        path = path[:start] + value + path[end + 1 :]
    return "/" + path.lstrip("^").rstrip("$")


@pytest.mark.parametrize(("route", "entry"), ROUTES, ids=[route for route, _ in ROUTES])
def test_every_route_declares_a_policy_for_every_method(route: str, entry: URLPattern) -> None:
    view = view_of(entry)
    if view is None:
        guarded = getattr(entry.callback, "consilium_policy", None)
        assert (
            entry.name in OPEN_ON_PURPOSE
            or guarded is not None
            or entry.callback.__name__ == "serve_frontend"
        ), f"{route}: no declared policy"
        return
    answered = {method for method in METHODS if hasattr(view, method)}
    assert answered, f"{route}: answers no method"
    assert answered == set(view.policies), (
        f"{route}: methods {sorted(answered)} but policies {sorted(view.policies)}"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("route", "view"), OURS, ids=[route for route, _ in OURS])
def test_anonymous_requests_get_nowhere(route: str, view: type[ConsiliumView]) -> None:
    client = Client()
    for method in METHODS:
        policy = view.policies.get(method)
        if policy is None or policy is anyone:
            continue
        answer = getattr(client, method)(fill(route))
        assert answer.status_code in {401, 403, 404}, f"{method} {route}: {answer.status_code}"
        assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_the_walk_found_the_house() -> None:
    assert len(OURS) > 25
