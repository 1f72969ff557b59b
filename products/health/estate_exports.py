"""The estate's lists as files; the columns that the import reads come first."""

from portfolio.common.exports import ILLUSTRATIVE, Export
from products.health.models import Component, Dependency, OnCall, Part, Process, Service, SupportDate

PROCESSES = Export("processes", Process, f"code name value_stream purpose {ILLUSTRATIVE}")
SERVICES = Export(
    "services",
    Service,
    f"code name product owner process purpose usual_hourly peak_hourly is_retired {ILLUSTRATIVE}",
)
COMPONENTS = Export(
    "components",
    Component,
    "code name kind owner version eol_product eol_cycle end_of_support renewal_low renewal_high currency "
    f"item=item__code {ILLUSTRATIVE}",
)
PARTS = Export("parts", Part, f"service component starts ends {ILLUSTRATIVE}")
DEPENDENCIES = Export("service-dependencies", Dependency, f"service needs starts ends {ILLUSTRATIVE}")
ON_CALL = Export("on-call", OnCall, f"service team hours_a_week starts ends {ILLUSTRATIVE}")
SUPPORT_DATES = Export("support-dates", SupportDate, f"product cycle ends is_ended source {ILLUSTRATIVE}")

EXPORTS = (PROCESSES, SERVICES, COMPONENTS, PARTS, DEPENDENCIES, ON_CALL, SUPPORT_DATES)
