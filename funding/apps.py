from django.apps import AppConfig


class FundingConfig(AppConfig):
    name = "funding"
    label = "funding"

    def ready(self) -> None:
        """Tell roadmaps what of this room rests on a product, and their agendas how the guardrails stand."""
        from funding import interests  # noqa: F401
        from funding.agenda import agenda_sections
        from products.roadmaps.contributions import tells_agenda

        tells_agenda(agenda_sections)
