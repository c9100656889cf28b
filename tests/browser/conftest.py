import json
from pathlib import Path

import pytest
from browser.chromium import running, window

RULES = [f"- Rule {number} of the desk, which nobody has changed.\n" for number in range(1, 61)]
PROMPT = "# Who you are\n\n" + "".join(RULES)


@pytest.fixture(scope="module")
def browser():
    """One browser for the tests of a module: while it runs, no other event loop can."""
    with running() as found:
        yield found


@pytest.fixture
def open_window(browser):
    """Windows that are closed when the test ends; without arguments, one for a desk."""
    opened = []

    def one(**how):
        opened.append(window(browser, **how))
        return opened[-1].__enter__()

    yield one
    for each in opened:
        each.__exit__(None, None, None)


def lookup(*, required):
    parameters = {"type": "object", "properties": {"order": {"type": "string"}}, "required": required}
    return json.dumps({"name": "lookup", "description": "One order.", "parameters": parameters})


CONFIGURATION = """\
project: acme
assistants:
  support:
    name: Support
    model: gpt-5.6
    instructions: {file: prompt.md}
    files: [handbook.md]
    tools:
      - type: retrieval
      - type: function
        function: {file: lookup.json}
  sales:
    model: gpt-5.6
    instructions: Sell.
"""


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    """What was drawn already: a page takes longer to be made than to be tried."""
    return {}


@pytest.fixture
def report(drawn, project, request) -> Path:
    """The page of a plan with something of every sort, as the installed program drew it."""
    if not drawn:
        drawn["report"] = request.getfixturevalue("planned")
    return project.write("report.html", drawn["report"])


@pytest.fixture
def planned(project) -> str:
    """What ``plan`` says of a project whose assistants are on the embedded server, and were edited since."""
    project.configure(CONFIGURATION)
    project.write("prompt.md", PROMPT)
    project.write("lookup.json", lookup(required=[]))
    assert project.run("apply", "--auto-approve").code == 0

    prompt = PROMPT.replace("Rule 20 of", "Rule twenty of").replace(RULES[40], "- Never pay.\n- Ask.\n")
    project.write("prompt.md", prompt)
    project.write("lookup.json", lookup(required=["order"]))
    project.write("handbook.md", "# Handbook\n\nBe very kind.\n")
    new = "  returns:\n    model: gpt-5.6\n    instructions: {file: handbook.md}\n"
    project.configure(CONFIGURATION.partition("  sales:")[0].replace("name: Support", "name: Help") + new)
    ended = project.run("plan", "--file-diffs", "--format", "html")
    assert ended.code == 0, ended.err
    return ended.out
