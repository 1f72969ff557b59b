"""This room's part of the API."""

from portfolio.rebalance import decision_api

#: Address under /api/v1/ and the viewset that answers it.
routes: list = [*decision_api.routes]
