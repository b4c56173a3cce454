"""The Celery application: queues `default` and `ai`."""

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Celery warns root of pickled messages; only JSON is accepted here (settings.py).
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("consilium")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "purge-outbox": {"task": "config.tasks.purge_outbox", "schedule": 3600.0},
    "clear-sessions": {"task": "config.tasks.clear_sessions", "schedule": 3600.0},
    "watch-models": {"task": "apps.ai.tasks.watch_models", "schedule": crontab(hour=4, minute=20)},
    "make-meetings": {
        "task": "apps.boards.tasks.make_meetings_ahead",
        "schedule": crontab(hour=3, minute=50),
    },
    "refresh-readiness": {
        "task": "apps.boards.tasks.refresh_waiting_readiness",
        "schedule": crontab(minute=35),
    },
}
