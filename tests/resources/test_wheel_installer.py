from packaging.requirements import Requirement

from resources.declared_requirements import RequirementGroup
from resources.wheel_installer import BASE_RANGES, _with_base


def with_base(*texts: str) -> tuple[set[str], set[str], list[str]]:
    base, groups, notes = _with_base([RequirementGroup("tests", texts)])
    return set(base), {str(Requirement(text)) for group in groups for text in group.texts}, notes


def test_a_pin_that_is_too_old_gives_way_and_says_so() -> None:
    base, texts, notes = with_base("pytest<5,>=4", "mock")
    assert BASE_RANGES["pytest"] in base
    assert texts == {"mock"}
    assert "pytest<5,>=4" in notes[0]


def test_a_demand_for_something_newer_is_met() -> None:
    base, texts, notes = with_base("pytest>=9", "setuptools>=82")
    assert "pytest>=7" in base
    assert "setuptools>=68" in base
    assert texts == {"pytest>=9", "setuptools>=82"}
    assert notes == []


def test_an_open_requirement_stays_beside_the_base() -> None:
    base, texts, _ = with_base("pytest>=3.9", "setuptools")
    assert base == set(BASE_RANGES.values())
    assert texts == {"pytest>=3.9", "setuptools"}
