from resources.setup_script import read_setup_script


def test_literals_and_named_literals_are_read() -> None:
    source = b"""
from setuptools import setup
tests = ['pytest>=4']
setup(name='thing', install_requires=['six'] + ['attrs'], tests_require=tests, extras_require=dict(test=tests, other=[*tests, 'mock']))
"""
    assert read_setup_script(source) == {
        "name": "thing",
        "install_requires": ["six", "attrs"],
        "tests_require": ["pytest>=4"],
        "extras_require": {"test": ["pytest>=4"], "other": ["pytest>=4", "mock"]},
    }


def test_what_must_be_computed_is_passed_over() -> None:
    assert read_setup_script(b"import setuptools\nsetuptools.setup(name=open('NAME').read(), version='1.0')") == {"version": "1.0"}


def test_names_that_lead_in_circles_end() -> None:
    assert read_setup_script(b"a = b\nb = a\nsetup(install_requires=a)") == {}


def test_a_script_of_another_age_declares_nothing() -> None:
    assert read_setup_script(b"print 'python 2'\nsetup(name='x')") == {}
