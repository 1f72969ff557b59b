"""Where the demonstration's published figures come from, in words that a page can show."""

from typing import NamedTuple


class Source(NamedTuple):
    """A publication that figures were carried over from."""

    title: str
    publisher: str
    period: str
    licence: str
    licence_url: str
    #: The sentence that the licence asks for.
    statement: str


SERVICES = Source(
    title="Transactional services data",
    publisher="UK Government Digital Service",
    period="April 2011 to March 2017",
    licence="Open Government Licence v3.0",
    licence_url="https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    statement="Contains public sector information licensed under the Open Government Licence v3.0.",
)

#: What the worth of a transaction completed online rests on; each valuation names those it uses.
WORTH = (
    "SOCITM, 2012: a council's contact costs £8.62 face to face, £2.83 by telephone and £0.15 on the web.",
    "Government Digital Service, Digital Efficiency Report, November 2012: a digital transaction costs 20 times less "
    "than one by telephone, 30 times less than one by post and 50 times less than one face to face.",
    "Cabinet Office, Transactions Explorer, January 2013: booking a driving test costs £6.62 by post, £4.11 by "
    "telephone and £0.22 online.",
)

#: What the figures leave out; shown wherever the demonstration's headline is explained.
CAUTION = (
    "The value counted here is the cost of calls, letters and visits that were saved because people finished online. "
    "It is not what a driving licence or a tax refund is worth to the person who gets it."
)
