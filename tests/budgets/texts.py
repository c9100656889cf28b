"""Hostile files that a configuration names, and configurations that mean far more than they say."""

import json
from functools import partial

from budgets.bar import Case
from budgets.fields import BASE, fitting
from budgets.shapes import TEXTS, filled, numbered, quoted

LARGE = 900_000
"""Bytes of the one large file of a case."""
PROMPT = "project: p\nassistants:\n  a: {model: m, instructions: {file: p.txt}}\n"
TEMPLATE = (
    "project: p\nvars: {a: b, c: d}\nassistants:\n"
    "  a: {model: m, instructions: {file: p.txt, template: true}}\n"
    "  b: {model: m, instructions: {text: '${var.a}${var.c}', template: true}}\n"
)
INCLUDE = "project: p\nassistants:\n  a: {model: m, instructions: {include: [o.txt, p.txt]}}\n"
ATTACHED = "project: p\nassistants:\n  a: {model: m, files: [p.txt], tools: [{type: retrieval}]}\n"


def texts():
    """Yield every text as a prompt, a template, a part, a Markdown assistant and an attached file."""
    for name, make in TEXTS.items():
        large = partial(fitting, make, LARGE)
        yield Case(f"prompt: {name}", partial(_with, PROMPT, large))
        yield Case(f"template: {name}", partial(_with, TEMPLATE, large))
        yield Case(f"include: {name}", partial(_with, INCLUDE, large), ("plan",))
        yield Case(f"attached file: {name}", partial(_with, ATTACHED, large), ("plan",))
        yield Case(f"Markdown: {name}", partial(_markdown, large), ("validate", "-f", "team"))
        yield Case(f"front matter: {name}", partial(_front, large), ("validate", "-f", "team"))
        yield Case(f"tool file: {name}", partial(_tool_file, large))
        yield Case(f"configuration: {name}", lambda large=large: {"assistants.yaml": large()})
        short = partial(fitting, make, 32_000)
        yield Case(
            f"prompt within its limit: {name}", partial(_with, PROMPT, short), ("plan", "--format", "html")
        )


def _with(configuration, make):
    return {"assistants.yaml": configuration, "p.txt": make(), "o.txt": "Be kind.\n"}


def _markdown(make):
    return {"team/a.md": "---\nproject: p\nmodel: m\ntemplate: true\n---\n" + make()}


def _front(make):
    return {"team/a.md": "---\nproject: p\nmodel: m\n" + make() + "\n---\nBe kind.\n"}


def _tool_file(make):
    return {"assistants.yaml": json.dumps(_using({"file": "t.json"})), "t.json": make()}


def _using(*tools):
    return {**BASE, "assistants": {"a": {"model": "m", "tools": list(tools)}}}


# What means more than it says


def _defaults(values, size, form="  a%d: {}\n"):
    return f"project: p\ndefaults: {values}\nassistants:\n" + numbered(form, size)


def prompt_for_many():
    text = quoted(filled("word ", 32_000))
    return {"assistants.yaml": _defaults(f"{{model: m, instructions: {text}}}", 900_000)}


def changed_prompt_for_many():
    return {
        "assistants.yaml": _defaults("{model: m, instructions: {file: p.txt}}", 500_000),
        "p.txt": filled("a\n", 32_000),
    }


def parts_for_many():
    files = ", ".join(["p.txt"] * 30)
    return {
        "assistants.yaml": _defaults(f"{{model: m, instructions: {{include: [{files}]}}}}", 500_000),
        "p.txt": filled("word ", 1_000),
    }


def metadata_for_many():
    pairs = ", ".join(f"{'k' * 60}{n:02}: {'v' * 500}" for n in range(15))
    return {"assistants.yaml": _defaults(f"{{model: m, metadata: {{{pairs}}}}}", 900_000)}


def tool_for_many():
    properties = {f"property_{n}": {"type": "string"} for n in range(12_000)}
    tool = {"name": "f", "parameters": {"type": "object", "properties": properties}}
    return {
        "assistants.yaml": _defaults("{model: m, tools: [{file: t.json}]}", 400_000),
        "t.json": json.dumps(tool),
    }


def tools_for_many():
    tools = [
        {"type": "function", "function": {"name": f"f{n}", "description": "x" * 1_000}} for n in range(120)
    ]
    return {"assistants.yaml": _defaults(f"{{model: m, tools: {json.dumps(tools)}}}", 700_000)}


def variable_for_many():
    return {
        "assistants.yaml": f"project: p\nvars: {{x: {quoted('y' * 32_000)}}}\n"
        "defaults: {model: m, instructions: {text: '${var.x}', template: true}}\nassistants:\n"
        + numbered("  a%d: {}\n", 900_000)
    }


def variables_of_variables():
    uses = quoted(filled("${var.b}", 300_000))
    return {
        "assistants.yaml": f"project: p\nvars: {{a: {uses}, b: {quoted('y' * 1_000)}}}\nassistants:\n"
        "  a: {model: m, instructions: {text: '${var.a}${var.b}', template: true}}\n"
    }


def many_variables():
    names = range(15_000)
    return {
        "assistants.yaml": "project: p\nvars:\n"
        + "".join(f"  name_{n}: x\n" for n in names)
        + "assistants:\n  a: {model: m, instructions: {file: p.txt, template: true}}\n",
        "p.txt": "".join(f"${{var.name_{n}}}\n" for n in names),
    }


def unused_variables():
    return {
        "assistants.yaml": "project: p\nassistants: {a: {model: m}}\nvars:\n"
        + numbered("  name_%d: x\n", 900_000)
    }


def files_for_many():
    return {
        "assistants.yaml": "project: p\ndefaults: {model: m}\nassistants:\n"
        + numbered("  a%d: {files: [p.txt]}\n", 900_000),
        "p.txt": "x",
    }


def many_files():
    paths = [f"d/f{n}" for n in range(2_000)]
    return {
        "assistants.yaml": "project: p\ndefaults: {model: m}\nassistants:\n"
        + "".join(f"  a{n}: {{files: [{path}]}}\n" for n, path in enumerate(paths)),
        **{path: str(n) for n, path in enumerate(paths)},
    }


def missing_among_many():
    files = {f"file_number_{n}.md": "" for n in range(3_000)}
    missing = "".join(f"  a{n}: {{files: [file_numbr_{n}.md]}}\n" for n in range(15_000))
    return {"assistants.yaml": f"project: p\ndefaults: {{model: m}}\nassistants:\n{missing}", **files}


def missing_prompts_among_many():
    files = {f"prompt_number_{n}.md": "" for n in range(3_000)}
    missing = "".join(f"  a{n}: {{instructions: {{file: prompt_numbr_{n}.md}}}}\n" for n in range(12_000))
    return {"assistants.yaml": f"project: p\ndefaults: {{model: m}}\nassistants:\n{missing}", **files}


def many_plain_assistants():
    return {
        "assistants.yaml": "project: p\ndefaults: {model: m}\nassistants:\n"
        + numbered("  a%d: {}\n", 950_000)
    }


def many_full_assistants():
    one = "  a%d: {model: m, name: n, description: d, metadata: {a: b, c: d}, tools: [{type: retrieval}]}\n"
    return {"assistants.yaml": "project: p\nassistants:\n" + numbered(one, 950_000)}


def many_names_alike():
    return {
        "assistants.yaml": "project: p\nassistants:\n"
        + numbered("  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%d: {model: m, nam: x}\n", 950_000)
    }


def many_environments():
    return {
        "assistants.yaml": "project: p\nassistants: {a: {model: m}}\nenvironments:\n"
        + numbered("  e%d: {patches: {assistant.b: {model: n}}}\n", 950_000)
    }


def patches_of_all():
    names = range(13_000)
    return {
        "assistants.yaml": "project: p\nassistants:\n"
        + "".join(f"  a{n}: {{model: m}}\n" for n in names)
        + "environments:\n  e:\n    patches:\n"
        + "".join(f"      assistant.a{n}: {{metadata: {{k: v}}}}\n" for n in names)
    }


def many_configurations():
    return {f"team/f{n}.yaml": f"project: p\nassistants: {{a{n}: {{model: m}}}}\n" for n in range(2_000)}


def many_markdown_assistants():
    return {f"team/a{n}.md": "---\nproject: p\nmodel: m\n---\nBe kind.\n" for n in range(2_000)}


def many_broken_configurations():
    return {f"team/f{n}.yaml": "project: p\nassistants: {a: {modl: m, nam: 1}}\n" for n in range(1_500)}


def many_environment_files():
    return {
        "assistants.yaml": json.dumps(BASE),
        **{f"environments/e{n}.yaml": "vars: {a: 1" for n in range(1_500)},
    }


def moves_of_all():
    names = range(11_000)
    return {
        "assistants.yaml": "project: p\nassistants:\n"
        + "".join(f"  a{n}: {{model: m}}\n" for n in names)
        + "moved:\n"
        + "".join(f"  - {{from: assistant.b{n}, to: assistant.a{n}}}\n" for n in names)
    }


def ring_of_moves():
    links = range(18_000)
    return {
        "assistants.yaml": "project: p\nassistants: {a: {model: m}}\nmoved:\n"
        + "".join(f"  - {{from: assistant.z{n}, to: assistant.z{(n + 1) % 18_000}}}\n" for n in links)
    }


def removed_and_declared():
    names = range(20_000)
    return {
        "assistants.yaml": "project: p\ndefaults: {model: m}\nassistants:\n"
        + "".join(f"  a{n}: {{}}\n" for n in names)
        + "removed:\n"
        + "".join(f"  - assistant.a{n}\n" for n in names)
    }


# JSON Schemas of functions


def _schema(parameters):
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    return {"assistants.yaml": json.dumps(_using(tool))}


def wrong_schemas():
    return _schema({"type": "object", "properties": {f"p{n}": {"type": "strin"} for n in range(30_000)}})


def wrong_schemas_of_many_tools():
    properties = {f"p{n}": {"type": 1, "enum": 2, "required": 3} for n in range(80)}
    parameters = {"type": "object", "properties": properties}
    tools = [
        {"type": "function", "function": {"name": f"f{n}", "parameters": parameters}} for n in range(128)
    ]
    return {"assistants.yaml": json.dumps(_using(*tools))}


def long_choice():
    return _schema({"type": "object", "properties": {"a": {"enum": [f"v{n}" for n in range(80_000)]}}})


def same_choices():
    return _schema({"type": "object", "properties": {"a": {"enum": ["v"] * 150_000}}})


def long_requirement():
    return _schema({"type": "object", "required": ["a"] * 150_000})


def wrong_requirement():
    return _schema({"type": "object", "required": list(range(120_000))})


def many_references():
    names = range(14_000)
    definitions = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in names}
    return _schema({"type": "object", "$defs": definitions, "properties": {"a": {"$ref": "#/$defs/d0"}}})


def many_lost_references():
    return _schema(
        {"type": "object", "properties": {f"p{n}": {"$ref": f"#/$defs/d{n}"} for n in range(20_000)}}
    )


def foreign_references():
    addresses = {f"p{n}": {"$ref": f"http://127.0.0.1:9/{n}"} for n in range(16_000)}
    return _schema({"type": "object", "properties": addresses})


def branching_references():
    levels = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 8} for n in range(600)}
    return _schema({"type": "object", "$defs": levels, "allOf": [{"$ref": "#/$defs/d0"}]})


def hard_patterns():
    pattern = {"type": "string", "pattern": "(a+)+$" * 20, "default": "a" * 40}
    return _schema({"type": "object", "properties": {f"p{n}": pattern for n in range(3_000)}})


def one_long_pattern():
    return _schema({"type": "object", "properties": {"a": {"pattern": "(a?){1000}" * 60_000}}})


def repeated_pattern():
    return _schema({"type": "object", "properties": {"a": {"pattern": "((a{1,100}){1,100}){1,100}"}}})


def many_alternatives():
    return _schema({"type": "object", "anyOf": [{"type": "object", "properties": {"a": {}}}] * 18_000})


def wide_names():
    return _schema({"type": "object", "properties": {"p" * 400 + str(n): {} for n in range(2_000)}})


MADE = {
    name.replace("_", " "): make
    for name, make in list(globals().items())
    if callable(make)
    and getattr(make, "__module__", "") == __name__
    and not name.startswith("_")
    and name != "texts"
}
"""Every case above by the words of its name."""
FOLDERS = {
    "many configurations",
    "many Markdown assistants",
    "many markdown assistants",
    "many broken configurations",
}
IN_ENVIRONMENT = {"patches of all"}


def meanings():
    """Yield the inputs that mean more than they say, as `validate` and as `plan` reads them."""
    for name, make in MADE.items():
        rest = ("-f", "team") if name in FOLDERS else ("--env", "e") if name in IN_ENVIRONMENT else ()
        for command in (
            ("validate",),
            ("plan",),
            ("plan", "--format", "html"),
            ("plan", "--format", "markdown"),
        ):
            yield Case(f"{name} ({' '.join(command)})", make, (*command, *rest))
    yield Case("many environment files, compared", many_environment_files, ("diff", "--between", "-", "e1"))
    yield Case("two environments of all, compared", patches_of_all, ("diff", "--between", "-", "e"))
    yield Case("one of many shown", prompt_for_many, ("show", "assistant.a1"))
    yield Case("one of many not found", many_names_alike, ("show", "assistant.b"))
    yield Case("a target among many", many_plain_assistants, ("plan", "--target", "assistant.a1x"))
    targets = [part for n in range(2_000) for part in ("--target", f"assistant.b{n}")]
    yield Case("many targets among many", many_plain_assistants, ("plan", *targets))
    given = [part for n in range(2_000) for part in ("--var", f"b{n}=x")]
    yield Case("many variables of the command line", many_variables, ("plan", *given))
    yield Case("many applied", many_plain_assistants, ("output",))
