"""Freezing a roadmap, and saying yes or no to what was frozen."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from portfolio.common.errors import NotAllowed
from portfolio.common.models import User
from products.roadmaps import content
from products.roadmaps.changes import lock
from products.roadmaps.models import Baseline, Member, Roadmap, SignOff, Verdict


@transaction.atomic
def take_baseline(roadmap: Roadmap, *, by: User | None, name: str = "", why: str = "") -> Baseline:
    """Freeze a roadmap as it is. Where nothing changed since the latest baseline it is refused: that one is it."""
    locked = lock(roadmap, by)
    text = content.canonical(content.document_of(locked))
    latest = locked.baselines.order_by("-number").first()
    if latest and latest.content_hash == content.hash_of(text):
        raise ValidationError(f"Nothing has changed since {latest}. Sign that one, or change the roadmap first.")
    if not locked.items.kept().exists():
        raise ValidationError("The roadmap has no items yet. Add what is to be agreed on first.")
    baseline = Baseline(
        roadmap=locked,
        number=latest.number + 1 if latest else 1,
        name=name.strip(),
        why=why.strip(),
        version=locked.version,
        content=text,
        content_hash=content.hash_of(text),
        made_by=by,
    )
    baseline.full_clean()
    baseline.save()
    return baseline


@transaction.atomic
def say(baseline: Baseline, *, verdict: str, by: User, comment: str = "", about: Sequence[str] = ()) -> SignOff:
    """Sign a baseline, perhaps with a comment, or decline it, or some items of it, with a reason.

    It takes a member of the roadmap, who signs for their own side, and the latest baseline: an earlier one is history.
    Saying it again adds another row; the last word counts.
    """
    # No role is asked for: the roadmap's owner named who signs. The row is the lock, so that the latest is the latest.
    roadmap = Roadmap.objects.select_for_update().get(pk=baseline.roadmap_id)
    member = Member.objects.filter(roadmap=roadmap, user=by).first()
    if member is None:
        raise NotAllowed(
            f"You are neither a business partner nor a technology owner of {roadmap}. Its owner can name you as one."
        )
    latest = roadmap.baselines.order_by("-number").first()
    if latest is None or latest.pk != baseline.pk:
        raise ValidationError(f"{baseline} is not the latest one. Read what changed, and sign {latest}.")
    if verdict == Verdict.SIGNED and about:
        raise ValidationError(
            {"about": "A signature is for the whole baseline. Decline the items that you do not mean."}
        )
    unknown = [code for code in about if code not in baseline.document["items"]]
    if unknown:
        raise ValidationError({"about": f"{unknown[0]} is not in {baseline}. Choose among its items."})
    row = SignOff(
        baseline=baseline,
        by=by,
        side=member.side,
        verdict=verdict,
        comment=comment.strip(),
        about=sorted(set(about)),
    )
    row.full_clean()
    row.save()
    return row
