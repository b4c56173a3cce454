"""Every route of the house. A test walks this and fails on one without a declared policy."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from config.frontend import serve_frontend
from config.settings import BASE_DIR

API_APPS = (
    "accounts",
    "audit",
    "terminology",
    "cases",
    "imaging",
    "annotations",
    "ai",
    "boards",
    "intake",
    "followup",
    "live",
    "interop",
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("_allauth/", include("allauth.headless.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]
urlpatterns += [
    path("api/", include(f"apps.{app}.api.urls"))
    for app in API_APPS
    if (BASE_DIR / "apps" / app / "api" / "urls.py").exists()
]
if (BASE_DIR / "apps/imaging/gateway/urls.py").exists():
    urlpatterns.append(path("dicomweb/", include("apps.imaging.gateway.urls")))
if (BASE_DIR / "config/health.py").exists():
    urlpatterns.append(path("", include("config.health")))
# The single-page application answers every path that no API owns.
urlpatterns.append(
    re_path(
        r"^(?!api/|_allauth/|dicomweb/|pixels/|ws/|static/|assets/|metrics|livez|readyz).*$",
        serve_frontend,
    )
)

handler404 = "apps.core.api.problems.not_found"
handler500 = "apps.core.api.problems.server_error"
