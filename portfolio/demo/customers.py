"""A made-up public form, what came in by it in March 2017, and what became of that."""

from datetime import UTC, datetime
from typing import NamedTuple

from portfolio.common import actions
from portfolio.common.models import User
from products.catalog import feedback_actions
from products.catalog.feedback_views import CONSENT
from products.catalog.models import Feedback, FeedbackForm, FeedbackState, Product, Theme
from products.value.feedback_scores import score_feedback

PRODUCT = "driving-test-bookings"
KEPT, ASIDE, SPAM = FeedbackState.KEPT, FeedbackState.ASIDE, FeedbackState.SPAM


class Said(NamedTuple):
    """What somebody answered: on which day of March, satisfaction, ease, done, their words, and what became of them."""

    day: int
    satisfaction: int | None
    ease: int | None
    is_done: bool | None
    text: str = ""
    state: str = FeedbackState.NEW


SAID = (
    Said(20, 5, 5, True, "Booked on the bus. Thank you."),
    Said(20, 2, 1, False, "I looked for an earlier day for an hour and then gave up.", KEPT),
    Said(20, 4, 4, True),
    Said(21, 4, 5, True, "", ASIDE),
    Said(22, 1, 2, False, "It shut me out because I had refreshed too often.", KEPT),
    Said(22, 5, 5, True),
    Said(22, None, None, None, "Cheap theory tests at https://passes.example today", SPAM),
    Said(24, 3, 3, True, "Fine, but why does it not tell me when somebody drops out?", KEPT),
    Said(24, 4, 4, True),
    Said(27, 5, 4, True, "Easier than ringing."),
    Said(28, 2, 2, False, "My test centre is not in the list."),
    Said(28, 4, 5, True),
    Said(29, 3, None, None, "The reference on the letter is not the one that it asks for."),
)


def listen() -> None:
    """Open the form, and let a dozen people answer it; what is there already is left as it is."""
    product = Product.objects.get(code=PRODUCT)
    if FeedbackForm.objects.filter(product=product).exists():
        return
    form = FeedbackForm(
        product=product,
        code=product.code,
        name="How was booking your driving test?",
        intro="Four questions, none of which you have to answer. It takes a minute.",
        thanks="The team that makes it reads every word.",
        is_illustrative=True,
    )
    actions.save(form, by=None)
    owner = User.objects.filter(username="leader").first()
    theme = Theme.objects.get(code="earlier-tests")
    for place, said in enumerate(SAID):
        taken = Feedback.objects.create(
            form=form,
            received_at=datetime(2017, 3, said.day, 9 + place % 9, 5 * (place % 11), tzinfo=UTC),
            satisfaction=said.satisfaction,
            ease=said.ease,
            is_done=said.is_done,
            text=said.text,
            may_quote=bool(said.text) and said.state != SPAM,
            consent=CONSENT if said.text and said.state != SPAM else "",
            key=f"demonstration-{place}",
            is_illustrative=True,
        )
        if said.state == KEPT:
            feedback_actions.keep(taken, about={"theme": theme}, by=owner)
        elif said.state == ASIDE:
            feedback_actions.set_aside(taken, by=owner)
        elif said.state == SPAM:
            feedback_actions.mark_as_spam(taken, by=owner)
    score_feedback()
