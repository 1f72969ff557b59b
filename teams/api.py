"""This room's part of the API."""

from portfolio.common.api import ActionSerializer, DescribedViewSet, RecordedSerializer, RecordedViewSet
from teams import exports
from teams.filters import DisciplineFilter, MembershipFilter, PersonFilter, RateFilter, TeamFilter
from teams.models import Discipline, Membership, Person, Rate, Team


class DisciplineSerializer(ActionSerializer):
    """A kind of work that a team needs people for."""

    class Meta:
        model = Discipline
        fields = ["code", "name", "is_illustrative"]


class PersonSerializer(ActionSerializer):
    """Someone who works in teams; `user` is the name of their account, if they have one."""

    class Meta:
        model = Person
        fields = ["code", "name", "user", "is_illustrative"]


class TeamSerializer(ActionSerializer):
    """Durable people with disciplines."""

    class Meta:
        model = Team
        fields = ["code", "name", "purpose", "is_illustrative"]


class MembershipSerializer(RecordedSerializer):
    """A person in a team over the days [starts, ends), at some part of full time."""

    class Meta:
        model = Membership
        fields = ["person", "team", "discipline", "fte", "starts", "ends", "is_illustrative"]


class RateSerializer(RecordedSerializer):
    """What an FTE of a discipline costs a month over the days [starts, ends)."""

    class Meta:
        model = Rate
        fields = ["discipline", "monthly_amount", "currency", "starts", "ends", "is_illustrative"]


class DisciplineViewSet(DescribedViewSet):
    """Disciplines."""

    queryset = Discipline.objects.all()
    serializer_class = DisciplineSerializer
    filterset_class = DisciplineFilter
    export = exports.DISCIPLINES


class PersonViewSet(DescribedViewSet):
    """People. `team` and `discipline` filter by where they are today."""

    queryset = Person.objects.select_related("user")
    serializer_class = PersonSerializer
    filterset_class = PersonFilter
    export = exports.PEOPLE


class TeamViewSet(DescribedViewSet):
    """Teams. `product` filters by what they work on today."""

    queryset = Team.objects.all()
    serializer_class = TeamSerializer
    filterset_class = TeamFilter
    export = exports.TEAMS


class MembershipViewSet(RecordedViewSet):
    """Memberships."""

    queryset = Membership.objects.all()
    serializer_class = MembershipSerializer
    filterset_class = MembershipFilter
    export = exports.MEMBERSHIPS


class RateViewSet(RecordedViewSet):
    """Rates. There are none to see but for finance partners of the whole portfolio."""

    queryset = Rate.objects.all()
    serializer_class = RateSerializer
    filterset_class = RateFilter
    export = exports.RATES


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    ("disciplines", DisciplineViewSet),
    ("people", PersonViewSet),
    ("teams", TeamViewSet),
    ("memberships", MembershipViewSet),
    ("rates", RateViewSet),
]
