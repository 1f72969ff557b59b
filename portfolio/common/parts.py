"""The part of an interval's figure that falls in one month, worked out by the database in whole units.

The same arithmetic as `portfolio.common.spreading`, for sums over many rows: integers throughout, so SQLite and
PostgreSQL agree to the last cent, and the parts of all months add back to the figure.
"""

from datetime import date

from django.db.models import Aggregate, BigIntegerField, DateField, F, Func, Value


class Units(Func):
    """A decimal column in whole units, such as cents: `Units("amount", scale=100)`."""

    output_field = BigIntegerField()

    def __init__(self, column: str, *, scale: int, **extra):
        super().__init__(F(column), **extra)
        self.scale = scale

    def as_sql(self, compiler, connection, **context):
        inner, params = compiler.compile(self.source_expressions[0])
        return f"CAST(ROUND({inner} * {self.scale:d}) AS BIGINT)", params


class SumUnits(Aggregate):
    """The sum of a decimal column in whole units. PostgreSQL adds up decimals quicker than it turns each into units."""

    function = "SUM"
    output_field = BigIntegerField()

    def __init__(self, column: str, *, scale: int, **extra):
        super().__init__(F(column), **extra)
        self.scale = scale

    def as_sql(self, compiler, connection, **context):
        """Add up units, which are whole numbers, where decimals are floating-point numbers."""
        if connection.vendor == "postgresql":
            template = f"(SUM(%(expressions)s) * {self.scale:d})::bigint"
        else:
            template = f"SUM(CAST(ROUND(%(expressions)s * {self.scale:d}) AS BIGINT))"
        return super().as_sql(compiler, connection, template=template, **context)


class UnitsDuring(Func):
    """What falls in the days [first, after) of a figure that is spread evenly over its row's [starts, ends).

    With u units over N days, the first k days come to round(u k / N), halves away from zero; a part is the
    difference of two such sums. u is split into whole days and a remainder, so that nothing overflows 64 bits.
    """

    output_field = BigIntegerField()

    def __init__(self, column: str, *, scale: int, first: date, after: date, **extra):
        dates = [Value(first, output_field=DateField()), Value(after, output_field=DateField())]
        super().__init__(Units(column, scale=scale), F("starts"), F("ends"), *dates, **extra)

    def as_sql(self, compiler, connection, **context):
        (units, a), (starts, b), (ends, c), (first, d), (after, e) = map(compiler.compile, self.source_expressions)
        if connection.vendor == "sqlite":
            greater, lesser = "MAX", "MIN"

            def days(later: str, earlier: str) -> str:
                return f"CAST(julianday({later}) - julianday({earlier}) AS INTEGER)"
        else:
            greater, lesser = "GREATEST", "LEAST"
            first, after = f"{first}::date", f"{after}::date"

            def days(later: str, earlier: str) -> str:
                return f"(({later}) - ({earlier}))"

        count = days(ends, starts)
        until = days(f"{lesser}({ends}, {after})", starts)
        before = days(f"{greater}({first}, {starts})", starts)

        def so_far(k: str) -> str:
            return f"((ABS({units}) / {count}) * {k} + (2 * (ABS({units}) %% {count}) * {k} + {count}) / (2 * {count}))"

        count_params = [*c, *b]
        until_params, before_params = [*c, *e, *b], [*d, *b, *b]

        def params_of(k_params: list) -> list:
            return [*a, *count_params, *k_params, *a, *count_params, *k_params, *count_params, *count_params]

        sql = f"(CASE WHEN {units} < 0 THEN -1 ELSE 1 END) * ({so_far(until)} - {so_far(before)})"
        return sql, (*a, *params_of(until_params), *params_of(before_params))
