"""What happens to feedback: it is taken, at a bounded rate, and somebody says what becomes of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from portfolio.common import access, actions
from portfolio.common.errors import Busy, TwofoldError
from portfolio.common.models import User
from portfolio.common.months import today
from products.catalog.feedback_rules import Limit, sender_of
from products.catalog.models import Feedback, FeedbackForm, FeedbackState, Insight, InsightKind

KEPT_FOR = timedelta(hours=24)  #: that senders are told apart
SOURCE = "Feedback form"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class FormIsClosed(TwofoldError):
    """The form does not take feedback, now or any more."""

    def __init__(self, form: FeedbackForm) -> None:
        super().__init__(f"{form.product} takes no feedback here at the moment. Its owner can open the form again.")


class TooMuchFeedback(Busy):
    """As much came in as is taken in that time; `RETRY_AFTER` seconds later there is room again."""

    def __init__(self, words: str, seconds: int) -> None:
        self.RETRY_AFTER = seconds
        super().__init__(f"{words} {_in_words(seconds)}")


def _in_words(seconds: int) -> str:
    if seconds <= 90:
        return f"Try again in {seconds} second{'' if seconds == 1 else 's'}."
    return f"Try again in {-(-seconds // 60)} minutes."


def hour_limit() -> Limit:
    """Return how much one sender may send to a form in an hour."""
    return Limit(settings.TWOFOLD_FEEDBACK_AN_HOUR, HOUR)


def minute_limit() -> Limit:
    """Return how much a form takes in a minute, from whomever."""
    return Limit(settings.TWOFOLD_FEEDBACK_A_MINUTE, MINUTE)


@transaction.atomic
def take(
    form: FeedbackForm,
    answers: Mapping[str, Any],
    *,
    key: str | None = None,
    address: str | None = None,
    is_spam: bool = False,
    is_from_api: bool = False,
    consent: str = "",
) -> Feedback:
    """Take a piece of feedback, and return it once it is in the database.

    The same key again answers what was taken the first time, and takes nothing. The row of the form is the lock: how
    much came in is counted under it, so that the bound holds whatever number of processes take feedback. `address` is
    where it came from, of which a keyed hash is kept for a day; without one, only the bound of the form holds.
    Raises FormIsClosed and TooMuchFeedback.
    """
    held = FeedbackForm.objects.select_for_update().select_related("product").get(pk=form.pk)
    if key and (first := Feedback.objects.filter(form=held, key=key).first()):
        return first
    if not held.is_open:
        raise FormIsClosed(held)
    received = Feedback.objects.filter(form=held)
    # The clocks of two hosts differ: what comes after another piece is not received before it.
    last = received.order_by("-received_at").values_list("received_at", flat=True).first()
    now = max(timezone.now(), last) if last else timezone.now()
    senders = _senders(address, now) if address is not None else []
    _require_room(held, senders, now)
    words = str(answers.get("text") or "").strip()
    row = Feedback(
        **{name: answers.get(name) for name in ("satisfaction", "ease", "is_done")},
        form=held,
        received_at=now,
        text=words,
        may_quote=bool(answers.get("may_quote") and words),
        consent=consent if answers.get("may_quote") and words else "",
        sender=senders[0] if senders else "",
        state=FeedbackState.SPAM if is_spam else FeedbackState.NEW,
        is_from_api=is_from_api,
        key=key or None,
        is_illustrative=bool(answers.get("is_illustrative", False)),
    )
    row.full_clean()
    row.save(force_insert=True)
    return row


def _senders(address: str, now: datetime) -> list[str]:
    """Return what the sender is called today, and, within the hour after midnight, what they were called before it."""
    days = dict.fromkeys((timezone.localdate(now), timezone.localdate(now - HOUR)))
    return [sender_of(address, day, key=settings.SECRET_KEY) for day in days]


def _require_room(form: FeedbackForm, senders: list[str], now: datetime) -> None:
    """Refuse what is more than is taken in a minute, or from one sender in an hour."""

    def wait(limit: Limit, **which: Any) -> int:
        latest = Feedback.objects.filter(form=form, **which).order_by("-received_at")
        return limit.wait(list(latest.values_list("received_at", flat=True)[: limit.most]), now)

    if senders and (seconds := wait(hour_limit(), sender__in=senders)):
        raise TooMuchFeedback("You have sent as much as is taken from one place in an hour.", seconds)
    if seconds := wait(minute_limit()):
        raise TooMuchFeedback("A great deal is coming in at the moment, and this was not taken.", seconds)


def _held(feedback: Feedback, by: User | None) -> Feedback:
    """Return the row as it stands, locked: of two people who say what becomes of it, one comes after the other."""
    held = Feedback.objects.select_for_update().get(pk=feedback.pk)
    if by is not None:
        access.require(by, held)
    return held


@transaction.atomic
def keep(
    feedback: Feedback,
    *,
    by: User | None,
    text: str = "",
    about: Mapping[str, Any] | None = None,
) -> Insight:
    """Keep a piece of feedback as an insight of its product, and return that; a second time returns the same one.

    `text` is how it is told; without one, it is in the customer's own words, where they agreed to be quoted. `about`
    are further columns of the insight, such as its theme.
    """
    held = _held(feedback, by)
    standing = Insight.objects.known().filter(feedback=held).first()
    if standing:
        return standing
    words = text.strip() or (held.text if held.may_quote else "")
    if not words:
        raise ValidationError(
            {
                "text": "They did not agree to be quoted. Say in your own words what they said."
                if held.text
                else "They gave answers and no words. Say what they tell you, or set it aside."
            }
        )
    said_on = min(timezone.localdate(held.received_at), today())
    told: dict[str, Any] = {"kind": InsightKind.SURVEY, "source": f"{SOURCE}, {said_on}", **(about or {})}
    insight = Insight(
        product=held.form.product,
        said_on=said_on,
        text=words,
        feedback=held,
        is_illustrative=held.is_illustrative,
        **told,
    )
    # Whoever may keep feedback may say so: `record` asks for a role over insights, which is a wider one.
    actions.record(insight, by=by)
    _put(held, FeedbackState.KEPT)
    return insight


def set_aside(feedback: Feedback, *, by: User | None) -> Feedback:
    """Set a piece of feedback aside: it counts in the scores, and is no insight. Repeating it changes nothing."""
    return _put_away(feedback, FeedbackState.ASIDE, by=by)


def mark_as_spam(feedback: Feedback, *, by: User | None) -> Feedback:
    """Say that no customer sent this: it counts nowhere. Repeating it changes nothing."""
    return _put_away(feedback, FeedbackState.SPAM, by=by)


@transaction.atomic
def _put_away(feedback: Feedback, state: str, *, by: User | None) -> Feedback:
    held = _held(feedback, by)
    insight = Insight.objects.known().filter(feedback=held).first()
    if insight:
        actions.retract(insight, reason=f"The feedback it came from is {FeedbackState(state).label.lower()}.", by=by)
    return _put(held, state)


def _put(feedback: Feedback, state: str) -> Feedback:
    feedback.state = state
    feedback.save(update_fields=["state"])
    return feedback


def forget_senders(now: datetime | None = None) -> int:
    """Drop the hashes of senders once a day has passed, and return of how much feedback; a second time of none."""
    before = (now or timezone.now()) - KEPT_FOR
    return Feedback.objects.exclude(sender="").filter(received_at__lt=before).update(sender="")
