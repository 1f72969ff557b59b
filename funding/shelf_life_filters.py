"""What may be asked of renewals against money: of which products."""

import django_filters

from portfolio.common.filters import CodeInput, codes_in
from products.catalog.filters import SubtreeFilter
from products.catalog.models import Product


class ShelfLifeFilter(django_filters.FilterSet):
    """Chooses products by their codes, or by value streams with all below them."""

    product = django_filters.CharFilter(method="with_codes", label="Product", widget=CodeInput(Product))
    value_stream = SubtreeFilter(field_name="value_stream", label="Value stream")

    class Meta:
        model = Product
        fields: list[str] = []

    def with_codes(self, queryset, name, value):
        """Return the products with one of the codes."""
        return queryset.filter(code__in=codes_in(value))

    @property
    def chosen(self) -> set[int] | None:
        """The keys of the products that are asked for; None for all."""
        return set(self.qs.order_by().values_list("pk", flat=True)) if self.form.has_changed() else None
