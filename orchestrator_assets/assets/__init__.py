"""One noun each, in the order that the data takes: intake, baseline, analysis, transformation, gates, outcome."""

import warnings

import dagster as dg

# Asset checks on partitions are a preview in Dagster 1.13; the ten gates are shown by them (tested at every upgrade).
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
