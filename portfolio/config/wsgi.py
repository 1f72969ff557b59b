"""The WSGI entrance."""

import os

from django.core.wsgi import get_wsgi_application

from portfolio.config import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portfolio.config.settings")

tracing.start()  # adds to the middleware, which is loaded next
application = get_wsgi_application()
