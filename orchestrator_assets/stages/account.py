"""What a job cost, by category, tier and provider, to the micro-dollar."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from orchestrator_assets.domain.cost import CallCost, MicroUsd, micro_to_usd
from orchestrator_assets.domain.errors import ReportError
from orchestrator_assets.domain.job import CustomerId, JobId, JobOptions
from orchestrator_assets.domain.json_text import json_text

Amounts = dict[str, Decimal]
Breakdown = dict[str, str | int | Decimal | Amounts | None]

_MICRO = Decimal("0.000001")


def total_cost(costs: Mapping[str, MicroUsd]) -> MicroUsd:
    """The sum of all categories."""
    return MicroUsd(sum(costs.values()))


def cost_breakdown(
    job: JobId,
    customer: CustomerId,
    options: JobOptions,
    costs: Mapping[str, MicroUsd],
    llm_calls: Sequence[CallCost] = (),
    verified_fixes: int = 0,
) -> Breakdown:
    """The account of a job; every split of it adds up to `total_usd`.

    Args:
        costs: Category -> amount; the categories of `llm_calls` are the model tier's, all others cost nothing but machine time
            of the rules tier.
        llm_calls: Every call that was made; their amounts are in `costs`, not on top of it.
        verified_fixes: Findings verified as fixed; without any there is no cost per fix.

    Raises:
        ReportError: An amount is negative, or the calls of a category do not add up to its amount.
    """
    called = _by(llm_calls, lambda call: call.category)
    _check(job, costs, called)
    total = total_cost(costs)
    model = MicroUsd(sum(call.cost for call in llm_calls))
    per_fix = (micro_to_usd(total) / verified_fixes).quantize(_MICRO, rounding=ROUND_HALF_UP) if verified_fixes else None
    return {
        "job_id": job,
        "customer": customer,
        "total_usd": micro_to_usd(total),
        "hard_cap_usd": options.hard_cap_usd,
        "soft_alert_usd": options.soft_alert_usd,
        "by_category": _in_usd(costs),
        "by_tier": _in_usd({"rules": MicroUsd(total - model), "model": model}),
        "by_provider": _in_usd(_by(llm_calls, lambda call: call.provider)),
        "by_model": _in_usd(_by(llm_calls, lambda call: call.model)),
        "llm_calls": len(llm_calls),
        "verified_fixes": verified_fixes,
        "usd_per_verified_fix": per_fix,
    }


def cost_breakdown_json(breakdown: Breakdown) -> bytes:
    """The content of `cost_breakdown.json`; amounts have six decimals."""
    return (json_text(breakdown) + "\n").encode()


def _by(calls: Iterable[CallCost], key: Callable[[CallCost], str]) -> dict[str, MicroUsd]:
    sums: dict[str, MicroUsd] = defaultdict(lambda: MicroUsd(0))
    for call in calls:
        sums[key(call)] = MicroUsd(sums[key(call)] + call.cost)
    return dict(sorted(sums.items()))


def _in_usd(amounts: Mapping[str, MicroUsd]) -> Amounts:
    return {name: micro_to_usd(amount) for name, amount in amounts.items()}


def _check(job: JobId, costs: Mapping[str, MicroUsd], called: Mapping[str, MicroUsd]) -> None:
    for category, amount in costs.items():
        if amount < 0:
            raise ReportError(f"job {job}: category {category!r} costs {amount} micro-USD, below zero; check its bookings")
    for category, amount in called.items():
        booked = costs.get(category, 0)
        if booked != amount:
            raise ReportError(f"job {job}: calls of {category!r} cost {amount} micro-USD but {booked} are booked; settle every call")
