from django.apps import AppConfig


class FundingConfig(AppConfig):
    name = "funding"
    label = "funding"

    def ready(self) -> None:
        """Tell roadmaps what rests on a product here and how the guardrails stand, and teams what joins cost."""
        from funding import interests, team_panels  # noqa: F401
        from funding.agenda import agenda_sections
        from products.roadmaps.contributions import tells_agenda

        tells_agenda(agenda_sections)
