"""What the platform notices by itself."""

from sensors.reaper import reaper
from sensors.run_outcomes import cancelled_runs, failed_runs
from sensors.submitted_jobs import submitted_jobs

ALL_SENSORS = [submitted_jobs, reaper, failed_runs, cancelled_runs]
