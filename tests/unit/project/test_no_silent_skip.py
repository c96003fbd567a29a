"""A test skipped for want of a part must fail the run: a green run means everything ran."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
CONFTEST = Path(__file__).parents[2] / "conftest.py"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST.read_text())
    return pytester


SKIPS = {
    "by mark": "@pytest.mark.skip(reason='no browser here')\ndef test(): ...",
    "while it runs": "def test(): pytest.skip('no browser here')",
    "a whole file": "pytest.skip('no browser here', allow_module_level=True)",
}


@pytest.mark.parametrize("how", SKIPS.values(), ids=SKIPS)
def test_a_skip_fails_the_run_and_is_named(project: pytest.Pytester, how: str) -> None:
    project.makepyfile(f"import pytest\n{how}")
    result = project.runpytest_inprocess("-p", "no:cacheprovider")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["*skipped without an allowed reason*", "test_a_skip_fails_the_run_and_is_named.py*: no browser here"]
    )


def test_workers_tell_the_process_that_decides(project: pytest.Pytester) -> None:
    project.makepyfile("import pytest\n" + SKIPS["while it runs"])
    result = project.runpytest_inprocess("-p", "no:cacheprovider", "-n", "1")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*skipped without an allowed reason*", "*.py::test: no browser here"])


def test_a_test_that_only_the_soak_runs_may_be_skipped(project: pytest.Pytester) -> None:
    project.makepyfile(
        "import pytest\n@pytest.mark.skip(reason='soak: 500 requests')\ndef test(): ...\ndef test_other(): ..."
    )
    assert project.runpytest_inprocess("-p", "no:cacheprovider").ret == pytest.ExitCode.OK
