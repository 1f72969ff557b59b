"""Bodies with a closed list of fields: what is not known, or not to be changed, is refused rather than passed over."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers


class KnownFields(serializers.BaseSerializer):
    """Refuses fields that there are not, and those that only calls of their own change."""

    #: Of fields that are read only, what changes them instead.
    instead: Mapping[str, str] = {}

    def to_internal_value(self, data: Any) -> Any:
        """Return what was given; every field that cannot be given is told by its name."""
        if isinstance(data, Mapping):
            fields: Mapping[str, serializers.Field] = self.fields  # type: ignore[attr-defined]
            taken = [name for name, one in fields.items() if not one.read_only]
            wrong = {
                str(name)[:60]: [self._why(str(name)[:60], is_there=name in fields, taken=taken)]
                for name in data
                if name not in taken
            }
            if wrong:
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)

    def _why(self, name: str, *, is_there: bool, taken: list[str]) -> str:
        if name in self.instead:
            return f"{name} is not changed like this. {self.instead[name]}"
        what = f"{name} is worked out, and cannot be given." if is_there else f"There is no field {name!r} here."
        return f"{what} Known ones: {', '.join(taken)}."
