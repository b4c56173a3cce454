"""The Celery application: queues `default` and `ai`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("consilium")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "purge-outbox": {"task": "config.tasks.purge_outbox", "schedule": 3600.0},
    "clear-sessions": {"task": "config.tasks.clear_sessions", "schedule": 3600.0},
}
