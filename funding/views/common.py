"""What the pages of this room share."""

from django.views.decorators.http import require_http_methods

FORM, CONFIRM = "components/page_form.html", "components/page_confirm.html"
get_or_post = require_http_methods(["GET", "HEAD", "POST"])
