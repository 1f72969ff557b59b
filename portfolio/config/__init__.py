"""How the application is put together: settings, URLs, the Celery app, and the two server entrances."""

from portfolio.config.celery import app as celery_app

__all__ = ["celery_app"]
