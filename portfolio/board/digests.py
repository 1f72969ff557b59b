"""The mail that says what waits for a person: choosing it, stopping it, and sending it to whom it is due."""

from datetime import date, datetime
from email.utils import formataddr
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from portfolio.board.models import Digest, Every
from portfolio.board.today import TOLD_FOR, Group, queue
from portfolio.common.models import User

log = structlog.get_logger(__name__)

PERMANENT = 500  # an SMTP answer from here on says that asking again today is of no use


@transaction.atomic
def choose(user: User, every: str) -> Digest:
    """Say how often `user` is sent their digest; a second time changes nothing."""
    digest, _ = Digest.objects.get_or_create(user=user)
    digest.every = Every(every)
    digest.save(update_fields=["every"])
    return digest


def stop(digest: Digest) -> None:
    """Send no more of it; a second time changes nothing."""
    Digest.objects.filter(pk=digest.pk).update(every=Every.OFF)


def send_digests(on: date) -> int:
    """Send their digest to all to whom it is due on a day; return how many went out.

    Each row is claimed for the day, and the claim committed, before its mail is sent; so whoever runs beside this, or
    again later, passes it by. Where the mail server says no, or is not there, the claim is given back, and the next
    run tries again; a refusal for good (an address that does not exist) waits for the next day or week.

    A process that dies, or a connection that breaks, after the mail was handed over and before the answer, leaves it
    open whether the mail went out. Then the claim stays: that day's digest may never arrive, and none arrives twice.
    What it would have said still waits, on the page and in the next one, whereas mail that repeats itself is marked
    as spam.
    """
    if not settings.TWOFOLD_URL:
        log.info("no digests are sent: TWOFOLD_URL is empty")
        return 0
    sent = 0
    for digest in Digest.objects.due(on).select_related("user"):
        # Compared and changed in one statement: of two that run at once, one finds what it compares with.
        if not _same(digest).update(sent_for=on):
            continue
        groups = queue(digest.user, on, news_since=_last_told(digest, on))
        if not groups:
            continue
        try:
            is_sent = _send(digest, groups, on)
        except (SMTPException, OSError):
            _give_back(digest, on)
            log.exception("the mail server is not there; digests wait for the next run", sent=sent)
            break
        sent += is_sent
    log.info("digests sent", on=str(on), sent=sent)
    return sent


def _same(digest: Digest):
    return Digest.objects.filter(pk=digest.pk, every=digest.every, sent_for=digest.sent_for)


def _give_back(digest: Digest, on: date) -> None:
    Digest.objects.filter(pk=digest.pk, sent_for=on).update(sent_for=digest.sent_for)


def _last_told(digest: Digest, on: date) -> datetime:
    """Return since when decisions are news: since the last digest, or for 30 days."""
    first = timezone.make_aware(datetime.combine(on - TOLD_FOR, datetime.min.time()))
    return max(digest.last_sent_at, first) if digest.last_sent_at else first


def _send(digest: Digest, groups: list[Group], on: date) -> bool:
    """Send one; return whether it went out. It raises where the server cannot be reached at all."""
    # A connection each: then one that cannot be opened has certainly sent nothing.
    connection = get_connection()
    connection.open()
    try:
        message(digest, groups, on, connection).send()
    except (SMTPRecipientsRefused, SMTPResponseException) as error:
        if (code := _code(error)) < PERMANENT:
            _give_back(digest, on)
        log.warning("a digest was refused", digest=digest.pk, code=code)
        return False
    except ValueError:
        log.exception("an address cannot be written to", digest=digest.pk)  # one that no form let through
        return False
    except (SMTPException, OSError):
        log.exception("a digest may or may not have gone out; it is not sent again", digest=digest.pk)
        return False
    finally:
        _close(connection)
    Digest.objects.filter(pk=digest.pk).update(last_sent_at=timezone.now())
    return True


def _close(connection) -> None:
    try:
        connection.close()
    except (SMTPException, OSError):
        log.info("the mail server did not say goodbye")  # what it took, it took


def _code(error: SMTPRecipientsRefused | SMTPResponseException) -> int:
    if isinstance(error, SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    return error.smtp_code


def message(digest: Digest, groups: list[Group], on: date, connection=None) -> EmailMultiAlternatives:
    """Return the mail: as text and as HTML, with what mail programs need to offer to stop it (RFC 8058)."""
    count = sum(group.count for group in groups)
    stop_url = f"{settings.TWOFOLD_URL}{digest.get_stop_url()}"
    context = {
        "user": digest.user,
        "every": "day" if digest.every == Every.DAILY else "week",
        "groups": groups,
        "count": count,
        "on": on,
        "site": settings.TWOFOLD_URL,
        "today_url": f"{settings.TWOFOLD_URL}{reverse('board:today')}",
        "digest_url": f"{settings.TWOFOLD_URL}{reverse('board:digest')}",
        "stop_url": stop_url,
        "organisation": settings.TWOFOLD_ORGANISATION,
    }
    mail = EmailMultiAlternatives(
        subject=f"{settings.EMAIL_SUBJECT_PREFIX}{count} {'thing waits' if count == 1 else 'things wait'} for you",
        body=render_to_string("board/digest.txt", context),
        to=[_address(digest.user)],
        headers={"List-Unsubscribe": f"<{stop_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        connection=connection,
    )
    mail.attach_alternative(render_to_string("board/digest.html", context), "text/html")
    return mail


def _address(user: User) -> str:
    name = " ".join(user.get_full_name().split())
    return formataddr((name, user.email)) if name else user.email
