"""The Celery app. With no broker configured, tasks run in the process right after the commit."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portfolio.config.settings")

app = Celery("twofold")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
