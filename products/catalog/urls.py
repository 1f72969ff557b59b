"""Addresses of this room's pages."""

from django.urls import path

from products.catalog import customer_views, views

app_name = "catalog"
urlpatterns = [
    path("", views.product_list, name="product-list"),
    path("add/", views.product_add, name="product-add"),
    path("streams/", views.value_stream_list, name="value-stream-list"),
    path("streams/add/", views.value_stream_add, name="value-stream-add"),
    path("streams/<slug:code>/", views.value_stream_detail, name="value-stream-detail"),
    path("streams/<slug:code>/edit/", views.value_stream_edit, name="value-stream-edit"),
    path("segments/", views.segment_list, name="segment-list"),
    path("segments/add/", views.segment_add, name="segment-add"),
    path("segments/<slug:code>/", views.segment_detail, name="segment-detail"),
    path("segments/<slug:code>/edit/", views.segment_edit, name="segment-edit"),
    path("insights/", views.insight_list, name="insight-list"),
    path("insights/add/", views.insight_add, name="insight-add"),
    path("insights/<int:pk>/", views.insight_detail, name="insight-detail"),
    path("insights/<int:pk>/correct/", views.insight_correct, name="insight-correct"),
    path("insights/<int:pk>/retract/", views.insight_retract, name="insight-retract"),
    path("themes/", customer_views.theme_list, name="theme-list"),
    path("themes/add/", customer_views.theme_add, name="theme-add"),
    path("themes/<slug:code>/", customer_views.theme_detail, name="theme-detail"),
    path("themes/<slug:code>/edit/", customer_views.theme_edit, name="theme-edit"),
    path("feedback/", customer_views.feedback_list, name="feedback-list"),
    path("feedback/<int:pk>/", customer_views.feedback_detail, name="feedback-detail"),
    path("feedback/<int:pk>/keep/", customer_views.feedback_keep, name="feedback-keep"),
    path("feedback/<int:pk>/aside/", customer_views.feedback_aside, name="feedback-aside"),
    path("feedback/<int:pk>/spam/", customer_views.feedback_spam, name="feedback-spam"),
    path("feedback-forms/", customer_views.feedback_form_list, name="feedback-form-list"),
    path("feedback-forms/add/", customer_views.feedback_form_add, name="feedback-form-add"),
    path("feedback-forms/<slug:code>/", customer_views.feedback_form_detail, name="feedback-form-detail"),
    path("feedback-forms/<slug:code>/edit/", customer_views.feedback_form_edit, name="feedback-form-edit"),
    path("assignments/", views.assignment_list, name="assignment-list"),
    path("assignments/add/", views.assignment_add, name="assignment-add"),
    path("assignments/<int:pk>/", views.assignment_detail, name="assignment-detail"),
    path("assignments/<int:pk>/correct/", views.assignment_correct, name="assignment-correct"),
    path("assignments/<int:pk>/retract/", views.assignment_retract, name="assignment-retract"),
    path("<slug:code>/edit/", views.product_edit, name="product-edit"),
]
