"""The five people a visitor can sign in as, and the role that each holds."""

from typing import NamedTuple

from portfolio.common.access import Role


class DemoUser(NamedTuple):
    """Someone to sign in as: `scope` is the field of the grant and the code it names; None is the whole portfolio."""

    username: str
    first_name: str
    last_name: str
    role: Role
    scope: tuple[str, str] | None
    description: str


USERS = (
    DemoUser("leader", "Ottoline", "Marchbank-Eze", Role.LEADER, None, "Leads the whole portfolio."),
    DemoUser("owner", "Ruairi", "Castellan-Ito", Role.PRODUCT_OWNER, ("value_stream", "dvla"), "Owns DVLA's services."),
    DemoUser(
        "partner", "Nasrin", "Holloway-Quist", Role.BUSINESS_PARTNER, ("value_stream", "beis"), "Partner of BEIS."
    ),
    DemoUser("finance", "Augustin", "Peppercombe", Role.FINANCE_PARTNER, None, "Keeps the whole portfolio's books."),
    DemoUser("lead", "Saoirse", "Tamblyn-Obi", Role.TEAM_LEAD, ("team", "identity"), "Leads the identity team."),
)
