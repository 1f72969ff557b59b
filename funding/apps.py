from django.apps import AppConfig


class FundingConfig(AppConfig):
    name = "funding"
    label = "funding"

    def ready(self) -> None:
        """Tell the agendas of roadmaps how the guardrails stand."""
        from funding.agenda import agenda_sections
        from products.roadmaps.contributions import tells_agenda

        tells_agenda(agenda_sections)
