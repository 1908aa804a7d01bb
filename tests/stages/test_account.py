import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.cost import CallCost, MicroUsd
from orchestrator_assets.domain.errors import ReportError
from orchestrator_assets.domain.job import CustomerId, JobId, JobOptions
from orchestrator_assets.stages.account import Breakdown, cost_breakdown, cost_breakdown_json

JOB, ACME = JobId("j1"), CustomerId("acme")

calls = st.lists(
    st.builds(
        CallCost,
        st.sampled_from(["openai", "anthropic"]),
        st.sampled_from(["large", "small"]),
        st.sampled_from(["generation", "analysis"]),
        st.integers(0, 10**9).map(MicroUsd),
    )
)


def account(costs: dict[str, int], made: list[CallCost] | None = None, fixes: int = 0) -> Breakdown:
    return cost_breakdown(JOB, ACME, JobOptions(), {name: MicroUsd(amount) for name, amount in costs.items()}, made or [], fixes)


@given(calls, st.dictionaries(st.sampled_from(["storage", "compute"]), st.integers(0, 10**9)), st.integers(0, 100))
def test_every_split_adds_up_to_the_micro_dollar(made: list[CallCost], others: dict[str, int], fixes: int) -> None:
    costs = dict(others)
    for call in made:
        costs[call.category] = costs.get(call.category, 0) + call.cost
    told = json.loads(cost_breakdown_json(account(costs, made, fixes)), parse_float=Decimal)
    assert told["total_usd"] * 1_000_000 == sum(costs.values())
    assert sum(told["by_category"].values()) == sum(told["by_tier"].values()) == told["total_usd"]
    assert sum(told["by_provider"].values()) == sum(told["by_model"].values()) == told["by_tier"]["model"]


def test_a_job_of_the_rules_tier_costs_nothing_and_says_so_to_six_decimals() -> None:
    text = cost_breakdown_json(account({}, fixes=39)).decode()
    assert '"total_usd": 0.000000' in text
    assert '"rules": 0.000000' in text
    assert '"usd_per_verified_fix": 0.000000' in text
    told = json.loads(text)
    assert (told["hard_cap_usd"], told["soft_alert_usd"], told["by_provider"]) == (20, 15, {})


def test_without_a_verified_fix_there_is_no_cost_per_fix() -> None:
    assert account({"compute": 5})["usd_per_verified_fix"] is None


def test_the_cost_per_fix_is_rounded_half_up() -> None:
    assert account({"compute": 5}, fixes=2)["usd_per_verified_fix"] == Decimal("0.000003")


def test_a_call_that_is_not_booked_is_an_error() -> None:
    with pytest.raises(ReportError, match="calls of 'generation' cost 7 micro-USD but 5 are booked"):
        account({"generation": 5}, [CallCost("openai", "large", "generation", MicroUsd(7))])


def test_a_negative_amount_is_an_error() -> None:
    with pytest.raises(ReportError, match="'compute' costs -1 micro-USD"):
        account({"compute": -1})
