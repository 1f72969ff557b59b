"""Who must say yes to a proposal: a leader and a finance partner over all that it changes, two different people."""

from collections.abc import Collection, Iterable

from portfolio.common import access
from portfolio.common.access import Role
from portfolio.common.models import User
from portfolio.rebalance.models import Approval, Decision
from products.catalog.models import Product

#: Each of these must approve, one person in one role.
NEEDED = (Role.LEADER, Role.FINANCE_PARTNER)


def roles_over(user: User, products: Collection[Product]) -> list[Role]:
    """Return the roles of `NEEDED` that `user` holds over every one of the products, each by itself."""
    found = []
    for role in NEEDED:
        covered = access.reach(user, frozenset({role}))
        if covered.is_everything or all(
            product.pk in covered.products or product.value_stream_id in covered.streams for product in products
        ):
            found.append(role)
    return found


def missing(approvals: Iterable[Approval]) -> list[Role]:
    """Return the roles in which nobody has said yes yet."""
    given = {approval.role for approval in approvals if approval.is_approval}
    return [role for role in NEEDED if role not in given]


def changed_products(decision: Decision) -> list[Product]:
    """Return the products whose money a decision changes, by name."""
    return list(Product.objects.filter(decision_lines__decision=decision).distinct().order_by("name", "pk"))


def needed_in_words(decision: Decision, approvals: Collection[Approval], products: Collection[Product]) -> list[str]:
    """Return who is still needed: `a finance partner over Driver licensing`."""
    people = [approval.by for approval in approvals if approval.is_approval]
    but = f", other than {' and '.join(map(str, people))}" if people else ""
    return [
        f"a {role.label.lower()} over {_scope(decision, products)}{but}"
        for role in missing(approvals)  # one person counts in one role
    ]


def _scope(decision: Decision, products: Collection[Product]) -> str:
    if len(products) == 1:
        [product] = products
        return str(product)
    return str(decision.value_stream) if decision.value_stream else f"all {len(products)} products that it changes"


def take_place(decision: Decision, user: User, products: Collection[Product]) -> Role | None:
    """Return the role in which `user` says yes to a proposal; None where no role of theirs covers all it changes.

    It is one that is still missing, if they hold it. Where only the role of somebody who could stand in the other one
    is left, that one moves over: two people who can fill two places fill them, whoever came first.
    """
    held = roles_over(user, products)
    if not held:
        return None
    approvals = list(decision.approvals.filter(is_approval=True).select_related("by"))
    wanted = missing(approvals)
    for role in wanted:
        if role in held:
            return role
    for approval in approvals:
        for role in wanted:
            if approval.role in held and role in roles_over(approval.by, products):
                mine, approval.role = Role(approval.role), role
                approval.save(update_fields=["role"])
                return mine
    return held[0]
