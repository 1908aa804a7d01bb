"""The deterministic fixers: one module per family, one registry, one writer."""

from orchestrator_assets.rules.registry import REGISTRY
from orchestrator_assets.rules.writer import RulesFixWriter

__all__ = ["REGISTRY", "RulesFixWriter"]
