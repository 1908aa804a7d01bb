"""The adapters as Dagster resources. Settings come from the environment when a run starts, never at import."""

from collections.abc import Iterator

import dagster as dg

from orchestrator_assets.domain.ports import Worker
from resources.artifact_io import ArtifactIOManager
from resources.platform import shared_platform


@dg.resource(description="The record of all jobs.")
def _job_store(context: dg.InitResourceContext) -> object:
    return shared_platform().store


@dg.resource(description="Artifacts, one prefix a customer.")
def _artifacts(context: dg.InitResourceContext) -> object:
    return shared_platform().artifacts


@dg.resource(description="Where customers' code runs.")
def _sandbox(context: dg.InitResourceContext) -> object:
    return shared_platform().sandbox


@dg.resource(description="Where customers' repositories come from.")
def _code_host(context: dg.InitResourceContext) -> object:
    return shared_platform().code_host


@dg.resource(description="Caches and test environments, each customer's apart.")
def _spaces(context: dg.InitResourceContext) -> object:
    return shared_platform()


@dg.resource(description="The run's hold on its job.")
def _worker(context: dg.InitResourceContext) -> Iterator[Worker]:
    worker = shared_platform().worker()
    try:
        yield worker
    finally:
        worker.release()


@dg.io_manager(description="Values between assets, in the artifact store.")
def _artifact_io(context: dg.InitResourceContext) -> dg.IOManager:
    return ArtifactIOManager(shared_platform().artifacts)


RESOURCES = {
    "job_store": _job_store,
    "artifacts": _artifacts,
    "sandbox": _sandbox,
    "code_host": _code_host,
    "spaces": _spaces,
    "worker": _worker,
    "io_manager": _artifact_io,
}
