"""Addresses of this room's pages."""

from django.urls import path

from funding.views import allocations, commitments, ledger, outlooks, rates, streams, transfers

app_name = "funding"
urlpatterns = [
    path("", streams.stream_list, name="stream-list"),
    path("add/", streams.stream_add, name="stream-add"),
    path("allocations/", allocations.allocation_list, name="allocation-list"),
    path("allocations/add/", allocations.allocation_add, name="allocation-add"),
    path("allocations/<int:pk>/", allocations.allocation_detail, name="allocation-detail"),
    path("allocations/<int:pk>/correct/", allocations.allocation_correct, name="allocation-correct"),
    path("allocations/<int:pk>/retract/", allocations.allocation_retract, name="allocation-retract"),
    path("ledger/", ledger.ledger_entry_list, name="ledger-entry-list"),
    path("ledger/add/", ledger.ledger_entry_add, name="ledger-entry-add"),
    path("ledger/<int:pk>/", ledger.ledger_entry_detail, name="ledger-entry-detail"),
    path("ledger/<int:pk>/correct/", ledger.ledger_entry_correct, name="ledger-entry-correct"),
    path("ledger/<int:pk>/retract/", ledger.ledger_entry_retract, name="ledger-entry-retract"),
    path("rates/", rates.exchange_rate_list, name="exchange-rate-list"),
    path("rates/add/", rates.exchange_rate_add, name="exchange-rate-add"),
    path("rates/<int:pk>/", rates.exchange_rate_detail, name="exchange-rate-detail"),
    path("rates/<int:pk>/correct/", rates.exchange_rate_correct, name="exchange-rate-correct"),
    path("rates/<int:pk>/retract/", rates.exchange_rate_retract, name="exchange-rate-retract"),
    path("commitments/", commitments.commitment_list, name="commitment-list"),
    path("commitments/add/", commitments.commitment_add, name="commitment-add"),
    path("commitments/<int:pk>/", commitments.commitment_detail, name="commitment-detail"),
    path("commitments/<int:pk>/correct/", commitments.commitment_correct, name="commitment-correct"),
    path("commitments/<int:pk>/retract/", commitments.commitment_retract, name="commitment-retract"),
    path("transfers/", transfers.transfer_list, name="transfer-list"),
    path("transfers/add/", transfers.transfer_add, name="transfer-add"),
    path("transfers/<int:pk>/", transfers.transfer_detail, name="transfer-detail"),
    path("transfers/<int:pk>/correct/", transfers.transfer_correct, name="transfer-correct"),
    path("transfers/<int:pk>/retract/", transfers.transfer_retract, name="transfer-retract"),
    path("carry-forwards/", transfers.carry_forward_list, name="carry-forward-list"),
    path("carry-forwards/add/", transfers.carry_forward_add, name="carry-forward-add"),
    path("carry-forwards/<int:pk>/", transfers.carry_forward_detail, name="carry-forward-detail"),
    path("carry-forwards/<int:pk>/correct/", transfers.carry_forward_correct, name="carry-forward-correct"),
    path("carry-forwards/<int:pk>/retract/", transfers.carry_forward_retract, name="carry-forward-retract"),
    path("overview/", outlooks.overview, name="overview"),
    path("products/<slug:code>/outlook/", outlooks.product_outlook, name="product-outlook"),
    path("value-streams/<slug:code>/outlook/", outlooks.value_stream_outlook, name="value-stream-outlook"),
    path("<slug:code>/outlook/", outlooks.stream_outlook, name="stream-outlook"),
    path("<slug:code>/", streams.stream_detail, name="stream-detail"),
    path("<slug:code>/edit/", streams.stream_edit, name="stream-edit"),
]
