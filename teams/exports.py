"""This room's lists as files; the columns that the import reads come first."""

from portfolio.common.exports import ILLUSTRATIVE, Export
from teams.models import Absence, Discipline, Membership, Person, Rate, Team, Thanks

DISCIPLINES = Export("disciplines", Discipline, f"code name {ILLUSTRATIVE}")
PEOPLE = Export("people", Person, f"code name {ILLUSTRATIVE}", "user")
TEAMS = Export("teams", Team, f"code name purpose {ILLUSTRATIVE}")
MEMBERSHIPS = Export("memberships", Membership, f"person team discipline fte starts ends is_embedded {ILLUSTRATIVE}")
RATES = Export("rates", Rate, f"discipline monthly_amount currency starts ends {ILLUSTRATIVE}")
ABSENCES = Export("absences", Absence, f"person kind share starts ends {ILLUSTRATIVE}")
THANKS = Export("thanks", Thanks, f"team person text is_open {ILLUSTRATIVE}")

EXPORTS = (DISCIPLINES, PEOPLE, TEAMS, MEMBERSHIPS, RATES, ABSENCES, THANKS)
