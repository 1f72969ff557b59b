"""This room's lists as files; the columns that the import reads come first."""

from portfolio.common.exports import ILLUSTRATIVE, Export
from teams.models import Discipline, Membership, Person, Rate, Team

DISCIPLINES = Export("disciplines", Discipline, f"code name {ILLUSTRATIVE}")
PEOPLE = Export("people", Person, f"code name {ILLUSTRATIVE}", "user")
TEAMS = Export("teams", Team, f"code name purpose {ILLUSTRATIVE}")
MEMBERSHIPS = Export("memberships", Membership, f"person team discipline fte starts ends {ILLUSTRATIVE}")
RATES = Export("rates", Rate, f"discipline monthly_amount currency starts ends {ILLUSTRATIVE}")

EXPORTS = (DISCIPLINES, PEOPLE, TEAMS, MEMBERSHIPS, RATES)
