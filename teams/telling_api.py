"""What the API tells of a team that is worked out: its shape, how steady it is, and what it has to do and can do."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from portfolio.common.months import today
from teams.capacity import capacity
from teams.load import loads
from teams.models import Team
from teams.pasts import first_days, shape_of
from teams.stability import stability


class DisciplineOfTeamSerializer(serializers.Serializer):
    """What a team has of a discipline."""

    code = serializers.CharField()
    name = serializers.CharField()
    people = serializers.IntegerField()
    fte = serializers.DecimalField(8, 2)
    is_needed = serializers.BooleanField(help_text="Whether a whole product team needs it.")
    is_gap = serializers.BooleanField(help_text="Whether it is needed and nobody does it.")


class ShapeSerializer(serializers.Serializer):
    """Who a team has, by discipline, and what people are there for today."""

    people = serializers.IntegerField()
    limit = serializers.IntegerField(help_text="The most people that a team should have.")
    over = serializers.IntegerField(help_text="By how many it is past that.")
    disciplines = DisciplineOfTeamSerializer(many=True)
    fte = serializers.DecimalField(8, 2)
    capacity = serializers.DecimalField(12, 4, help_text="FTE less those away today.")
    learning = serializers.DecimalField(12, 4, help_text="FTE of the capacity.")
    quiet = serializers.DecimalField(12, 4, help_text="FTE of the capacity.")


class StabilitySerializer(serializers.Serializer):
    """How steady a team is today."""

    people = serializers.IntegerField()
    median_months = serializers.DecimalField(8, 1, allow_null=True, help_text="Median time in the team.")
    since = serializers.DateField(help_text="What joins and leaves are counted from.")
    joins = serializers.IntegerField()
    leaves = serializers.IntegerField()
    joined_fte = serializers.DecimalField(8, 2)
    cost_low = serializers.DecimalField(10, 2, help_text="What the joins cost at least, in FTE-weeks.")
    cost_high = serializers.DecimalField(10, 2, help_text="And at most.")
    core = serializers.ListField(
        child=serializers.CharField(), help_text="Codes of the half of its people, by FTE, who are there longest."
    )
    core_since = serializers.DateField(allow_null=True)
    core_months = serializers.IntegerField(allow_null=True)


class LoadSerializer(serializers.Serializer):
    """One thing that a team has to do, beside its own past."""

    key = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    now = serializers.DecimalField(12, 2)
    usual = serializers.DecimalField(12, 2, allow_null=True, help_text="Median of the firsts of the last two years.")
    past = serializers.ListField(child=serializers.DecimalField(12, 2), help_text="Oldest first.")


def told_shape(team: Team) -> dict[str, Any]:
    """Return the shape of a team today."""
    now = capacity(team, today())
    told = ShapeSerializer(
        _Told(shape_of(now.members), fte=now.fte, capacity=now.today.capacity, learning=now.today.learning,
              quiet=now.today.quiet)
    )  # fmt: skip
    return told.data


def told_stability(team: Team) -> dict[str, Any]:
    """Return how steady a team is today."""
    rows = list(team.memberships.known().for_table())
    steady = stability(rows, today(), settings.TWOFOLD_RAMP_UP_WEEKS)
    codes = {row.person_id: row.person.code for row in rows}
    low, high = steady.cost
    return StabilitySerializer(
        _Told(
            steady,
            joins=len(steady.joins),
            leaves=len(steady.leaves),
            cost_low=low,
            cost_high=high,
            core=[codes[person] for person in steady.core],
        )
    ).data


def told_load(team: Team) -> list[dict[str, Any]]:
    """Return what a team has to do today."""
    rows = team.memberships.known()
    return list(LoadSerializer(loads([team.pk], first_days(rows), today())[team.pk], many=True).data)


class _Told:
    """What is told of something, with more beside it or instead."""

    def __init__(self, of: Any, **more: Any):
        self.__dict__ |= {"_of": of} | more

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)
