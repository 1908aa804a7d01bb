import dagster as dg
import pytest

from orchestrator_assets.domain.errors import ArtifactError, InputError, LeaseError, OrchestratorError
from orchestrator_assets.failures import step_failures


class Passing(OrchestratorError):
    """One that the next try may not meet."""

    code = "passing"
    retryable = True


@pytest.mark.parametrize(
    ("error", "retried"), [(InputError("i"), False), (ArtifactError("a"), False), (LeaseError("l"), False), (Passing("p"), True)]
)
def test_an_error_of_the_platform_fails_the_step_in_its_own_words_with_its_code(error: OrchestratorError, retried: bool) -> None:
    with pytest.raises(dg.Failure) as failed, step_failures():
        raise error
    assert (failed.value.description, failed.value.metadata["code"].value) == (str(error), error.code)
    assert failed.value.allow_retries is retried


def test_an_error_that_nobody_foresaw_is_not_dressed_up() -> None:
    with pytest.raises(ZeroDivisionError), step_failures():
        _ = 1 // 0
