"""Carry the published figures over into `uk_services.csv`: `python -m portfolio.demo.carry_over ORIGINAL.csv`.

The original is the Government Digital Service's table of services by fiscal year, one row a service and year; it is
not kept here. Which services, and under which codes, is said by `uk_services_list.csv`. A blank stays a blank: it
means that the figure was not published, never that it was zero.
"""

import csv
import sys
from decimal import Decimal
from pathlib import Path

DATA = Path(__file__).parent / "data"
COLUMNS = ["service", "year", "volume", "digital_volume", "cost_per_transaction"]


def carry_over(original: Path, target: Path = DATA / "uk_services.csv") -> int:
    """Write the figures of the listed services to `target` and return the number of rows."""
    with (DATA / "uk_services_list.csv").open(newline="", encoding="utf-8") as listing:
        codes = {row["name"]: row["service"] for row in csv.DictReader(listing)}
    years: dict[str, list[list[str]]] = {code: [] for code in codes.values()}
    with original.open(newline="", encoding="utf-8-sig") as published:
        for row in csv.DictReader(published):
            cost = row["cost_per_transaction_gbp"]
            years[codes[row["service"].strip()]].append(
                [
                    row["period_start"][:4],
                    row["volume"],
                    row["digital_volume"],
                    format(Decimal(cost).normalize(), "f") if cost else "",
                ]
            )
    rows = [[code, *year] for code in codes.values() for year in years[code]]
    with target.open("w", newline="", encoding="utf-8") as compact:
        csv.writer(compact, lineterminator="\n").writerows([COLUMNS, *rows])
    return len(rows)


if __name__ == "__main__":
    sys.stdout.write(f"{carry_over(Path(sys.argv[1]))} rows\n")
