"""Addresses of this room's pages."""

from django.urls import path

from funding import views

app_name = "funding"
urlpatterns = [
    path("", views.stream_list, name="stream-list"),
    path("add/", views.stream_add, name="stream-add"),
    path("allocations/", views.allocation_list, name="allocation-list"),
    path("allocations/add/", views.allocation_add, name="allocation-add"),
    path("allocations/<int:pk>/", views.allocation_detail, name="allocation-detail"),
    path("allocations/<int:pk>/correct/", views.allocation_correct, name="allocation-correct"),
    path("allocations/<int:pk>/retract/", views.allocation_retract, name="allocation-retract"),
    path("ledger/", views.ledger_entry_list, name="ledger-entry-list"),
    path("ledger/add/", views.ledger_entry_add, name="ledger-entry-add"),
    path("ledger/<int:pk>/", views.ledger_entry_detail, name="ledger-entry-detail"),
    path("ledger/<int:pk>/correct/", views.ledger_entry_correct, name="ledger-entry-correct"),
    path("ledger/<int:pk>/retract/", views.ledger_entry_retract, name="ledger-entry-retract"),
    path("rates/", views.exchange_rate_list, name="exchange-rate-list"),
    path("rates/add/", views.exchange_rate_add, name="exchange-rate-add"),
    path("rates/<int:pk>/", views.exchange_rate_detail, name="exchange-rate-detail"),
    path("rates/<int:pk>/correct/", views.exchange_rate_correct, name="exchange-rate-correct"),
    path("rates/<int:pk>/retract/", views.exchange_rate_retract, name="exchange-rate-retract"),
    path("<slug:code>/", views.stream_detail, name="stream-detail"),
    path("<slug:code>/edit/", views.stream_edit, name="stream-edit"),
]
