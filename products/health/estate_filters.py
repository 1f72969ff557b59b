"""Filters of the estate's rows; page and API use the same, a page adds the order of its table."""

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter, codes_in
from portfolio.common.months import today
from products.catalog.models import Product
from products.health import estate
from products.health.models import Component, Dependency, OnCall, Part, Process, Service, SupportDate

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
WORDS = {"label": "Search", "widget": forms.TextInput(attrs={"type": "search"})}
IN_USE, RETIRED, ALL = "in-use", "retired", "all"


class BelowFilter(CodeFilter):
    """Filters by value streams of a product, with all streams below them; `product` is where the product is found."""

    def __init__(self, *args, product: str = "product", **options):
        super().__init__(*args, **options)
        self.product = product

    def filter(self, queryset: QuerySet, value):
        """Return the rows of products of the streams with the codes and of those below."""
        codes = codes_in(value)
        if not codes:
            return queryset
        return queryset.filter(**{f"{self.product}__in": Product.objects.below(codes).order_by().values("pk")})


class ProcessFilter(django_filters.FilterSet):
    """Filters of business processes."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    value_stream = CodeFilter(field_name="value_stream", label="Value stream")

    class Meta:
        model = Process
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the processes whose code, name or purpose has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(purpose__icontains=value))


class ProcessTable(ProcessFilter):
    """The page's processes, in the order of its headers."""

    sort = SortFilter("name", ("value_stream__name", "value_stream"), ("service_count", "services"))


class ServiceFilter(django_filters.FilterSet):
    """Filters of services, which are read with their signs. Retired ones are left out unless they are asked for."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    product = CodeFilter(field_name="product", label="Product")
    value_stream = BelowFilter(field_name="product__value_stream", label="Value stream")
    owner = CodeFilter(field_name="owner", label="Owner")
    process = CodeFilter(field_name="process", label="Process")
    stands_out = django_filters.ChoiceFilter(
        method="standing_out",
        choices=((estate.ANY, "Anything"), *estate.OF_SERVICES),
        empty_label="any or nothing",
        label="What stands out",
    )
    use = django_filters.ChoiceFilter(
        method="of_use",
        choices=((RETIRED, "Retired"), (ALL, "All")),
        empty_label="In use",
        label="Use",
    )

    class Meta:
        model = Service
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the services whose code, name or purpose has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(purpose__icontains=value))

    def standing_out(self, queryset, name, value):
        """Return the services that stand out so."""
        return queryset.filter(estate.services_that(value))

    def of_use(self, queryset, name, value):
        """Return the services as they come; see `filter_queryset`."""
        return queryset

    def filter_queryset(self, queryset):
        """Apply all filters; retired services are left out unless they are asked for."""
        use = self.form.cleaned_data.get("use")
        if use != ALL:
            queryset = queryset.filter(is_retired=use == RETIRED)
        return super().filter_queryset(queryset)


class ServiceTable(ServiceFilter):
    """The page's services, in the order of its headers."""

    sort = SortFilter(
        "name",
        ("product__name", "product"),
        ("owner__name", "owner"),
        ("process__name", "process"),
        ("usual_hourly", "usual"),
        ("peak_hourly", "peak"),
    )


class MapFilter(ServiceFilter):
    """Filters of the map: which services are on it."""

    use = None


class ComponentFilter(django_filters.FilterSet):
    """Filters of components, which are read with their signs."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    product = CodeFilter(method="of_products", field_name="item__product", label="Product")
    value_stream = CodeFilter(method="of_streams", field_name="item__product__value_stream", label="Value stream")
    service = CodeFilter(method="of_services", field_name="parts__service", label="Service")
    owner = CodeFilter(field_name="owner", label="Owner")
    stands_out = django_filters.ChoiceFilter(
        method="standing_out",
        choices=((estate.ANY, "Anything"), *estate.OF_COMPONENTS),
        empty_label="any or nothing",
        label="What stands out",
    )
    ends_from = django_filters.DateFilter(
        field_name="support_ends", lookup_expr="gte", label="Support ends from", **DAY
    )
    ends_to = django_filters.DateFilter(field_name="support_ends", lookup_expr="lte", label="To", **DAY)

    class Meta:
        model = Component
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the components whose code, name, kind or version has the words."""
        return queryset.filter(
            Q(code__icontains=value) | Q(name__icontains=value) | Q(kind__icontains=value) | Q(version__icontains=value)
        )

    def of_products(self, queryset, name, value):
        """Return the components that services of the products are built of."""
        return _built_in(queryset, Q(service__product__code__in=codes_in(value)))

    def of_streams(self, queryset, name, value):
        """Return the components that services of the value streams, with all below them, are built of."""
        below = Product.objects.below(codes_in(value)).order_by()
        return _built_in(queryset, Q(service__product__in=below.values("pk"))) if codes_in(value) else queryset

    def of_services(self, queryset, name, value):
        """Return the components that the services are built of."""
        return _built_in(queryset, Q(service__code__in=codes_in(value)))

    def standing_out(self, queryset, name, value):
        """Return the components that stand out so."""
        return queryset.filter(estate.components_that(value, today()))


def _built_in(queryset: QuerySet[Component], condition: Q) -> QuerySet[Component]:
    parts = Part.objects.known().current(today()).filter(condition).order_by()
    return queryset.filter(pk__in=parts.values("component"))


class ComponentTable(ComponentFilter):
    """The page's components, in the order of its headers."""

    sort = SortFilter(
        "name",
        "kind",
        "version",
        ("owner__name", "owner"),
        ("support_ends", "support_ends"),
        ("renewal_high", "renewal"),
    )


class ShelfLifeTable(ComponentTable):
    """The components that end their support, by what renews them."""

    renewed = django_filters.ChoiceFilter(
        field_name="is_planned",
        method="renewed_by",
        choices=(("no", "Nothing yet"), ("yes", "A roadmap item")),
        empty_label="any or nothing",
        label="Renewed by",
    )
    ends_from = None
    ends_to = django_filters.DateFilter(field_name="support_ends", lookup_expr="lte", label="Support ends by", **DAY)
    stands_out = None

    def renewed_by(self, queryset, name, value):
        """Return the components that an open item renews, or that none does."""
        return queryset.filter(is_planned=value == "yes")


class PartFilter(KnownFilterSet):
    """Filters of what services are built of."""

    service = CodeFilter(field_name="service", label="Service")
    component = CodeFilter(field_name="component", label="Component")
    product = CodeFilter(field_name="service__product", label="Product")
    on = django_filters.DateFilter(method="holding_on", label="Holding on", **DAY)

    class Meta:
        model = Part
        fields: list[str] = []

    def holding_on(self, queryset, name, value):
        """Return the parts that hold on a day."""
        return queryset.current(value)


class PartTable(PartFilter):
    """The page's parts, in the order of its headers."""

    sort = SortFilter(("service__name", "service"), ("component__name", "component"), "starts", "ends")


class DependencyFilter(KnownFilterSet):
    """Filters of which service needs which."""

    service = CodeFilter(field_name="service", label="Service")
    needs = CodeFilter(field_name="needs", label="Needs")
    on = django_filters.DateFilter(method="holding_on", label="Holding on", **DAY)

    class Meta:
        model = Dependency
        fields: list[str] = []

    def holding_on(self, queryset, name, value):
        """Return the dependencies that hold on a day."""
        return queryset.current(value)


class DependencyTable(DependencyFilter):
    """The page's dependencies, in the order of its headers."""

    sort = SortFilter(("service__name", "service"), ("needs__name", "needs"), "starts", "ends")


class OnCallFilter(KnownFilterSet):
    """Filters of who is on call."""

    service = CodeFilter(field_name="service", label="Service")
    team = CodeFilter(field_name="team", label="Team")
    on = django_filters.DateFilter(method="holding_on", label="Holding on", **DAY)

    class Meta:
        model = OnCall
        fields: list[str] = []

    def holding_on(self, queryset, name, value):
        """Return the duties that hold on a day."""
        return queryset.current(value)


class OnCallTable(OnCallFilter):
    """The page's duties, in the order of its headers."""

    sort = SortFilter(("service__name", "service"), ("team__name", "team"), ("hours_a_week", "hours"), "starts", "ends")


class SupportDateFilter(KnownFilterSet):
    """Filters of published ends of support."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    ends_from = django_filters.DateFilter(field_name="ends", lookup_expr="gte", label="Ends from", **DAY)
    ends_to = django_filters.DateFilter(field_name="ends", lookup_expr="lte", label="To", **DAY)

    class Meta:
        model = SupportDate
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the rows whose product or cycle has the words."""
        return queryset.filter(Q(product__icontains=value) | Q(cycle__icontains=value))


class SupportDateTable(SupportDateFilter):
    """The page's support dates, in the order of its headers."""

    sort = SortFilter("product", "cycle", "ends")
