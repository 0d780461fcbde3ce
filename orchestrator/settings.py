"""Settings: everything comes from the environment, with defaults that fit a laptop."""

from pathlib import Path
from urllib.parse import unquote

import environ
import structlog
from csp.constants import NONE, SELF

from orchestrator.channel_settings import *  # noqa: F403  # settings of their own, named there
from orchestrator.channel_settings import MAIL_FROM
from orchestrator.channels import providers

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
env = environ.Env()

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "only-for-a-laptop-set-SECRET_KEY-on-servers")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # old keys still read links in mails
# makes digests of erased addresses; it must stay when SECRET_KEY changes, else nobody recognises them any more
TOMBSTONE_KEY = env.str("TOMBSTONE_KEY", f"tombstone:{SECRET_KEY}")
TOMBSTONE_FILE = env.str("TOMBSTONE_FILE", "")  # where erasures are noted outside of the database, for after a restore
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
# The address people reach us under: links in mails are built from it, never from a request's Host header.
PUBLIC_URL = env.str("PUBLIC_URL", f"http://127.0.0.1:{env.int('PORT', 8000)}").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# --- our own: what the product needs to know
TEAM_TIME_ZONE = env.str("TEAM_TIME_ZONE", "Europe/Berlin")  # where a person's zone is unknown
DECIDE_LANES = env.int("DECIDE_LANES", 2)  # connections on which a crowd's messages are decided at the same time
TICK_BATCH = env.int("TICK_BATCH", 10_000)  # enrollments moved in one transaction
PUBLISH_ALONE_UP_TO = env.int("PUBLISH_ALONE_UP_TO", 10_000)  # people; more of them want a second person
PULSE_BATCH = env.int("PULSE_BATCH", 20_000)  # contacts with news taken in one transaction
BULK_MEMORY = env.str("BULK_MEMORY", "256MB")  # work_mem of statements about everybody
ENTRY_RETRY_MINUTES = env.int("ENTRY_RETRY_MINUTES", 30)  # how long an entry that lacks data is tried again
# in how many journeys a person is at once; 0: as many as there are
MOST_OPEN_JOURNEYS = env.int("MOST_OPEN_JOURNEYS", 0)
BEAT_SECONDS = env.int("BEAT_SECONDS", 5)  # how often time is looked at
DELIVERY_LEASE_SECONDS = env.int("DELIVERY_LEASE_SECONDS", 60)  # how long a claim to send holds
# what Prometheus sends as a bearer token; without one there is no /metrics
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
IMPORT_MAX_MB = env.int("IMPORT_MAX_MB", 200)  # largest file of people
SHOP_URL = env.str("SHOP_URL", PUBLIC_URL)  # where links in mails lead that content writes as {{ shop_url }}
CONTENT_APPROVAL = env.str("CONTENT_APPROVAL", "two")  # "one": who writes content may approve it
DEMO = env.bool("DEMO", False)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "django_celery_beat",
    "contacts",
    "consent",
    "journeys",
    "reporting",
    "orchestrator",
]
MIDDLEWARE = [
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
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "orchestrator.urls"
WSGI_APPLICATION = "orchestrator.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "orchestrator.navigation.navigation",
            ]
        },
    }
]

# --- database: DATABASE_URL, or the embedded server's socket that the demo and the tests put into PGHOST
DATABASES = {"default": env.db("DATABASE_URL", default="postgres://postgres@/orchestrator")}
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
# a socket's folder stands in a URL as %2Fpath%2Fto
DATABASES["default"]["HOST"] = (
    unquote(DATABASES["default"]["HOST"]) if "DATABASE_URL" in env.ENVIRON else env.str("PGHOST", "")
)
DATABASES["default"]["CONN_MAX_AGE"] = 0  # the pool keeps connections, not the thread
DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": env.int("DB_POOL", 8), "timeout": 30}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- jobs: Postgres is the queue of record, the broker is a doorbell
CELERY_BROKER_URL = env.str("BROKER_URL", "memory://")
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "max_retries": 1,
    # at once: kombu waits two seconds otherwise, in the request that rang
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 2
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- mail
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
# a provider that is called over HTTP instead of EMAIL_URL; its keys stand in the environment under the names of Anymail
MAIL_PROVIDER = env.str("MAIL_PROVIDER", "")
ANYMAIL: dict[str, object] = {}
if MAIL_PROVIDER:
    EMAIL_BACKEND = providers.backend_of(MAIL_PROVIDER)
    ANYMAIL = providers.anymail_settings(MAIL_PROVIDER, env.ENVIRON)
# bounces of mail by SMTP go to bounce+<message>@ this domain, where `manage.py take_bounces` finds them; empty: to the sender
MAIL_BOUNCE_DOMAIN = env.str("MAIL_BOUNCE_DOMAIN", "")
# "host:port" of a DNS server that the page of a sender asks; empty: those of this machine
MAIL_DNS_SERVERS = env.list("MAIL_DNS_SERVERS", default=[])
# what webhooks of providers are proven by: name=secret,... with the words of SOURCES in channels.feedback.hooks; a signing key,
# a public key, a topic of Amazon SNS, or user:password; two that hold while they are changed have a blank between them
FEEDBACK_SECRETS = env.dict("FEEDBACK_SECRETS", default={})
# "host:port" of a provider's API beside the public web
MAIL_ALLOW_PRIVATE = env.list("MAIL_ALLOW_PRIVATE", default=[])
DEFAULT_FROM_EMAIL = MAIL_FROM

# --- language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [ROOT / "orchestrator" / "locale"]
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = TEAM_TIME_ZONE

# --- files
STATIC_URL = "static/"
STATICFILES_DIRS = [
    (part, ROOT / "static" / part) for part in ("css", "js", "vendor") if (ROOT / "static" / part).is_dir()
]
STATIC_ROOT = VAR / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# --- sign-in
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- safety
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
if PUBLIC_URL.startswith("https://"):
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # the hash is the empty style tag that plotly.js makes
        "style-src-elem": [SELF, "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000  # a file of 500 columns has two fields each
FILE_UPLOAD_HANDLERS = [
    "contacts.imports.upload.SizeLimit",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["orchestrator.api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Orchestrator",
    "DESCRIPTION": "Contacts and events in, decisions out.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
}

# --- logs: one JSON line each, no person's data in them
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": [
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "weasyprint": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
    },
}
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
