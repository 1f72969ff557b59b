"""Addresses of this room's pages."""

from django.urls import include, path

from portfolio.rebalance.views import compare, elasticities, scenarios, studio

app_name = "rebalance"
urlpatterns = [
    path("", include("portfolio.rebalance.decision_urls")),
    path("", scenarios.scenario_list, name="scenario-list"),
    path("add/", scenarios.scenario_add, name="scenario-add"),
    path("compare/", compare.scenario_compare, name="scenario-compare"),
    path("elasticities/", elasticities.elasticity_list, name="elasticity-list"),
    path("elasticities/add/", elasticities.elasticity_add, name="elasticity-add"),
    path("elasticities/<int:pk>/", elasticities.elasticity_detail, name="elasticity-detail"),
    path("elasticities/<int:pk>/correct/", elasticities.elasticity_correct, name="elasticity-correct"),
    path("elasticities/<int:pk>/retract/", elasticities.elasticity_retract, name="elasticity-retract"),
    path("<int:pk>/", studio.scenario_detail, name="scenario-detail"),
    path("<int:pk>/save/", studio.scenario_save, name="scenario-save"),
    path("<int:pk>/effects/", studio.scenario_effects, name="scenario-effects"),
    path("<int:pk>/suggest/", studio.scenario_suggest, name="scenario-suggest"),
    path("<int:pk>/take/", studio.scenario_take, name="scenario-take"),
    path("<int:pk>/edit/", scenarios.scenario_edit, name="scenario-edit"),
    path("<int:pk>/line/", scenarios.scenario_line, name="scenario-line"),
    path("<int:pk>/steps/", scenarios.scenario_steps, name="scenario-steps"),
    path("<int:pk>/undo/", scenarios.scenario_undo, name="scenario-undo"),
    path("<int:pk>/redo/", scenarios.scenario_redo, name="scenario-redo"),
    path("<int:pk>/archive/", scenarios.scenario_archive, name="scenario-archive"),
    path("<int:pk>/restore/", scenarios.scenario_restore, name="scenario-restore"),
]
