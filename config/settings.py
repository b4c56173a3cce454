"""Settings, read from the environment; every name is in `.env.example`."""

import secrets
import warnings
from pathlib import Path

import structlog

from apps.core.env import (
    parse_database_url,
    read_bool,
    read_int,
    read_list,
    read_path,
    read_rates,
    read_str,
)
from config.logs import describe_exception
from config.openapi import SPECTACULAR_SETTINGS  # noqa: F401 - a setting of Django

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = read_path("CONSILIUM_VAR", BASE_DIR / "var")
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
ARCHIVE_ROOT = read_path("CONSILIUM_ARCHIVE", VAR_DIR / "archive")
#: ``s3://bucket/prefix``: published series live there; drafts and derived files stay on disk.
ARCHIVE_S3 = read_str("CONSILIUM_ARCHIVE_S3")
ARCHIVE_S3_ENDPOINT = read_str("CONSILIUM_ARCHIVE_S3_ENDPOINT")
SCRATCH_ROOT = VAR_DIR / "scratch"


def _secret_key() -> str:
    """The key given, or one made once for this installation and kept 0600."""
    given = read_str("SECRET_KEY")
    if given:
        return given
    path = VAR_DIR / "secret.key"
    if not path.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


SECRET_KEY = _secret_key()
DEBUG = read_bool("CONSILIUM_DEBUG")
PORT = read_int("PORT", 8000)
HTTPS = read_bool("CONSILIUM_HTTPS")
ALLOWED_HOSTS = read_list("CONSILIUM_ALLOWED_HOSTS", ("127.0.0.1", "localhost", "[::1]"))
ALLOWED_ORIGINS = read_list(
    "CONSILIUM_ALLOWED_ORIGINS", (f"http://127.0.0.1:{PORT}", f"http://localhost:{PORT}")
)
CSRF_TRUSTED_ORIGINS = ALLOWED_ORIGINS

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "channels",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "config",
    "apps.core",
    "apps.audit",
    "apps.terminology",
    "apps.accounts",
    "apps.cases",
    "apps.imaging",
    "apps.annotations",
    "apps.ai",
    "apps.boards",
    "apps.intake",
    "apps.followup",
    "apps.live",
    "apps.interop",
    "apps.demo",
]
# An app counts once its AppConfig exists; the list above is the order of the floors.
INSTALLED_APPS = [
    app
    for app in INSTALLED_APPS
    if not app.startswith("apps.") or (BASE_DIR / app.replace(".", "/") / "apps.py").exists()
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "apps.core.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "apps.accounts.places.PlaceMiddleware",
    "apps.accounts.middleware.IdleSignOffMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- truth: PostgreSQL -------------------------------------------------------------------
DATABASES = {
    "default": {
        **parse_database_url(read_str("DATABASE_URL", "postgres://unset@localhost/unset")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": "5",
    **DATABASES["default"]["OPTIONS"],
}
# Under ASGI every request has a thread of its own, so a connection kept per thread is a connection
# never used again: the web processes share a pool. Workers fork and keep theirs (0 here).
DB_POOL = read_int("CONSILIUM_DB_POOL", 0)
if DB_POOL:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 2, "max_size": DB_POOL, "timeout": 10}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- bells and messages: any Redis-protocol server ----------------------------------------
REDIS_URL = read_str("REDIS_URL", "redis://localhost:6379/0")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "consilium"}
}


def _broker_url(url: str) -> str:
    """Celery spells unix sockets differently from redis-py."""
    if not url.startswith("unix:"):
        return url
    return "redis+socket" + url.removeprefix("unix").replace("?db=", "?virtual_host=")


#: Lanes of the live session whose rate is another than in apps/live/limits.py.
LIVE_LANE_RATES = read_rates("CONSILIUM_LIVE_LANE_RATES")

CELERY_BROKER_URL = _broker_url(REDIS_URL)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_timeout": 10}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ALWAYS_EAGER = False

# --- sign-in -------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "apps.core.api.problems.csrf_failure"
IDLE_SIGN_OFF_S = read_int("CONSILIUM_IDLE_SIGN_OFF_S", 900)

ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "apps.accounts.adapters.ClosedAccountAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
SOCIALACCOUNT_ADAPTER = "apps.accounts.adapters.ClosedSocialAccountAdapter"
SOCIALACCOUNT_ONLY = False
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser",)
HEADLESS_FRONTEND_URLS = {
    "account_confirm_email": "/sign-in",
    "account_reset_password": "/sign-in",
    "account_reset_password_from_key": "/sign-in/reset/{key}",
    "account_signup": "/sign-in",
    "socialaccount_login_error": "/sign-in?error=oidc",
}
MFA_ADAPTER = "apps.accounts.adapters.SealedMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Consilium"
# Whoever comes to an unattended screen later does not read them off it.
MFA_RECOVERY_CODES_SHOW_ONCE = True
OIDC_ISSUER = read_str("CONSILIUM_OIDC_ISSUER")
if OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "hospital",
                    "name": read_str("CONSILIUM_OIDC_NAME", "Hospital sign-in"),
                    "client_id": read_str("CONSILIUM_OIDC_CLIENT_ID"),
                    "secret": read_str("CONSILIUM_OIDC_CLIENT_SECRET"),
                    "settings": {"server_url": OIDC_ISSUER},
                }
            ],
            "OAUTH_PKCE_ENABLED": True,
        }
    }
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "email"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "apps.accounts.lockout.answer_lockout"

# --- HTTP ----------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
# Asked by the machine itself, past the proxy that ends TLS.
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        # The pixel codecs are WebAssembly; see docs/threat-model.md.
        "script-src": ["'self'", "'wasm-unsafe-eval'"],
        "worker-src": ["'self'", "blob:"],
        # The UI kit positions with inline style attributes; scripts stay strict.
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'", "ws:" if not HTTPS else "wss:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 5000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_TEMP_DIR = None

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_ROOT = str(FRONTEND_DIST) if FRONTEND_DIST.exists() else None
WHITENOISE_INDEX_FILE = False
# Vite names its files by content: those may be cached for ever, index.html never.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$"
WHITENOISE_USE_FINDERS = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.accounts.authentication.SessionAuthentication401"],
    "DEFAULT_PERMISSION_CLASSES": ["apps.core.api.permissions.DeclaredPolicy"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.api.renderers.ProblemJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.api.pagination.StandardCursorPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.core.api.problems.handle_exception",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

# --- signs of life ---------------------------------------------------------------------------
METRICS_TOKEN = read_str("CONSILIUM_METRICS_TOKEN")

# --- imaging -------------------------------------------------------------------------------
CONSILIUM_PACS_URL = read_str("CONSILIUM_PACS_URL")
# Origins of other DICOMweb viewers (OHIF) that may call the gateway with a bearer token.
DICOMWEB_ORIGINS = read_list("CONSILIUM_DICOMWEB_ORIGINS", ())
ARCHIVE_BUDGET_BYTES = read_int("CONSILIUM_ARCHIVE_BUDGET_BYTES", 500 * 1024**3)
PREFETCH_HOURS = read_int("CONSILIUM_PREFETCH_HOURS", 24)
RECHECK_S = read_int("CONSILIUM_RECHECK_S", 1800)
RECHECK_NEAR_S = read_int("CONSILIUM_RECHECK_NEAR_S", 120)

# --- words and time ------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = read_str("CONSILIUM_TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = True
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# The DICOM libraries quote attribute values, names among them, in their warnings.
warnings.filterwarnings("ignore", module=r"(pydicom|highdicom)(\.|$)")

# --- logs: structured, one line each, no patient data ----------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(describe_exception),
                structlog.processors.JSONRenderer()
                if read_bool("CONSILIUM_LOG_JSON")
                else structlog.dev.ConsoleRenderer(colors=False),
            ],
            "foreign_pre_chain": [
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso"),
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": read_str("CONSILIUM_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "pydicom": {"level": "ERROR"},
    },
}
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
