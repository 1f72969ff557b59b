"""Addresses of this room's pages."""

from django.urls import path

from funding.views import allocations, histories, ledger, rates, streams

app_name = "funding"
urlpatterns = [
    path("", streams.stream_list, name="stream-list"),
    path("add/", streams.stream_add, name="stream-add"),
    path("allocations/", allocations.allocation_list, name="allocation-list"),
    path("allocations/add/", allocations.allocation_add, name="allocation-add"),
    path("allocations/<int:pk>/", allocations.allocation_detail, name="allocation-detail"),
    path("allocations/<int:pk>/change/", allocations.allocation_change, name="allocation-change"),
    path("allocations/<int:pk>/correct/", allocations.allocation_correct, name="allocation-correct"),
    path("allocations/<int:pk>/retract/", allocations.allocation_retract, name="allocation-retract"),
    path("ledger/", ledger.ledger_entry_list, name="ledger-entry-list"),
    path("ledger/add/", ledger.ledger_entry_add, name="ledger-entry-add"),
    path("ledger/<int:pk>/", ledger.ledger_entry_detail, name="ledger-entry-detail"),
    path("ledger/<int:pk>/correct/", ledger.ledger_entry_correct, name="ledger-entry-correct"),
    path("ledger/<int:pk>/retract/", ledger.ledger_entry_retract, name="ledger-entry-retract"),
    path("products/<slug:code>/", histories.product, name="product"),
    path("rates/", rates.exchange_rate_list, name="exchange-rate-list"),
    path("rates/add/", rates.exchange_rate_add, name="exchange-rate-add"),
    path("rates/<int:pk>/", rates.exchange_rate_detail, name="exchange-rate-detail"),
    path("rates/<int:pk>/correct/", rates.exchange_rate_correct, name="exchange-rate-correct"),
    path("rates/<int:pk>/retract/", rates.exchange_rate_retract, name="exchange-rate-retract"),
    path("<slug:code>/", streams.stream_detail, name="stream-detail"),
    path("<slug:code>/edit/", streams.stream_edit, name="stream-edit"),
    path("<slug:code>/review/", streams.stream_review, name="stream-review"),
]
