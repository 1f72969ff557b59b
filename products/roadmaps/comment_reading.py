"""Comments as pages show them: beside what they are on, each with its answers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from portfolio.common import access
from products.roadmaps.comment_actions import may_settle
from products.roadmaps.models import Baseline, Comment, Item, Roadmap

MOST = 100  #: threads that a page shows beside something; the list of the roadmap's comments has them all


@dataclass
class Thread:
    """A comment with its answers, oldest first, and whether the reader may resolve or reopen it."""

    comment: Comment
    may_settle: bool = False
    answers: list[Comment] = field(default_factory=list)


@dataclass(frozen=True)
class Talk:
    """What was said about one thing: what is open, oldest first, and what is resolved; how many more there are."""

    roadmap: Roadmap
    item: Item | None
    baseline: Baseline | None
    figure: str
    threads: tuple[Thread, ...]
    left_out: int

    @property
    def open(self) -> list[Thread]:
        """The threads that are not settled."""
        return [thread for thread in self.threads if thread.comment.resolved_at is None]

    @property
    def resolved(self) -> list[Thread]:
        """Those that are."""
        return [thread for thread in self.threads if thread.comment.resolved_at is not None]

    @property
    def key(self) -> str:
        """What tells this talk from the others on a page."""
        about = self.item or self.baseline
        return f"{about._meta.model_name}-{about.pk}" if about else self.figure.replace(":", "-") or "roadmap"


def comments_on(anchor: Roadmap | Item | Baseline, *, reader: Any, figure: str = "", kept: dict | None = None) -> Talk:
    """Return what was said about a roadmap as a whole, an item, a baseline, or a figure of a roadmap.

    Three queries. A page of many figures hands in one `kept` for all of them, so that it takes three for the page.
    """
    roadmap = anchor if isinstance(anchor, Roadmap) else anchor.roadmap
    item = anchor if isinstance(anchor, Item) else None
    baseline = anchor if isinstance(anchor, Baseline) else None
    rows = Comment.objects.visible_to(reader).for_table().filter(roadmap=roadmap, item=item, baseline=baseline)
    memory = {} if kept is None else kept
    if ("may_edit", roadmap.pk) not in memory:
        memory["may_edit", roadmap.pk] = access.may_write(reader, Comment(roadmap=roadmap))
    if figure:
        if ("figures", roadmap.pk) not in memory:
            memory["figures", roadmap.pk] = list(rows.exclude(figure=""))
        found = [comment for comment in memory["figures", roadmap.pk] if comment.figure == figure]
    else:
        found = list(rows.filter(figure=""))
    threads = threads_of(found, reader, may_edit=memory["may_edit", roadmap.pk])
    return Talk(roadmap, item, baseline, figure, tuple(threads[-MOST:]), max(0, len(threads) - MOST))


def threads_of(comments: Iterable[Comment], reader: Any, *, may_edit: bool) -> list[Thread]:
    """Return comments that were read oldest first as threads; `may_edit` is whether the reader edits the roadmap."""
    threads: dict[int, Thread] = {}
    answers: list[Comment] = []
    for comment in comments:
        if comment.answers_id is None:
            threads[comment.pk] = Thread(comment, may_settle(reader, comment, may_edit=may_edit))
        else:
            answers.append(comment)
    for answer in answers:
        if answer.answers_id in threads:
            threads[answer.answers_id].answers.append(answer)
    return list(threads.values())
