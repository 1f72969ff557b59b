"""Every endpoint there is, as the router and the resolver have them, and what each does.

What an address does is told by its name: the tables below say what its last word means. What they cannot tell is in
`UNKNOWN`, with what to add.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from portfolio.config.api import router
from tests.access.world import World

#: Actions of viewsets that write: what the caller must be able to do with the row, and the body to send.
WRITES = {
    "create": "add",
    "partial_update": "write",
    "correct": "write",
    "retract": "write",
    "change": "write",
    "undo": "write",
    "redo": "write",
    "propose": "write",
    "approve": "write",
    "decline": "write",
    "withdraw": "write",
    "apply": "write",
    "revert": "write",
    "batch": "add",
    "resolve": "write",
    "reopen": "write",
    "load": "add",
    "move": "write",
    "reorder": "write",
    "start": "write",
    "block": "write",
    "ship": "write",
    "drop": "write",
    "settle": "write",
    "support": "add",
    "unsupport": "add",
    "accept": "write",
    "merge": "write",
    "divide": "write",
    "keep": "write",
    "spam": "write",
    "set_aside": "write",
}
#: Actions that name the version that was seen, where the row has one.
VERSIONED = {"partial_update", "undo", "redo", "propose", "reorder"}
#: Steps of which who may take them is told first what they have not said, such as what they have seen.
STEPS = {"propose", "approve", "decline", "withdraw", "apply", "revert", "settle", "merge", "reopen"}
READS = {
    "list", "retrieve", "summary", "distances", "preview", "suggest", "compare", "agreement", "interests", "agenda",
    "shape", "stability", "workload",
    "budget",
}  # fmt: skip
#: Reads that need figures, or to be told of what; without they say so.
ASKING = {"summary", "suggest", "compare", "agenda"}
ASKING_LISTS = {"agreement-list", "differences-list"}
#: Pages, and addresses of actions that write, which are a member's of the roadmap alone, whatever roles others hold.
MEMBERS_ONLY = {"roadmaps:baseline-sign", "roadmaps:baseline-decline", "sign-offs-list"}

#: The kind of row that a page is about, by the name of its address without the verb.
ABOUT = {
    "catalog:assignment": "catalog.assignment",
    "catalog:feedback": "catalog.feedback",
    "catalog:feedback-form": "catalog.feedbackform",
    "catalog:insight": "catalog.insight",
    "catalog:product": "catalog.product",
    "catalog:segment": "catalog.segment",
    "catalog:theme": "catalog.theme",
    "catalog:value-stream": "catalog.valuestream",
    "closing:close": "funding.periodclose",
    "funding:allocation": "funding.allocation",
    "funding:carry-forward": "funding.carryforward",
    "funding:commitment": "funding.commitment",
    "funding:exchange-rate": "funding.exchangerate",
    "funding:guardrail": "funding.guardrail",
    "funding:ledger-entry": "funding.ledgerentry",
    "funding:product": "catalog.product",
    "funding:stream": "funding.fundingstream",
    "funding:transfer": "funding.transfer",
    "funding:value-stream": "catalog.valuestream",
    "funding:waiver": "funding.waiver",
    "health:component": "health.component",
    "health:delivery-event": "health.deliveryevent",
    "health:dependency": "health.dependency",
    "health:evidence": "health.evidence",
    "health:improvement": "health.service",
    "health:measurement": "health.measurement",
    "health:objective": "health.objective",
    "health:on-call": "health.oncall",
    "health:part": "health.part",
    "health:process": "health.process",
    "health:requirement": "health.requirement",
    "health:service": "health.service",
    "health:support-date": "health.supportdate",
    "health:drill": "health.drill",
    "health:failure-mode": "health.failuremode",
    "health:impact": "health.impact",
    "health:incident": "health.incident",
    "health:journey": "health.journey",
    "health:passage": "health.passage",
    "health:step": "health.step",
    "network:link": "network.link",
    "network:team": "teams.team",
    "network:usage": "network.usage",
    "rebalance:decision": "rebalance.decision",
    "rebalance:elasticity": "rebalance.elasticity",
    "rebalance:scenario": "rebalance.scenario",
    "roadmaps:baseline": "roadmaps.baseline",
    "roadmaps:comment": "roadmaps.comment",
    "roadmaps:idea": "roadmaps.idea",
    "roadmaps:item": "roadmaps.item",
    "roadmaps:result": "roadmaps.experiment",
    "roadmaps:review": "roadmaps.review",
    "roadmaps:roadmap": "roadmaps.roadmap",
    "roadmaps:roadmap-agenda": "roadmaps.roadmap",
    "rollup:run": "rollup.run",
    "rollup:report": "rollup.invariantreport",
    "teams:absence": "teams.absence",
    "teams:discipline": "teams.discipline",
    "teams:membership": "teams.membership",
    "teams:person": "teams.person",
    "teams:rate": "teams.rate",
    "teams:team": "teams.team",
    "teams:thanks": "teams.thanks",
    "value:celebration": "value.celebration",
    "value:confirmation": "value.confirmation",
    "value:exposure": "value.exposure",
    "value:metric": "value.metric",
    "value:observation": "value.observation",
    "value:shared-outcome": "value.sharedoutcome",
    "value:score": "value.score",
    "value:valuation": "value.valuation",
}
#: What the last word of an address says: the page writes, so; or it reads.
VERBS = {
    "add": "begin", "edit": "write", "correct": "write", "retract": "write", "change": "write", "review": "write",
    "start": "write", "save": "write", "take": "write", "line": "write", "undo": "write", "redo": "write",
    "archive": "write", "restore": "write", "resolve": "write", "reopen": "write", "sign": "sign",
    "move": "write", "reorder": "write", "block": "write", "ship": "write", "drop": "write", "settle": "write",
    "propose": "write", "approve": "write", "decline": "write", "withdraw": "write", "apply": "write",
    "revert": "write", "divide": "write",
    "accept": "write", "merge": "write", "support": "begin", "unsupport": "begin", "renew": "begin",
    "keep": "write", "aside": "write", "spam": "write",
}  # fmt: skip
#: Those that are a button on another page and have no form of their own.
BUTTONS = {
    "review", "start", "save", "take", "undo", "redo", "archive", "restore", "move", "reorder", "resolve", "reopen",
    "support", "unsupport", "divide", "aside", "spam",
}  # fmt: skip
#: Buttons of pages whose verb has a form elsewhere.
BUTTON_PAGES = {"roadmaps:review-settle"}
READING_VERBS = {
    "list", "detail", "outlook", "effects", "suggest", "steps", "compare", "history", "agreement", "difference", "home",
    "results", "order", "timeline", "outcomes", "markdown", "agenda", "pdf", "portfolio", "map",
    "split",
    "readiness",
    "delivery",
}  # fmt: skip
#: Pages that read and whose name does not say so.
READING_PAGES = {
    "api",
    "board:board",
    "board:how",
    "board:live",
    "board:live-state",
    "board:network-product",
    "board:product",
    "board:product-month",
    "funding:overview",
    "funding:product",
    "funding:shelf-life",
    "health:component-shelf-life",
    "intake:template",
    "network:network",
    "rebalance:calibration",
    "rebalance:measure-next",
    "schema",
}
#: What the addresses of those of them that are about something take.
SPECIAL = {
    "board:product": {"code": "here"},
    "board:product-month": {"code": "here", "month": "2026-01"},
    "board:network-product": {"code": "here"},
    "funding:product": {"code": "here"},
    "intake:template": {"kind": "products"},
}
#: A page that adds to a row that it is about, so that it takes a role over that one.
BEGUN_AT = {"value:confirmation-add": "write", "roadmaps:baseline-add": "write"}
#: A page that is about another kind of row than its name says.
ABOUT_ANOTHER = {
    "health:component-renew": "roadmaps.item",  # it takes a roadmap that the item may go on
    "rebalance:decision-propose": "rebalance.scenario",
    "roadmaps:item-settle": "roadmaps.interest",
}
#: Pages of which each user has their own; what they do is tested in their rooms, and that nobody else may, there too.
OWN_PAGES = {
    "account-tokens",
    "account-token-revoke",
    "board:digest",
    "board:today",
    "intake:catalogue-discard",
    "intake:catalogue-import",
    "intake:catalogue-preview",
    "intake:discard",
    "intake:import",
    "intake:preview",
    "roadmaps:calendar-add",
    "roadmaps:calendar-list",
    "roadmaps:calendar-revoke",
    "roadmaps:item-import",
}
#: What everyone may see without signing in.
PUBLIC_PAGES = {
    "board:digest-stop",  # opened by the key in the mail; see tests/board/test_digests.py
    "feedback:give",  # what it shows, and to whom: see tests/catalog/test_feedback.py
    "feedback:thanks",
    "roadmaps:calendar-feed",  # opened by the token in its address; see tests/roadmaps/test_calendars.py
    "account_login",
    "account_signup",  # closed, and says so
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_email",
    "account_email_verification_sent",
    "account_confirm_login_code",
    "account_logout",  # sends who is not signed in to where they would be sent
    "health",
    "health-live",
    "health-ready",
    "telemetry",  # shut to who does not bring its token; see tests/config/test_telemetry.py
    "demo:sign-in",  # mounted in the demonstration only; see test_demo_sign_in.py
}

ADD_PAGE = (
    "{name} is an address that the matrix does not know. In tests/access/endpoints.py, either name it "
    "<model>-<verb> with a verb of VERBS or READING_VERBS and give its model in ABOUT, or, if it only reads, add it to "
    "READING_PAGES. Do not add it to PUBLIC_PAGES unless it may be seen without signing in."
)
ADD_ACTION = (
    "{name} is an action of the API that the matrix does not know. In tests/access/endpoints.py, add it to READS, or "
    "to WRITES with what the caller must be able to do."
)
ADD_KIND = (
    "{name} writes {kind}, a kind of row that the matrix does not know. In tests/access/world.py, add who may write it "
    "to KINDS, a row of it to World.rows, and what the API takes for a new one to World.new."
)


# -- The endpoints ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Endpoint:
    """One action of the API, or one page."""

    name: str  #: the name of its address
    action: str
    method: str
    kind: str
    needs: str  #: "add", "begin", "write" or, where it takes a member, "sign"; empty where it reads
    argument: str  #: "code", "pk" or none

    def __str__(self) -> str:
        return f"{self.method} {self.name} {self.action}".strip()

    def address(self, world: World) -> str:
        """Return its address, about the world's row of its kind."""
        row = world.at.get(self.name) or world.rows.get(self.kind)
        return reverse(self.name, kwargs={self.argument: getattr(row, self.argument)} if self.argument else {})


def _needed(name: str, needs: str) -> str:
    return "sign" if needs and name in MEMBERS_ONLY else needs


def arguments_of(pattern: URLPattern) -> list[str]:
    """Return the names of what an address takes."""
    return [name for name in pattern.pattern.regex.groupindex if name != "format"]


def api_endpoints(unknown: list[str]) -> list[Endpoint]:
    """Return every action of every viewset; what cannot be told what it does is `unknown`."""
    found = []
    for pattern in router.urls:
        viewset, model = pattern.callback.cls, pattern.callback.cls.queryset.model
        for method, action in pattern.callback.actions.items():
            if method == "head" or method not in viewset.http_method_names:
                continue
            if action not in WRITES and action not in READS:
                unknown.append(ADD_ACTION.format(name=f"{viewset.__name__}.{action}"))
                continue
            argument = next(iter(arguments_of(pattern)), "")
            needs = _needed(pattern.name, WRITES.get(action, ""))
            kind = model._meta.label_lower
            found.append(Endpoint(pattern.name, action, method.upper(), kind, needs, argument))
    return found


def every_page(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every page with the name of its address; the API and the admin are not pages."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from every_page(pattern, inner)
        elif pattern not in router.urls:
            yield f"{namespace}{pattern.name}", pattern


def page_endpoints(unknown: list[str]) -> list[Endpoint]:
    """Return every page that is about a kind of row; what cannot be told what it does is `unknown`."""
    found = []
    for name, pattern in every_page(get_resolver()):
        if name in PUBLIC_PAGES | OWN_PAGES or name.startswith("account_"):
            continue
        about, _, verb = name.rpartition("-")
        arguments = arguments_of(pattern)
        argument = arguments[0] if len(arguments) == 1 else ""
        if name in READING_PAGES:
            found.append(Endpoint(name, "", "GET", "", "", argument))
            continue
        if about not in ABOUT or verb not in {*VERBS, *READING_VERBS}:
            unknown.append(ADD_PAGE.format(name=name))
            continue
        needs = _needed(name, BEGUN_AT.get(name) or VERBS.get(verb, ""))
        methods = (
            ["GET", "POST"]
            if needs and verb not in BUTTONS and name not in BUTTON_PAGES
            else ["POST"]
            if needs
            else ["GET"]
        )
        kind = ABOUT_ANOTHER.get(name, ABOUT[about])
        found += [Endpoint(name, "", method, kind, needs, argument) for method in methods]
    return found


UNKNOWN: list[str] = []
API, PAGES = api_endpoints(UNKNOWN), page_endpoints(UNKNOWN)
WRITING = [endpoint for endpoint in (*API, *PAGES) if endpoint.needs and endpoint.needs != "sign"]
SIGNING = [endpoint for endpoint in (*API, *PAGES) if endpoint.needs == "sign"]
SECRET = [endpoint for endpoint in (*API, *PAGES) if not endpoint.needs and endpoint.kind == "teams.rate"]
