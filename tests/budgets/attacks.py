"""The attacks of the security trial page, findings 13 to 28, by their exact inputs and in a small size.

An attack is a function of its size; ``small`` is the size at which ``make test`` counts what is printed.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from budgets import answers
from budgets.bar import Case

HEAD = "project: p\nassistants:\n  a:\n    model: m\n"
PROMPT = HEAD + "    instructions: {file: p.txt}\n"


@dataclass(frozen=True)
class Attack:
    """An input that grows with a number: the page's own, and one for a quick look."""

    finding: str
    size: int
    small: int
    make: Callable
    arguments: tuple = ("validate",)
    play: Callable | None = None
    most: int = 1_400_000

    def case(self, size):
        """Return the attack at a size."""
        return Case(
            f"{self.finding} x {size}",
            lambda: files(self.make(size)),
            self.arguments,
            play=self.play and (lambda: self.play(size)),
            most=self.most,
        )


def files(made):
    """Return files by path; a text alone is the configuration."""
    return {"assistants.yaml": made} if isinstance(made, str) else made


def many(count, form, between=""):
    """Return a form filled in with every number up to a count."""
    return between.join(form % number for number in range(count))


def escapes(size):
    return HEAD + '    instructions: "' + "".join(f"\\U{0xF0000 + n:08X}" for n in range(size)) + '"\n'


def unknown_variables(size):
    return {
        "assistants.yaml": "project: p\nvars:\n"
        + many(size, "  aaaaaaaaa%d: x\n")
        + "assistants:\n  a: {model: m, instructions: {file: p.txt, template: true}}\n",
        "p.txt": many(size, "${var.aaaaaaaab%d}\n"),
    }


def undeclared_patches(size):
    return (
        "project: p\nassistants:\n"
        + many(size, "  a%d: {model: m}\n")
        + "environments:\n  e:\n    patches:\n"
        + many(size, "      assistant.b%d: {model: m}\n")
    )


def endless_variables(size):
    return {"assistants.yaml": PROMPT, "p.txt": "${var." * size}


def unknown_fields(size):
    return "project: p\nassistants: {a: {model: m, " + many(size, "x%d: 1", ", ") + "}}\n"


def wrong_metadata(size):
    return HEAD + "    metadata: {" + many(size, "k%d: 1", ", ") + "}\n"


def wrong_characters(size):
    allowed = ", ".join(["U+XX"] * size)
    return f"project: p\nassistants: {{a: {{model: m}}}}\nlint: {{allow_characters: [{allowed}]}}\n"


def bad_tools(size):
    return HEAD + "    tools:\n" + many(size, '      - {type: function, function: {name: "f %d"}}\n')


def no_model(size):
    return "project: p\nassistants:\n" + many(size, "  A%d: {}\n")


def missing_files(size):
    return HEAD + "    files: [" + many(size, "x%d", ", ") + "]\n"


def moves(size):
    return "project: p\nassistants: {a: {model: m}}\nmoved:\n" + many(
        size, "  - {from: assistant.z%d, to: assistant.a}\n"
    )


def moves_and_removals(size):
    return moves(size) + "removed:\n" + many(4 * size, "  - assistant.r%d\n")


def chain(size):
    links = "".join(f"  - {{from: assistant.z{n}, to: assistant.z{n + 1}}}\n" for n in range(size))
    return f"project: p\nassistants: {{a: {{model: m}}}}\nmoved:\n{links}"


def included(size):
    paths = ",".join(["p.txt"] * size)
    return {
        "assistants.yaml": HEAD + f"    instructions: {{include: [{paths}]}}\n",
        "p.txt": "x" * 500_000,
    }


def included_by_all(size):
    return {
        "assistants.yaml": "project: p\ndefaults: {model: m, instructions: "
        "{include: [p.txt, p.txt, p.txt, p.txt]}}\nassistants:\n" + many(size, "  a%d: {}\n"),
        "p.txt": "word " * 100_000,
    }


def multiplied(size):
    variable = 'project: p\nvars: {x: "' + "y" * 400_000 + '"}\n'
    return {
        "assistants.yaml": variable
        + "assistants: {a: {model: m, instructions: {file: p.txt, template: true}}}\n",
        "p.txt": "${var.x}" * size,
    }


def slashes(size):
    return 'project: p\nstate: "x:' + "/" * size + '"\nassistants: {a: {model: m}}\n'


def one_assistant(_):
    return HEAD


def one_file(_):
    return {"assistants.yaml": HEAD + "    files: [h.md]\n", "h.md": "a"}


def large_tool(_):
    names = [f"r{n}" for n in range(60_000)]
    tool = {"name": "f", "parameters": {"type": "object", "required": names}}
    return {
        "assistants.yaml": "project: p\nassistants: {a: {model: m, tools: [{file: t.json}]}}\n",
        "t.json": json.dumps(tool),
    }


def large_prompt(_):
    return {
        "assistants.yaml": "project: p\nassistants: {a: {model: m, instructions: {file: p.txt}}}\n",
        "p.txt": answers.lines(6_000, 40_503),
    }


def many_functions(size):
    tools = [{"type": "function", "function": _function(f"o{n}")} for n in range(min(size, 128))]
    assistant = {"model": "m", "tools": tools}
    return {"assistants.yaml": json.dumps({"project": "p", "assistants": {"a": assistant}})}


def _function(name):
    properties = {f"p{n}": {"type": "string"} for n in range(100)}
    return {"name": name, "parameters": {"type": "object", "properties": properties}}


PLAN = ("plan", "--server", "{url}", "--state", "s")
HTML = (*PLAN, "--format", "html")

ATTACKS = [
    Attack("13 characters behind escapes", 20_000, 3_000, escapes),
    Attack("14 unknown variables", 3_000, 500, unknown_variables),
    Attack("15 patches of undeclared assistants", 10_000, 300, undeclared_patches),
    Attack(
        "15 patches of undeclared assistants in their environment",
        10_000,
        300,
        undeclared_patches,
        ("validate", "--env", "e"),
    ),
    Attack("16 variables without an end", 20_000, 2_000, endless_variables),
    Attack("16 variables without an end, whole", 160_000, 2_000, endless_variables),
    Attack("17 unknown fields in one line", 20_000, 1_000, unknown_fields),
    Attack("18 metadata of the wrong type", 30_000, 1_000, wrong_metadata),
    Attack("18 characters that are none", 20_000, 1_000, wrong_characters),
    Attack("19 tools with bad names", 15_000, 500, bad_tools),
    Attack("20 assistants without a model", 30_000, 500, no_model),
    Attack("21 missing files", 8_000, 500, missing_files),
    Attack("22 moves", 10_000, 500, moves),
    Attack("22 moves and removals", 10_000, 500, moves_and_removals),
    Attack("22 a chain of moves", 2_000, 300, chain),
    Attack("23 one file included many times", 20_000, 10, included),
    Attack("23 files included by every assistant", 5_000, 3, included_by_all),
    Attack("23 a variable that multiplies", 60_000, 10, multiplied),
    Attack("24 slashes in state", 100_000, 10_000, slashes),
    Attack("24 slashes in state, more", 400_000, 10_000, slashes),
    Attack("25 empty assistants", 330_000, 5_000, one_assistant, PLAN, answers.empty_assistants),
    Attack("25 empty files", 330_000, 5_000, one_file, PLAN, answers.empty_files),
    Attack("26 interim answers", 10_000_000, 50, one_assistant, PLAN, answers.interim),
    Attack("27 pages without an end", 10_001, 60, one_assistant, PLAN, answers.endless_pages),
    Attack("28 one large tool", 80_000, 2_000, large_tool, PLAN, answers.required),
    Attack("28 one large tool as a page", 80_000, 2_000, large_tool, HTML, answers.required),
    Attack("28 many functions", 200, 40, many_functions, PLAN, answers.functions),
    Attack("28 one large prompt", 200_000, 5_000, large_prompt, PLAN, answers.many_lines),
    Attack("28 one large prompt as a page", 200_000, 5_000, large_prompt, HTML, answers.many_lines),
]
