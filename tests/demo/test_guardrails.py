"""The guardrails of the demonstration: what is broken there is waived."""

from portfolio.demo import rows


def test_there_is_a_rule_of_every_kind_and_one_that_is_waived():
    rules = {row["name"]: row["kind"] for row in rows.rows("guardrails")}
    waived = [row["guardrail"] for row in rows.rows("waivers")]

    assert set(rules.values()) == {"category", "value_stream", "stage", "stream", "product", "change", "team"}
    assert [rules[name] for name in waived] == ["category"]


def test_rules_are_loaded_after_the_money_that_they_are_held_against():
    kinds = list(rows.KINDS)

    assert kinds.index("allocations") < kinds.index("guardrails") < kinds.index("waivers")
