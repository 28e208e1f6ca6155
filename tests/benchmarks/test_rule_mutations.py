"""A plan under every rule of the field at once: the audit is silent on it, and refuses it with a rule broken."""

from benchmarks import plan


def test_a_plan_under_every_rule_is_sound_and_every_breach_of_a_rule_is_refused() -> None:
    """Of another seed than is reported: visits by neighbours and lost by waiting, a way for each rule; no finding."""
    scenario, tables, made = plan.ruled_plan(8)
    assert made["audit"].to_dict("records") == []
    assert (made["rep_days"][["border_visits", "waited_eur"]].sum() > 0).all()
    assert made["routing_ways"]["way"].tolist() == ["own territories", "border visits", "even weeks"]
    week = plan.Week("every rule", scenario, tables, {}, made)
    row = plan.mutation_row(week, seed=2, kinds=plan.RULE_KINDS, count=14)
    assert row["note"] == "14 of 14 refused"
