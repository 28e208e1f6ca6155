"""Mutations: repeatable, each refused by the audit, none that the audit objects to without a cause."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks import mutations_desk, mutations_field
from benchmarks.mutations import Case, Mutation, NothingToBreak, mutations, refused
from planner.audit import audit


def test_fifty_mutations_are_refused(small_run: Any) -> None:
    """Every one of fifty mutations has a finding that the sound plan has not."""
    before = audit(small_run.scenario, small_run.tables, small_run.plan)
    made = mutations(small_run.scenario, small_run.tables, small_run.plan, count=50, seed=3)
    missed = [each.kind for each in made if not refused(small_run.scenario, small_run.tables, before, each)]
    assert missed == []


def test_the_sound_plan_is_not_refused(small_run: Any) -> None:
    """A mutation that changes nothing is missed, so the count can fail."""
    before = audit(small_run.scenario, small_run.tables, small_run.plan)
    assert refused(small_run.scenario, small_run.tables, before, Mutation("nothing", small_run.plan)) == []


def test_the_seed_decides(small_run: Any) -> None:
    """The same seed draws the same kinds and places, another one others."""
    one, same, other = (
        list(mutations(small_run.scenario, small_run.tables, small_run.plan, count=4, seed=seed)) for seed in (1, 1, 2)
    )
    assert [each.kind for each in one] == [each.kind for each in same] != [each.kind for each in other]
    for first, second in zip(one, same, strict=True):
        for name, table in first.plan.items():
            pd.testing.assert_frame_equal(table, second.plan[name])


def test_the_plan_that_is_mutated_stays_as_it_was(small_run: Any) -> None:
    """Mutations copy what they change."""
    before = {name: table.copy() for name, table in small_run.plan.items()}
    list(mutations(small_run.scenario, small_run.tables, small_run.plan, count=49, seed=5))
    for name, table in before.items():
        pd.testing.assert_frame_equal(table, small_run.plan[name])


def test_a_plan_without_contents_yields_no_mutation(small_run: Any) -> None:
    """Emptied tables leave nothing to break for the kinds that need rows."""
    empty = {name: table.iloc[:0] for name, table in small_run.plan.items()}
    case = Case(small_run.scenario, small_run.tables, empty, np.random.default_rng(1))
    for kind in (mutations_field.moved_stop, mutations_field.double_visit, mutations_desk.two_desks):
        with pytest.raises(NothingToBreak):
            kind(case)
