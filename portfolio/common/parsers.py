"""How the API reads a body: JSON as the standard has it, and no more of it than fits."""

from typing import Any

import orjson
from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser


class TooLarge(APIException):
    """More than is read at once."""

    status_code = 413
    default_code = "too_large"


class JsonParser(BaseParser):
    """Reads JSON; refuses half characters, NaN and endless nesting, which Python's own reader passes on or dies of."""

    media_type = "application/json"

    def parse(self, stream, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return what the body says. Raises ParseError where it is not JSON, TooLarge where there is too much."""
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(most + 1)
        if len(body) > most:
            raise TooLarge(
                f"The body has more than {most:,} bytes, the most that is read at once. Send less at a time."
            )
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON in UTF-8: {error}. Mend it there and send it again.") from error
