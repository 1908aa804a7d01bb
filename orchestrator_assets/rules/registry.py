"""All rules, in the order of the page."""

from orchestrator_assets.rules import (
    annotations,
    datetimes,
    defaults,
    exceptions,
    files,
    layout,
    logging_calls,
    network_calls,
    sql,
    strings,
    subprocesses,
    unsafe_calls,
)
from orchestrator_assets.rules.rule import Rule

REGISTRY: tuple[Rule, ...] = (
    *unsafe_calls.RULES,
    *subprocesses.RULES,
    *sql.RULES,
    *network_calls.RULES,
    *exceptions.RULES,
    *files.RULES,
    *logging_calls.RULES,
    *datetimes.RULES,
    *defaults.RULES,
    *annotations.RULES,
    *layout.RULES,
    *strings.RULES,
)
