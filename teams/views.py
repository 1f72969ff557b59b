"""Pages of teams: teams, people, memberships, disciplines and rates."""

from django.apps import apps
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portfolio.common import access, histories, pages
from portfolio.common.months import today
from teams import exports
from teams.capacity import capacity, holds
from teams.contributions import panels_of, panels_of_person
from teams.filters import DisciplineTable, MembershipTable, PersonTable, RateTable, TeamTable
from teams.forms import AsOfForm, DisciplineForm, MembershipForm, PersonForm, RateForm, TeamForm
from teams.load import loads
from teams.models import Absence, Discipline, Membership, Person, Rate, Team, Thanks
from teams.pasts import Pasts, first_days, shape_of
from teams.stability import stability

FORM, CONFIRM = "components/page_form.html", "components/page_confirm.html"
LATEST_THANKS = 5
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


# -- Teams ----------------------------------------------------------------------------------------------


@require_safe
def team_list(request: HttpRequest) -> HttpResponseBase:
    """List the teams with what they can do today and what of it is free, or each beside its own past."""
    filterset = TeamTable(request.GET, Team.objects.visible_to(request.user).for_table())
    is_past = filterset.form.is_valid() and filterset.form.cleaned_data.get("show") == "past"
    is_file = bool(request.GET.get("format"))  # a file has what an import reads, however the page shows it
    return pages.render_list(
        request,
        "teams/team_list.html",
        filterset,
        export=exports.TEAMS,
        rows=Pasts(filterset.qs) if is_past and not is_file else None,
        is_past=is_past,
        may_add=access.may_add(request.user, Team),
        may_read_rates=access.may_add(request.user, Rate),
    )


@require_GET
def team_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a team: its people over time, what it works on, and what is free."""
    team = get_object_or_404(Team.objects.visible_to(request.user), code=code)
    form = AsOfForm(request.GET)
    form.is_valid()
    on, known = form.cleaned_data.get("on") or today(), form.cleaned_data.get("known")
    now = capacity(team, on, known)
    people = {row.person_id: row.person for row in now.memberships}
    steady = stability(now.memberships, on, tuple(settings.TWOFOLD_RAMP_UP_WEEKS))
    panels = panels_of(team, request.user, on)
    thanks = Thanks.objects.visible_to(request.user).known().filter(team=team).for_table()
    assignment = apps.get_model("catalog.Assignment")  # the catalogue stands above this room
    return render(
        request,
        "teams/team_detail.html",
        {
            "team": team,
            "form": form,
            "known": known,
            "capacity": now,
            "chart": now.over_time(),
            "make_up": now.by_discipline(),
            "shape": shape_of(now.members),
            "steady": steady,
            "core": [people[pk] for pk in steady.core],
            "joined": [(people[stint.person], stint) for stint in steady.joins],
            "left": [(people[stint.person], stint) for stint in steady.leaves],
            "loads": loads([team.pk], first_days(now.memberships), on)[team.pk],
            "panels_of_shape": [panel for panel in panels if panel.order < 20],
            "panels_of_stability": [panel for panel in panels if 20 <= panel.order < 40],
            "panels": [panel for panel in panels if 40 <= panel.order < 60],
            "panels_of_recognition": [panel for panel in panels if panel.order >= 60],
            "thanks": list(thanks[:LATEST_THANKS]),
            "may_thank": access.may_add(request.user, Thanks),
            "history": histories.described_history(team),
            "may_write": access.may_write(request.user, team),
            "may_add_member": access.may_write(request.user, Membership(team=team)),
            "may_assign": access.may_write(request.user, assignment(team=team)),
        },
    )


@get_or_post
def team_add(request: HttpRequest) -> HttpResponse:
    """Add a team."""
    pages.require_addable(request, Team)
    return pages.save_form(
        request,
        TeamForm(request.POST or None),
        FORM,
        to=Team.get_absolute_url,
        title="Add a team",
        kicker="Teams",
        intro="Durable people who stay together while products' needs change. Its members come next.",
        submit="Add",
        cancel=reverse("teams:team-list"),
    )


@get_or_post
def team_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a team."""
    team = get_object_or_404(Team.objects.visible_to(request.user), code=code)
    pages.require_writable(request, team)
    return pages.save_form(
        request,
        TeamForm(request.POST or None, instance=team),
        FORM,
        to=Team.get_absolute_url,
        title=f"Change {team.name}",
        kicker=f"Team · {team.code}",
        submit="Save",
        cancel=team.get_absolute_url(),
    )


# -- People ---------------------------------------------------------------------------------------------


@require_safe
def person_list(request: HttpRequest) -> HttpResponseBase:
    """List the people with the teams they are in today."""
    return pages.render_list(
        request,
        "teams/person_list.html",
        PersonTable(request.GET, Person.objects.visible_to(request.user).for_table()),
        export=exports.PEOPLE,
        may_add=access.may_add(request.user, Person),
        may_read_rates=access.may_add(request.user, Rate),
    )


@require_GET
def person_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a person and the teams they are and were in."""
    person = get_object_or_404(Person.objects.visible_to(request.user).select_related("user"), code=code)
    memberships = list(person.memberships.known().for_table().order_by("-starts", "-pk"))
    return render(
        request,
        "teams/person_detail.html",
        {
            "person": person,
            "now": [row for row in memberships if holds(row, today())],
            "others": [row for row in memberships if not holds(row, today())],
            "absences": list(person.absences.known().filter(ends__gt=today()).for_table().order_by("starts", "pk")),
            "thanks": list(
                Thanks.objects.visible_to(request.user).known().filter(person=person).for_table()[:LATEST_THANKS]
            ),
            "may_thank": access.may_add(request.user, Thanks),
            "may_add_absence": access.may_write(request.user, Absence(person=person)),
            "panels_of_recognition": panels_of_person(person, request.user),
            "history": histories.described_history(person),
            "may_write": access.may_write(request.user, person),
            "may_add_member": access.may_add(request.user, Membership),
        },
    )


@get_or_post
def person_add(request: HttpRequest) -> HttpResponse:
    """Add a person."""
    pages.require_addable(request, Person)
    return pages.save_form(
        request,
        PersonForm(request.POST or None),
        FORM,
        to=Person.get_absolute_url,
        title="Add a person",
        kicker="People",
        intro="Someone who works in teams. Which team, from when and at what FTE comes next.",
        submit="Add",
        cancel=reverse("teams:person-list"),
    )


@get_or_post
def person_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a person."""
    person = get_object_or_404(Person.objects.visible_to(request.user), code=code)
    pages.require_writable(request, person)
    return pages.save_form(
        request,
        PersonForm(request.POST or None, instance=person),
        FORM,
        to=Person.get_absolute_url,
        title=f"Change {person.name}",
        kicker=f"Person · {person.code}",
        submit="Save",
        cancel=person.get_absolute_url(),
    )


# -- Memberships ------------------------------------------------------------------------------------------


@require_safe
def membership_list(request: HttpRequest) -> HttpResponseBase:
    """List the memberships of all teams."""
    return pages.render_list(
        request,
        "teams/membership_list.html",
        MembershipTable(request.GET, Membership.objects.visible_to(request.user).for_table()),
        export=exports.MEMBERSHIPS,
        may_add=access.may_add(request.user, Membership),
        may_read_rates=access.may_add(request.user, Rate),
    )


@require_GET
def membership_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a membership and the rows it corrects or is corrected by."""
    membership = get_object_or_404(Membership.objects.visible_to(request.user), pk=pk)
    return pages.render_recorded(request, "teams/membership_detail.html", membership)


@get_or_post
def membership_add(request: HttpRequest) -> HttpResponse:
    """Record a membership."""
    pages.require_addable(request, Membership)
    given = pages.rows_named(request, team=Team, person=Person, discipline=Discipline)
    start = given.get("team") or given.get("person")
    return pages.record_form(
        request,
        MembershipForm(request.POST or None, initial=given),
        FORM,
        to=lambda row: row.team.get_absolute_url(),
        title="Add a member",
        kicker=start.name if start else "Teams",
        intro="A person in a team from a day on, at some part of full time.",
        submit="Add",
        cancel=start.get_absolute_url() if start else reverse("teams:membership-list"),
    )


@get_or_post
def membership_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a membership."""
    membership = get_object_or_404(Membership.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        membership,
        MembershipForm,
        FORM,
        to=Membership.get_absolute_url,
        title="Correct this membership",
        kicker=str(membership),
        intro="If someone leaves or changes their hours, end this membership on that day and record another.",
        submit="Correct",
        cancel=membership.get_absolute_url(),
    )


@get_or_post
def membership_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract a membership."""
    membership = get_object_or_404(Membership.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        membership,
        CONFIRM,
        to=Membership.get_absolute_url,
        title="Retract this membership",
        kicker=str(membership),
        what="They were never in this team. If they have left it, correct the end instead.",
        submit="Retract",
        cancel=membership.get_absolute_url(),
    )


# -- Disciplines ------------------------------------------------------------------------------------------


@require_safe
def discipline_list(request: HttpRequest) -> HttpResponseBase:
    """List the disciplines with how many people do them today."""
    return pages.render_list(
        request,
        "teams/discipline_list.html",
        DisciplineTable(request.GET, Discipline.objects.visible_to(request.user).for_table()),
        export=exports.DISCIPLINES,
        may_add=access.may_add(request.user, Discipline),
        may_read_rates=access.may_add(request.user, Rate),
    )


@require_GET
def discipline_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a discipline: who does it today, and to finance partners what it costs."""
    discipline = get_object_or_404(Discipline.objects.visible_to(request.user), code=code)
    return render(
        request,
        "teams/discipline_detail.html",
        {
            "discipline": discipline,
            "members": discipline.memberships.known().current(today()).for_table(),
            "rates": discipline.rates.visible_to(request.user).known().for_table().order_by("-starts"),
            "may_read_rates": access.may_add(request.user, Rate),
            "history": histories.described_history(discipline),
            "may_write": access.may_write(request.user, discipline),
        },
    )


@get_or_post
def discipline_add(request: HttpRequest) -> HttpResponse:
    """Add a discipline."""
    pages.require_addable(request, Discipline)
    return pages.save_form(
        request,
        DisciplineForm(request.POST or None),
        FORM,
        to=Discipline.get_absolute_url,
        title="Add a discipline",
        kicker="Disciplines",
        intro="A kind of work that teams need people for, such as engineering or design.",
        submit="Add",
        cancel=reverse("teams:discipline-list"),
    )


@get_or_post
def discipline_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a discipline."""
    discipline = get_object_or_404(Discipline.objects.visible_to(request.user), code=code)
    pages.require_writable(request, discipline)
    return pages.save_form(
        request,
        DisciplineForm(request.POST or None, instance=discipline),
        FORM,
        to=Discipline.get_absolute_url,
        title=f"Change {discipline.name}",
        kicker=f"Discipline · {discipline.code}",
        submit="Save",
        cancel=discipline.get_absolute_url(),
    )


# -- Rates, which are private -------------------------------------------------------------------------------


def _require_rates(request: HttpRequest) -> None:
    """Answer 403 to who may not read rates; the query leaves them out as well."""
    if not access.may_add(request.user, Rate):
        raise PermissionDenied("Rates are read by finance partners of the whole portfolio only.")


@require_safe
def rate_list(request: HttpRequest) -> HttpResponseBase:
    """List the rates of all disciplines."""
    _require_rates(request)
    return pages.render_list(
        request,
        "teams/rate_list.html",
        RateTable(request.GET, Rate.objects.visible_to(request.user).for_table()),
        export=exports.RATES,
        may_read_rates=True,
    )


@require_GET
def rate_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a rate and the rows it corrects or is corrected by."""
    _require_rates(request)
    rate = get_object_or_404(Rate.objects.visible_to(request.user), pk=pk)
    return pages.render_recorded(request, "teams/rate_detail.html", rate)


@get_or_post
def rate_add(request: HttpRequest) -> HttpResponse:
    """Record a rate."""
    _require_rates(request)
    given = pages.rows_named(request, discipline=Discipline)
    return pages.record_form(
        request,
        RateForm(request.POST or None, initial=given),
        FORM,
        to=Rate.get_absolute_url,
        title="Add a rate",
        kicker="Rates",
        intro="What an FTE of a discipline costs a month. Only finance partners read it.",
        submit="Add",
        cancel=reverse("teams:rate-list"),
    )


@get_or_post
def rate_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a rate."""
    _require_rates(request)
    rate = get_object_or_404(Rate.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        rate,
        RateForm,
        FORM,
        to=Rate.get_absolute_url,
        title="Correct this rate",
        kicker=str(rate),
        intro="If the rate changes from some day on, end this one there and add another: last year stays as it was.",
        submit="Correct",
        cancel=rate.get_absolute_url(),
    )


@get_or_post
def rate_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract a rate."""
    _require_rates(request)
    rate = get_object_or_404(Rate.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        rate,
        CONFIRM,
        to=Rate.get_absolute_url,
        title="Retract this rate",
        kicker=str(rate),
        what="It never applied. If it has ended, correct its end instead.",
        submit="Retract",
        cancel=rate.get_absolute_url(),
    )
