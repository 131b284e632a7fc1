"""What holds for the whole suite: `--no-skips`, under which a skip is a failure. CI has all that tests need.

No random example fails for being slow: machines are busy, and a time of 200 ms says nothing about the code.
"""

from collections.abc import Generator
from typing import TypeVar

import pytest
from hypothesis import settings

settings.register_profile("concertato", deadline=None)
settings.load_profile("concertato")

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="a test that is skipped fails the run")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _refuse_skip(report, item.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _refuse_skip(report, collector.config)


def _refuse_skip(report: Report, config: pytest.Config) -> Report:
    expected_to_fail = hasattr(report, "wasxfail")
    if report.outcome == "skipped" and not expected_to_fail and config.getoption("--no-skips"):
        file, line, reason = report.longrepr if isinstance(report.longrepr, tuple) else ("", 0, report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{file}:{line}: expected to run every test, got: {reason}"
    return report
