"""Broken constraints beside the field they are about: plain Django tells them for the row as a whole."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import connections, models, router


def field_of(constraint: models.BaseConstraint) -> str:
    """Return the field that a constraint is best told at: the one it is about, or the last of them."""
    if isinstance(constraint, models.UniqueConstraint):
        names = [*constraint.fields, *(one.name for one in constraint.expressions if isinstance(one, models.F))]
        return names[-1] if names else NON_FIELD_ERRORS
    if isinstance(constraint, models.CheckConstraint):
        about = constraint.condition.referenced_base_fields
        if about == {"starts", "ends"}:
            return "ends"
        if len(about) == 1:
            return next(iter(about))
    return NON_FIELD_ERRORS


class RulesByField(models.Model):
    """Tells each broken constraint at its field."""

    class Meta:
        abstract = True

    def validate_constraints(self, exclude: set[str] | None = None) -> None:
        """Raise ValidationError with every broken constraint, by field."""
        using = router.db_for_write(type(self), instance=self)
        errors: dict[str, list[ValidationError]] = {}
        for model, constraints in self.get_constraints():
            for constraint in constraints:
                try:
                    constraint.validate(model, self, exclude=exclude, using=using)
                except ValidationError as error:
                    errors.setdefault(field_of(constraint), []).append(error)
        if errors:
            # Django takes a database that went away for one that has found something. A caller who is told that the
            # row stands already would believe it.
            with connections[using].cursor() as cursor:
                cursor.execute("SELECT 1")
            raise ValidationError(errors)
