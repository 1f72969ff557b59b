"""This room's part of the API."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from portfolio.common.api import ActionSerializer, DescribedViewSet, RecordedSerializer, RecordedViewSet
from teams import exports
from teams.filters import (
    AbsenceFilter,
    DisciplineFilter,
    MembershipFilter,
    PersonFilter,
    RateFilter,
    TeamFilter,
    ThanksFilter,
)
from teams.models import Absence, Discipline, Membership, Person, Rate, Team, Thanks
from teams.telling_api import (
    LoadSerializer,
    ShapeSerializer,
    StabilitySerializer,
    told_load,
    told_shape,
    told_stability,
)


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
        fields = ["person", "team", "discipline", "fte", "starts", "ends", "is_embedded", "is_illustrative"]


class RateSerializer(RecordedSerializer):
    """What an FTE of a discipline costs a month over the days [starts, ends)."""

    class Meta:
        model = Rate
        fields = ["discipline", "monthly_amount", "currency", "starts", "ends", "is_illustrative"]


class AbsenceSerializer(RecordedSerializer):
    """Days [starts, ends) on which somebody is away, learns or has quiet time. Only being away lowers capacity."""

    class Meta:
        model = Absence
        fields = ["person", "kind", "share", "starts", "ends", "is_illustrative"]


class ThanksSerializer(RecordedSerializer):
    """Thanks to a team or to a person; those not in the open are there for the giver and the one thanked only."""

    class Meta:
        model = Thanks
        fields = ["team", "person", "text", "is_open", "is_illustrative"]


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

    @extend_schema(responses=ShapeSerializer)
    @action(detail=True)
    def shape(self, request, code=None):
        """Tell who the team has today, by discipline, what a whole team needs that it lacks, and its capacity."""
        return Response(told_shape(self.get_object()))

    @extend_schema(responses=StabilitySerializer)
    @action(detail=True)
    def stability(self, request, code=None):
        """Tell how steady the team is today: time in it, joins and leaves, its core, and what joins cost."""
        return Response(told_stability(self.get_object()))

    @extend_schema(responses=LoadSerializer(many=True))
    @action(detail=True, pagination_class=None, filterset_class=None)
    def workload(self, request, code=None):
        """Tell what the team has to do today, beside its own past."""
        return Response(told_load(self.get_object()))


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


class AbsenceViewSet(RecordedViewSet):
    """Absences. `team` filters by the team that somebody is in today."""

    queryset = Absence.objects.all()
    serializer_class = AbsenceSerializer
    filterset_class = AbsenceFilter
    export = exports.ABSENCES


class ThanksViewSet(RecordedViewSet):
    """Thanks that you may read. Whoever is signed in may give them."""

    queryset = Thanks.objects.all()
    serializer_class = ThanksSerializer
    filterset_class = ThanksFilter
    export = exports.THANKS


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    ("disciplines", DisciplineViewSet),
    ("people", PersonViewSet),
    ("teams", TeamViewSet),
    ("memberships", MembershipViewSet),
    ("rates", RateViewSet),
    ("absences", AbsenceViewSet),
    ("thanks", ThanksViewSet),
]
