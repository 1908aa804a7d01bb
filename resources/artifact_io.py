"""Dagster's values between assets, kept in the artifact store beside the job's other artifacts."""

import pickle
from typing import Any

import dagster as dg

from orchestrator_assets.domain.errors import ArtifactError
from orchestrator_assets.domain.job import split_partition_key
from orchestrator_assets.domain.ports import ArtifactStore


class ArtifactIOManager(dg.IOManager):
    """One pickle per asset and job below `customers/<customer>/jobs/<job>/assets/`.

    Only this platform writes there. The values of the run in progress stay in memory, too: ten gates read the same scan.
    """

    def __init__(self, artifacts: ArtifactStore) -> None:
        """Keep values in the given store."""
        self._artifacts = artifacts
        self._run_id = ""
        self._held: dict[str, Any] = {}

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Store an asset's value."""
        key = _key(context)
        self._artifacts.put(key, pickle.dumps(obj, protocol=5))
        if self._run_id != context.run_id:
            self._run_id, self._held = context.run_id, {}
        self._held[key] = obj

    def load_input(self, context: dg.InputContext) -> Any:
        """Give an upstream asset's value.

        Raises:
            ArtifactError: It was never made for this job, or by a release whose types have changed since.
        """
        key = _key(context)
        if key in self._held:
            return self._held[key]
        try:
            value = pickle.loads(self._artifacts.get(key))  # noqa: S301 - written by handle_output above
        except (AttributeError, ImportError, TypeError, ValueError, EOFError, pickle.UnpicklingError) as error:
            raise ArtifactError(f"asset {context.asset_key.to_user_string()}: made by another release ({error}); re-run it") from error
        self._held[key] = value
        return value


def _key(context: dg.OutputContext | dg.InputContext) -> str:
    customer, job = split_partition_key(context.asset_partition_key)
    return f"customers/{customer}/jobs/{job}/assets/{'/'.join(context.asset_key.path)}.pickle"
