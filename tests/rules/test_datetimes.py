import pytest

from orchestrator_assets.domain.fix import FixSafety
from orchestrator_assets.rules.datetimes import LOCAL_NOW, UTCNOW
from orchestrator_assets.rules.rule import Rewrite
from tests.rule_cases import answers, rewritten


@pytest.mark.parametrize("use", ["{} - start", "{} < end", "{}.isoformat()", "f'{{{}}}'", "{}.replace(microsecond=0)"])
def test_times_that_meet_other_times_or_are_written_out_are_left_alone(use: str) -> None:
    text = "import datetime\n\n\ndef f(start, end):\n    return {}\n"
    assert rewritten(UTCNOW, text.format(use.format("datetime.datetime.utcnow()"))) is None
    assert rewritten(LOCAL_NOW, text.format(use.format("datetime.datetime.now()"))) is None


def test_a_time_that_is_reckoned_with_further_down_is_left_alone() -> None:
    text = "from datetime import datetime\n\n\ndef f(start):\n    now = datetime.now()\n    return now - start\n"
    assert rewritten(LOCAL_NOW, text) is None


@pytest.mark.parametrize("line", ["return datetime.now()", "self.at = datetime.now()", "g = lambda: datetime.now()"])
def test_a_time_that_other_code_gets_hold_of_is_left_alone(line: str) -> None:
    assert rewritten(LOCAL_NOW, f"from datetime import datetime\n\n\ndef f(self):\n    {line}\n") is None


def test_what_does_not_change_is_called_safe() -> None:
    made = answers(LOCAL_NOW, "from datetime import datetime\n\nx = datetime.now().timestamp()\n")
    assert [m.safety for m in made if isinstance(m, Rewrite)] == [FixSafety.SAFE]


def test_the_zone_is_reached_through_the_module_that_is_imported() -> None:
    text = "import datetime as dt\n\nx = dt.datetime.utcnow()\n"
    assert rewritten(UTCNOW, text) == "import datetime as dt\n\nx = dt.datetime.now(tz=dt.timezone.utc)\n"
