"""What a team that is past its limit could become: parts that keep what pulls from each other together.

The proposal draws on the network: two products of a team belong together in so far as the one pulls what the other
does. How much that is, is told in FTE of the team's own work: the share of the supplier's output that the consumer
uses, times the FTE that the team gives to the supplier. Metered use counts where there is some, else the agreed share.

Nobody is moved. What a part lacks, and what could be pulled from other teams instead of splitting, is named with the
teams that have it: first those whose products these products pull from already.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import numpy as np
from django.conf import settings

from portfolio.common import formats
from portfolio.common.months import today
from portfolio.engine import splitting
from portfolio.engine.splitting import CannotSplit
from portfolio.network.models import Link
from products.catalog.models import Assignment, Product
from teams.models import Discipline, Membership, Person, Team

NAMED = 3  #: sources that are named for what a part lacks
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Pull:
    """What one product of the team pulls from another of it."""

    link: Link
    share: Decimal  #: of the supplier's output
    fte: Decimal  #: of the team's work

    @property
    def words(self) -> str:
        """The pull in a sentence, without its end."""
        what = f" {self.link.service}" if self.link.service else ""
        share = formats.share(self.share)
        return f"{self.link.consumer.name} pulls{what} from {self.link.supplier.name}: {share} of what it does"


@dataclass(frozen=True)
class Source:
    """A team that does a discipline, and may be asked for it."""

    team: Team
    people: int
    free: Decimal  #: FTE that no product has
    through: tuple[Product, ...] = ()  #: products of that team that are pulled from already

    @property
    def words(self) -> str:
        """What is said of it after its name."""
        free = f"{self.free:.2f} FTE free" if self.free > 0 else "nothing free"
        known = f", which {_listed([one.name for one in self.through])} comes from already" if self.through else ""
        return f"{_people(self.people)}, {free}{known}"


@dataclass(frozen=True)
class Lack:
    """A discipline that a part would not have, and where it could be pulled from."""

    name: str
    elsewhere: tuple[int, ...]  #: numbers of parts that have it
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Placed:
    """A person of a part, with what they do."""

    person: Person
    disciplines: tuple[Discipline, ...]
    fte: Decimal


@dataclass(frozen=True)
class PartOfTeam:
    """A team that is proposed."""

    number: int
    assignments: tuple[Assignment, ...]
    people: tuple[Placed, ...]
    work: Decimal  #: part of what the team works on
    pulls: tuple[Pull, ...]  #: kept inside
    lacks: tuple[Lack, ...] = ()

    @property
    def fte(self) -> Decimal:
        """The FTE of its people."""
        return sum((one.fte for one in self.people), NOTHING)

    @property
    def name(self) -> str:
        """What it is called here: the products that it keeps."""
        return _listed([row.product.name for row in self.assignments])

    @property
    def why(self) -> str:
        """Why these products go together."""
        if self.pulls:
            return "They pull from each other: " + "; ".join(one.words for one in self.pulls) + "."
        if len(self.assignments) == 1:
            return "It stands by itself: nothing it works with is torn from it."
        return "They pull nothing from each other; together they make the parts about as large as each other."

    @property
    def disciplines(self) -> list[tuple[str, int]]:
        """How many people it has of each discipline."""
        count: dict[str, int] = defaultdict(int)
        for one in self.people:
            for discipline in one.disciplines:
                count[discipline.name] += 1
        return sorted(count.items())


@dataclass(frozen=True)
class Instead:
    """People whom the team could do without, were their service pulled from other teams."""

    name: str
    people: tuple[Person, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Proposal:
    """How a team could be parted on a day, or why not; and what to pull from other teams instead."""

    team: Team
    on: date
    people: int
    limit: int
    parts: tuple[PartOfTeam, ...] = ()
    cut: tuple[Pull, ...] = ()
    refusal: str = ""
    instead: tuple[Instead, ...] = ()
    kept: float = 0.0
    lost: float = 0.0
    is_fitting: bool = True
    is_exhaustive: bool = True
    gaps: tuple[str, ...] = field(default=())  #: disciplines that the team as it is lacks too

    @property
    def over(self) -> int:
        """By how many people the team is past the limit."""
        return max(0, self.people - self.limit)

    @property
    def is_enough_instead(self) -> bool:
        """Whether pulling all of it from other teams would bring the team within the limit."""
        return len({person.pk for one in self.instead for person in one.people}) >= self.over > 0

    @property
    def cut_words(self) -> str:
        """How much of the pulls inside the team would go from part to part."""
        whole = self.kept + self.lost
        if not whole:
            return "Its products pull nothing from each other, so nothing is cut; the work decides."
        if not self.lost:
            return "Nothing that its products pull from each other would go from part to part."
        return (
            f"{formats.share(self.lost / whole)} of what its products pull from each other would go from part to part; "
            f"{formats.share(self.kept / whole)} stays inside a part."
        )


def proposal(team: Team, on: date | None = None) -> Proposal:
    """Return how a team could be parted. The same figures give the same proposal; seven queries at most."""
    day = on or today()
    limit = settings.TWOFOLD_TEAM_LIMIT
    members = list(Membership.objects.known().current(day).filter(team=team).for_table())
    assigned = Assignment.objects.known().current(day).filter(team=team)
    work = list(assigned.for_table().order_by("-share", "product__name", "pk"))
    placed = _placed(members)
    names = _disciplines(members)
    needed = [code for code in names if code in settings.TWOFOLD_DISCIPLINES]
    has = {row.discipline.code for row in members}
    fte = sum((row.fte for row in members), NOTHING)
    share = {row.product_id: row.share for row in work}
    links = list(
        Link.objects.known().current(day).filter(consumer__in=share).select_related("supplier", "consumer").with_use()
    )
    pulls = [_pull(row, share[row.supplier_id] * fte) for row in links if row.supplier_id in share]
    pulls.sort(key=lambda one: (-one.fte, one.words))
    elsewhere = _elsewhere(team, needed, [row.supplier for row in links if row.supplier_id not in share], day)
    base = Proposal(
        team=team,
        on=day,
        people=len(placed),
        limit=limit,
        instead=_instead(placed, names, elsewhere),
        gaps=tuple(names[code] for code in needed if code not in has),
    )
    try:
        found = splitting.split(
            _hands(members, placed, list(names)),
            [float(row.share) for row in work],
            _between(pulls, [row.product_id for row in work]),
            [code in needed for code in names],
            limit,
        )
    except CannotSplit as error:
        return replace(base, refusal=str(error))
    codes = list(names)
    group = {work[index].product_id: number for number, part in enumerate(found.parts) for index in part.products}

    def lack(index: int) -> Lack:
        others = [at + 1 for at, part in enumerate(found.parts) if index not in part.lacks]
        return Lack(names[codes[index]], tuple(others), tuple(elsewhere.get(codes[index], ())[:NAMED]))

    def goes_from(one: Pull) -> int:
        return group[one.link.supplier_id]

    def goes_to(one: Pull) -> int:
        return group[one.link.consumer_id]

    return replace(
        base,
        parts=tuple(
            PartOfTeam(
                number + 1,
                tuple(work[index] for index in part.products),
                tuple(placed[index] for index in part.people),
                round(Decimal(part.work), 6),
                tuple(one for one in pulls if goes_from(one) == goes_to(one) == number),
                tuple(lack(index) for index in part.lacks),
            )
            for number, part in enumerate(found.parts)
        ),
        cut=tuple(one for one in pulls if goes_from(one) != goes_to(one)),
        kept=found.kept,
        lost=found.cut,
        is_fitting=found.is_fitting,
        is_exhaustive=found.is_exhaustive,
    )


def _placed(members: Iterable[Membership]) -> list[Placed]:
    """Return each person once, by name, with all that they do in the team."""
    theirs: dict[int, list[Membership]] = {}
    for row in members:
        theirs.setdefault(row.person_id, []).append(row)
    found = [
        Placed(rows[0].person, tuple(row.discipline for row in rows), sum((row.fte for row in rows), NOTHING))
        for rows in theirs.values()
    ]
    return sorted(found, key=lambda one: (one.person.name, one.person.pk))


def _disciplines(members: Iterable[Membership]) -> dict[str, str]:
    """Return the disciplines that a whole team needs, in their order, and then the others of the team: code, name."""
    needed = settings.TWOFOLD_DISCIPLINES
    known = dict(Discipline.objects.filter(code__in=needed).values_list("code", "name"))
    names = {code: known.get(code, code.replace("-", " ").capitalize()) for code in needed}
    return names | dict(sorted({(row.discipline.code, row.discipline.name) for row in members}))


def _hands(members: Iterable[Membership], placed: Sequence[Placed], codes: Sequence[str]) -> np.ndarray:
    """Return the FTE of each person in each discipline."""
    hands = np.zeros((len(placed), len(codes)))
    row_of = {one.person.pk: index for index, one in enumerate(placed)}
    for row in members:
        hands[row_of[row.person_id], codes.index(row.discipline.code)] += float(row.fte)
    return hands


def _pull(link: Link, work: Decimal) -> Pull:
    """Return what a link comes to, given the FTE that its supplier has of the team."""
    share = link.share if link.metered_share is None else link.metered_share
    return Pull(link, share, share * work)


def _between(pulls: Iterable[Pull], products: Sequence[int]) -> np.ndarray:
    """Return how much the products pull from each other, both ways together."""
    between = np.zeros((len(products), len(products)))
    index = {product: at for at, product in enumerate(products)}
    for one in pulls:
        ends = index[one.link.supplier_id], index[one.link.consumer_id]
        between[ends] += float(one.fte)
        between[ends[::-1]] += float(one.fte)
    return between


def _elsewhere(team: Team, codes: Sequence[str], suppliers: Iterable[Product], on: date) -> dict[str, list[Source]]:
    """Return the other teams that do each discipline: those whose products are pulled from first, then the freest."""
    members = (
        Membership.objects.known()
        .current(on)
        .filter(discipline__code__in=codes)
        .exclude(team=team)
        .order_by()
        .values_list("discipline__code", "team_id", "person_id", "fte")
    )
    fte: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    people: dict[tuple[str, int], set[int]] = defaultdict(set)
    for code, other, person, part in members:
        fte[code, other] += part
        people[code, other].add(person)
    pulled = {product.pk: product for product in suppliers}
    taken: dict[int, Decimal] = defaultdict(Decimal)
    through: dict[int, dict[int, Product]] = defaultdict(dict)
    assigned = Assignment.objects.known().current(on).exclude(team=team).order_by("pk")
    for other, product, share in assigned.values_list("team_id", "product_id", "share"):
        taken[other] += share
        if product in pulled:
            through[other][product] = pulled[product]
    best: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for key in sorted(fte, key=lambda key: (key[1] not in through, -fte[key] * (1 - taken[key[1]]), -fte[key], key[1])):
        # Beyond those that are named, only teams that are pulled from already matter.
        if len(best[key[0]]) < NAMED or key[1] in through:
            best[key[0]].append(key)
    teams = Team.objects.in_bulk({other for keys in best.values() for _, other in keys})
    return {
        code: [
            Source(
                teams[other],
                len(people[code, other]),
                max(fte[code, other] * (1 - taken[other]), NOTHING),
                tuple(sorted(through[other].values(), key=lambda one: one.name)) if other in through else (),
            )
            for _, other in keys
        ]
        for code, keys in best.items()
    }


def _instead(
    placed: Sequence[Placed], names: Mapping[str, str], elsewhere: Mapping[str, Sequence[Source]]
) -> tuple[Instead, ...]:
    """Return what could be pulled from teams that are pulled from already, and have no fewer people for it."""
    found = []
    for code, sources in elsewhere.items():
        people = tuple(one.person for one in placed if {each.code for each in one.disciplines} == {code})
        able = tuple(one for one in sources if one.through and one.people >= len(people))[:NAMED]
        if people and able:
            found.append(Instead(names[code], people, able))
    return tuple(sorted(found, key=lambda one: (len(one.people), one.name)))


def _people(count: int) -> str:
    return f"{count} {'person' if count == 1 else 'people'}"


def _listed(names: Sequence[str]) -> str:
    """Return "A, B and C"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
