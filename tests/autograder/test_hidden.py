"""What of a check students see: one place decides."""

import nbformat
import pytest
from nbgrader.preprocessors import ClearHiddenTests

from autograder.answers import hidden

BEGIN, END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
TEXTS = {
    "none": "a = 1\nassert f(a)",
    "at the end": f"a = 1\n{BEGIN}\nassert f(2)\n{END}",
    "in the middle": f"a = 1\n{BEGIN}\nassert f(2)\n{END}\nassert f(3)",
    "twice": f"a = 1\n{BEGIN}\nassert f(2)\n{END}\nassert f(3)\n{BEGIN}\nassert f(4)\n{END}\nb = 5",
    "at once": f"{BEGIN}\nassert f(2)\n{END}",
    "within other words": "a = 1\n# BEGIN HIDDEN TESTS, dear colleague\nassert f(2)\n# END HIDDEN TESTS here",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_hidden_is_what_nbgrader_takes_away(text):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text)])
    notebook.cells[0].metadata["nbgrader"] = {"grade": True, "grade_id": "t", "schema_version": 3}
    seen = ClearHiddenTests().preprocess(notebook, {})[0].cells[0].source
    lines, unseen = text.splitlines(), hidden.parts(text).lines
    ours = [line for number, line in enumerate(lines, 1) if number not in unseen and hidden.END not in line]
    assert "\n".join(ours) == seen
    assert hidden.is_partly_hidden(text) == (seen != text)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_parts_are_the_whole_with_its_lines_at_their_numbers(text):
    visible, rest, _ = hidden.parts(text)
    assert "HIDDEN" not in visible
    if rest is None:
        assert visible == text
    else:
        numbered = rest.splitlines()
        before = len(visible.splitlines())
        assert numbered[:before] == [""] * before
        assert visible.splitlines() + numbered[before:] == text.splitlines()
