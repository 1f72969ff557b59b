from django.apps import AppConfig


class RollupConfig(AppConfig):
    name = "portfolio.rollup"
    label = "rollup"

    def ready(self) -> None:
        # Only a worker looks for tasks by itself. Where there is no broker, the web process and the commands run
        # them after the commit, and must know them too.
        from portfolio.rollup import tasks  # noqa: F401
        from portfolio.rollup.agenda import agenda_sections
        from products.roadmaps.contributions import tells_agenda

        tells_agenda(agenda_sections)
