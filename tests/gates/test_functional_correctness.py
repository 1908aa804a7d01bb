import pytest

from gates.functional_correctness import check
from orchestrator_assets.domain.gate import FixTally, GateStatus
from tests.builders import evidence


@pytest.mark.parametrize(
    ("tally", "status", "fraction"),
    [
        (FixTally(71, 0, 0, 0), GateStatus.FAILED, 0.0),
        (FixTally(71, 71, 0, 0), GateStatus.PASSED, 1.0),
        (FixTally(10, 5, 1, 1), GateStatus.FAILED, 0.3),
        (FixTally(10, 10, 0, 1), GateStatus.FAILED, 0.9),
        (FixTally(10, 1, 5, 0), GateStatus.FAILED, 0.0),
        (FixTally(0, 0, 0, 0), GateStatus.NOT_APPLICABLE, 0.0),
        (FixTally(0, 0, 1, 0), GateStatus.FAILED, 0.0),
    ],
)
def test_it_earns_the_share_of_findings_fixed_less_the_harm_done(tally: FixTally, status: GateStatus, fraction: float) -> None:
    verdict = check(evidence(tally=tally))
    assert (verdict.status, verdict.fraction) == (status, pytest.approx(fraction))
