"""Addresses of this room's pages."""

from django.urls import path

from teams import thanks_views, views
from teams.absences import ABSENCES

app_name = "teams"
urlpatterns = [
    path("", views.team_list, name="team-list"),
    path("add/", views.team_add, name="team-add"),
    path("people/", views.person_list, name="person-list"),
    path("people/add/", views.person_add, name="person-add"),
    path("people/<slug:code>/", views.person_detail, name="person-detail"),
    path("people/<slug:code>/edit/", views.person_edit, name="person-edit"),
    path("memberships/", views.membership_list, name="membership-list"),
    path("memberships/add/", views.membership_add, name="membership-add"),
    path("memberships/<int:pk>/", views.membership_detail, name="membership-detail"),
    path("memberships/<int:pk>/correct/", views.membership_correct, name="membership-correct"),
    path("memberships/<int:pk>/retract/", views.membership_retract, name="membership-retract"),
    path("disciplines/", views.discipline_list, name="discipline-list"),
    path("disciplines/add/", views.discipline_add, name="discipline-add"),
    path("disciplines/<slug:code>/", views.discipline_detail, name="discipline-detail"),
    path("disciplines/<slug:code>/edit/", views.discipline_edit, name="discipline-edit"),
    path("rates/", views.rate_list, name="rate-list"),
    path("rates/add/", views.rate_add, name="rate-add"),
    path("rates/<int:pk>/", views.rate_detail, name="rate-detail"),
    path("rates/<int:pk>/correct/", views.rate_correct, name="rate-correct"),
    path("rates/<int:pk>/retract/", views.rate_retract, name="rate-retract"),
    *ABSENCES.urls(),
    path("thanks/", thanks_views.thanks_list, name="thanks-list"),
    path("thanks/add/", thanks_views.thanks_add, name="thanks-add"),
    path("thanks/<int:pk>/", thanks_views.thanks_detail, name="thanks-detail"),
    path("thanks/<int:pk>/retract/", thanks_views.thanks_retract, name="thanks-retract"),
    path("<slug:code>/", views.team_detail, name="team-detail"),
    path("<slug:code>/edit/", views.team_edit, name="team-edit"),
]
