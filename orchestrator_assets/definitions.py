"""Everything that Dagster loads: start reading here."""

import dagster as dg

from orchestrator_assets.assets import analysis, baseline, gates, intake, outcome, transformation
from orchestrator_assets.runs import TRANSFORMATION
from resources.configured import RESOURCES
from sensors import ALL_SENSORS

defs = dg.Definitions(
    assets=dg.load_assets_from_modules([intake, baseline, analysis, transformation, gates, outcome]),
    jobs=[TRANSFORMATION],
    # Also for assets that are made on their own from the UI: a process a step costs seconds each, and splits the job's lease.
    executor=dg.in_process_executor,
    resources=RESOURCES,
    sensors=ALL_SENSORS,
)
