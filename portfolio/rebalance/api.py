"""This room's part of the API."""

from portfolio.common.api import RecordedSerializer, RecordedViewSet
from portfolio.rebalance import decision_api, exports
from portfolio.rebalance.filters import ElasticityFilter
from portfolio.rebalance.models import Elasticity
from portfolio.rebalance.scenario_api import ScenarioViewSet


class ElasticitySerializer(RecordedSerializer):
    """By how many percent value grows for one percent more money: of a product, or by default of a stage."""

    class Meta:
        model = Elasticity
        fields = ["product", "stage", "low", "high", "evidence", "why", "is_illustrative"]


class ElasticityViewSet(RecordedViewSet):
    """Elasticities."""

    queryset = Elasticity.objects.all()
    serializer_class = ElasticitySerializer
    filterset_class = ElasticityFilter
    export = exports.ELASTICITIES


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [("elasticities", ElasticityViewSet), ("scenarios", ScenarioViewSet), *decision_api.routes]
