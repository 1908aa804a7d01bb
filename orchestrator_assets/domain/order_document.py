"""An order as plain JSON values and back: what the job's row keeps, and what a manifest could say again."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import cast

from orchestrator_assets.domain.errors import ManifestError
from orchestrator_assets.domain.job import JobOptions, JobOrder, Policy, RepoRef, Tier, customer_id

ORDER_VERSION = 1

_MONEY_AND_SCORES = ("hard_cap_usd", "soft_alert_usd", "min_score")


def order_to_json(order: JobOrder) -> dict[str, object]:
    """The order as JSON values; decimals become text, so that nothing is rounded."""
    options = asdict(order.options)
    for name in _MONEY_AND_SCORES:
        options[name] = str(options[name])
    options |= {"policy": order.options.policy.value, "include": list(order.options.include), "exclude": list(order.options.exclude)}
    return {
        "version": ORDER_VERSION,
        "customer": order.customer,
        "repo": asdict(order.repo),
        "tier": order.tier.value,
        "webhook_url": order.webhook_url,
        "findings_sha256": order.findings_sha256,
        "findings_name": order.findings_name,
        "options": options,
    }


def order_from_json(document: Mapping[str, object]) -> JobOrder:
    """The inverse of `order_to_json`.

    Raises:
        ManifestError: The document was not written by `order_to_json`, or by a newer version of it.
    """
    version = document.get("version")
    if version != ORDER_VERSION:
        raise ManifestError(f"order document: version {version!r} is not {ORDER_VERSION}; read it with the release that wrote it")
    try:
        return JobOrder(
            customer=customer_id(cast(str, document["customer"])),
            repo=RepoRef(**cast(dict[str, str | None], document["repo"])),
            tier=Tier(cast(str, document["tier"])),
            webhook_url=cast("str | None", document["webhook_url"]),
            findings_sha256=cast("str | None", document["findings_sha256"]),
            findings_name=cast("str | None", document["findings_name"]),
            options=_options(cast(Mapping[str, object], document["options"])),
        )
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise ManifestError(f"order document: {error!r}; it was not written by this platform, submit the job again") from error


def _options(document: Mapping[str, object]) -> JobOptions:
    values: dict[str, object] = dict(document)
    for name in _MONEY_AND_SCORES:
        values[name] = Decimal(cast(str, values[name]))
    values["policy"] = Policy(cast(str, values["policy"]))
    for name in ("include", "exclude"):
        values[name] = tuple(cast(list[str], values[name]))
    return JobOptions(**values)  # type: ignore[arg-type]
