"""Addresses of decisions, of their record, and of what to measure next."""

from django.urls import path

from portfolio.rebalance.views import calibration, decisions, measuring

urlpatterns = [
    path("<int:pk>/propose/", decisions.decision_propose, name="decision-propose"),
    path("decisions/", decisions.decision_list, name="decision-list"),
    path("decisions/<int:pk>/", decisions.decision_detail, name="decision-detail"),
    path("decisions/<int:pk>/approve/", decisions.decision_approve, name="decision-approve"),
    path("decisions/<int:pk>/decline/", decisions.decision_decline, name="decision-decline"),
    path("decisions/<int:pk>/withdraw/", decisions.decision_withdraw, name="decision-withdraw"),
    path("decisions/<int:pk>/apply/", decisions.decision_apply, name="decision-apply"),
    path("decisions/<int:pk>/revert/", decisions.decision_revert, name="decision-revert"),
    path("calibration/", calibration.calibration, name="calibration"),
    path("measure-next/", measuring.measure_next, name="measure-next"),
]
