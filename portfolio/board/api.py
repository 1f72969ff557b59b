"""This room's part of the API."""

#: Address under /api/v1/ and the viewset that answers it.
routes: list = []
