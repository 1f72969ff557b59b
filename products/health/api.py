"""This room's part of the API: each subject says its own addresses."""

#: Address under /api/v1/ and the viewset that answers it.
routes: list = []
