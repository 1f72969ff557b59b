"""Digests, sent to a mail server that listens on this machine."""

from collections.abc import Iterator
from datetime import date, timedelta
from email import message_from_bytes, policy
from io import StringIO
from smtplib import SMTPServerDisconnected

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.core.mail.backends.smtp import EmailBackend
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from portfolio.board import tasks
from portfolio.board.digests import choose, send_digests
from portfolio.board.models import Digest
from tests import factories as make

pytestmark = pytest.mark.django_db
THURSDAY = date(2016, 3, 31)
SITE = "https://twofold.example.org"


class Postbox:
    """What a mail server took, and whom it refuses with which answer."""

    def __init__(self) -> None:
        self.taken: list = []
        self.refused: dict[str, str] = {}

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd names it
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    @property
    def addresses(self) -> list[str]:
        return [address.addr_spec for mail in self.taken for address in mail["To"].addresses]


class OnFreePort(Controller):
    """Listens on a port that the system chooses, and says which."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="localhost")


@pytest.fixture
def postbox(settings) -> Iterator[Postbox]:
    box = Postbox()
    server = OnFreePort(box, hostname="127.0.0.1", port=0)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.TWOFOLD_URL = SITE
    yield box
    server.stop()


def make_waiting(every="daily", text="Is <this> so?", **fields):
    """Make somebody for whom a comment waits, and who asked for a digest."""
    user = make.make_user()
    for name, value in fields.items():
        setattr(user, name, value)
    user.save()
    make.make_comment(text=text).mentions.add(user)
    choose(user, every)
    return user


def test_a_digest_says_what_waits_in_text_and_html_with_absolute_links(postbox):
    user = make_waiting(first_name="Zoë", last_name="Łukasz-Ōe", text="Ist <das> wahr, Zoë?")

    assert send_digests(THURSDAY) == 1

    [mail] = postbox.taken
    assert mail["To"].addresses[0].display_name == "Zoë Łukasz-Ōe"
    assert postbox.addresses == [user.email]
    assert mail["Subject"].endswith("1 thing waits for you")
    text, html = (mail.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html"))
    href = user.mentioned_in.get().get_absolute_url()
    assert "Zoë Łukasz-Ōe, 1 thing waits for you" in text
    assert "- Ist <das> wahr, Zoë?" in text
    assert f"\n  {SITE}{href}\n" in text
    assert f'<a href="{SITE}{href}">Ist &lt;das&gt; wahr, Zoë?</a>' in html
    stop = f"{SITE}{user.digest.get_stop_url()}"
    assert stop in text
    assert f'"{stop}"' in html
    assert mail["List-Unsubscribe"].strip() == f"<{stop}>"  # a long header is folded
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_daily_digest_is_sent_once_a_day_however_often_the_task_runs(postbox, settings):
    make_waiting()
    settings.TWOFOLD_TODAY = THURSDAY
    tasks.send_digests()
    tasks.send_digests()
    assert len(postbox.taken) == 1

    out = StringIO()
    call_command("send_digests", on="2016-04-01", stdout=out)
    assert (len(postbox.taken), out.getvalue()) == (2, "1 digest sent for 2016-04-01.\n")
    with pytest.raises(CommandError, match="must be a day like"):
        call_command("send_digests", on="tomorrow")


def test_a_weekly_digest_is_sent_on_monday_or_as_soon_after_as_can_be(postbox):
    make_waiting("weekly")
    sent = [day for day in range(14) if send_digests(THURSDAY + timedelta(days=day))]
    assert sent == [0, 4, 11]  # at once, then on Mondays


def test_nothing_is_sent_where_nothing_waits_or_nobody_asked_or_nobody_can_sign_in(postbox):
    choose(make.make_user(), "daily")
    make_waiting("off")
    make_waiting(is_active=False)
    make_waiting(email="")
    make.make_comment().mentions.add(make.make_user())

    assert send_digests(THURSDAY) == 0
    assert postbox.taken == []


def test_a_server_that_refuses_somebody_for_now_is_asked_again_and_nobody_gets_it_twice(postbox):
    users = [make_waiting() for _ in range(3)]
    postbox.refused = {users[0].email: "451 Later", users[1].email: "550 No such user"}
    assert send_digests(THURSDAY) == 1
    assert postbox.addresses == [users[2].email]

    postbox.refused = {}
    assert send_digests(THURSDAY) == 1
    assert postbox.addresses == [users[2].email, users[0].email]
    send_digests(THURSDAY + timedelta(days=1))  # an address that was refused for good is tried the next day
    assert sorted(postbox.addresses[2:]) == sorted(user.email for user in users)


def test_a_server_that_is_down_loses_nothing(postbox, settings):
    make_waiting()
    make_waiting()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    assert send_digests(THURSDAY) == 0
    assert {digest.sent_for for digest in Digest.objects.all()} == {None}

    settings.EMAIL_PORT = port
    assert send_digests(THURSDAY) == 2


class RunsBeside(EmailBackend):
    """Lets another run begin and end while the first mail is on its way."""

    has_run = False

    def send_messages(self, messages):
        if not RunsBeside.has_run:
            RunsBeside.has_run = True
            send_digests(THURSDAY)
        return super().send_messages(messages)


def test_two_runs_at_once_send_each_digest_once(postbox, settings):
    users = [make_waiting() for _ in range(3)]
    settings.EMAIL_BACKEND = f"{__name__}.RunsBeside"
    assert send_digests(THURSDAY) == 1
    assert RunsBeside.has_run
    assert sorted(postbox.addresses) == sorted(user.email for user in users)


class BreaksAfterwards(EmailBackend):
    """Hands the mail over, and loses the connection before the answer."""

    def send_messages(self, messages):
        super().send_messages(messages)
        raise SMTPServerDisconnected("Connection unexpectedly closed")


class Dies(EmailBackend):
    """Takes the process down once the mail is handed over."""

    def send_messages(self, messages):
        super().send_messages(messages)
        raise SystemExit


def test_a_process_that_dies_while_it_sends_sends_nothing_twice_and_the_others_later(postbox, settings):
    users = [make_waiting() for _ in range(2)]
    settings.EMAIL_BACKEND = f"{__name__}.Dies"
    with pytest.raises(SystemExit):
        send_digests(THURSDAY)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert send_digests(THURSDAY) == 1
    assert postbox.addresses == [user.email for user in users]


def test_what_may_have_gone_out_is_not_sent_again(postbox, settings):
    make_waiting()
    settings.EMAIL_BACKEND = f"{__name__}.BreaksAfterwards"
    assert send_digests(THURSDAY) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert send_digests(THURSDAY) == 0
    assert len(postbox.taken) == 1


def test_a_site_without_an_address_sends_nothing_and_says_so(client, postbox, settings):
    user = make_waiting()
    settings.TWOFOLD_URL = ""
    assert send_digests(THURSDAY) == 0
    with pytest.raises(CommandError, match="TWOFOLD_URL"):
        call_command("send_digests")
    client.force_login(user)
    assert "TWOFOLD_URL" in client.get(reverse("board:digest")).content.decode()


def test_a_person_chooses_their_own_digest(client, postbox):
    user, other = make.make_user(), make_waiting()
    client.force_login(user)
    page = client.get(reverse("board:digest"))
    assert page.context["form"]["every"].value() == "off"
    assert user.email in page.content.decode()
    assert client.post(reverse("board:digest"), {"every": "hourly"}).status_code == 422

    assert client.post(reverse("board:digest"), {"every": "weekly"}).status_code == 302
    client.post(reverse("board:digest"), {"every": "weekly"})
    assert [(digest.user, digest.every) for digest in Digest.objects.all()] == [(other, "daily"), (user, "weekly")]

    user.email = ""
    user.save()
    assert "no mail address" in client.get(reverse("board:digest")).content.decode()


def test_a_mail_program_stops_the_digest_with_one_post_and_no_cookie(postbox):
    user, other = make_waiting(), make_waiting()
    send_digests(THURSDAY)
    mail = next(mail for mail in postbox.taken if mail["To"].addresses[0].addr_spec == user.email)
    address = mail["List-Unsubscribe"].strip(" <>").removeprefix(SITE)
    outside = Client(enforce_csrf_checks=True)

    page = outside.get(address)
    assert page.status_code == 200
    assert "<button" in page.content.decode()
    assert Digest.objects.get(user=user).every == "daily"  # looking does nothing

    done = outside.post(address, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert done.status_code == 200
    assert outside.post(address).status_code == 200
    assert Digest.objects.get(user=user).every == "off"
    assert Digest.objects.get(user=other).every == "daily"
    assert send_digests(THURSDAY + timedelta(days=1)) == 1


def test_a_wrong_key_stops_nothing():
    make_waiting()
    for method in ("get", "post"):
        assert getattr(Client(), method)(reverse("board:digest-stop", args=["a" * 43])).status_code == 404
    assert Digest.objects.get().every == "daily"
