"""Assistants as people and attackers make them, with every field and tool, from a seed."""

import random
from itertools import count

NAMES = (
    *("Support", "support", "SUPPORT triage", "Größe & Maß", "日本語", "Привет", "", "-", "con", "a" * 256),
    *("../../etc/passwd", "C:\\Windows", "/abs", "assistants.yaml", "x\n- y: z", "# comment", "${var.x}"),
    *(
        "{file: /etc/passwd}",
        "a\u202eb\u202c",
        "null",
        "~",
        "yes",
        "1e3",
        "&a *b !c",
        "\u2028",
        "\x1b[2J",
        "🙂",
    ),
)
PROMPTS = (
    *(None, "", " ", "Be kind.", "line\n" * 3, "line\n" * 10, "x" * 32_768, "no final newline\n" * 5 + "end"),
    *(
        "a\r\nb\r\n" * 4,
        "---\nmodel: x\n---\nbody\n" * 9,
        "trailing  \n" * 6,
        "\n\n" + "y" * 300,
        "\ufeff" + "z" * 300,
    ),
    *(
        "{{ x }} ${var.y} ${z}\n" * 9,
        "\u2028" * 3 + "w" * 300,
        "TODO\n" * 5,
        "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> c\n",
    ),
    *(
        "\tindented\n" * 6,
        "  leading blanks\n" * 6,
        "🙂" * 300,
        "\x85" + "v" * 300,
        "a\rb" * 100,
        "\x00" * 3 + "u" * 300,
    ),
    *(
        "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 3\n",
        "x" * 300 + "\n" * 120 + "y",
    ),
    *(
        "{file: prompts/x.md}",
        "Call lookup_order and `other_tool` for each ticket.\n" * 5,
        "`" * 300,
        "a" * 200,
        "b" * 201,
    ),
)
PAIRS = (
    *(
        {},
        {"team": "x"},
        {"no": "no", "1": "012", "true": "true", "": ""},
        {"a b": "c: d #e", "${var.q}": "{{ }}"},
    ),
    *({str(number): "v" * 512 for number in range(15)}, {"k" * 64: "\u200b"}, {"<<": "merge", "&a": "*a"}),
    *({"x\ny": "line\nline\n", "tab\t": "\t"}, {"file": "/etc/passwd", "template": "true"}, {"é": "e\u0301"}),
)
FILENAMES = (
    *(
        "handbook.md",
        "Handbook.md",
        "HANDBOOK.MD",
        "a.yaml",
        "assistants.yaml",
        "a/b.txt",
        "..",
        ".",
        "..txt",
    ),
    *(
        "con.txt",
        "aux",
        "x" * 250 + ".md",
        "ü.md",
        "u\u0308.md",
        "a\u202eb.md",
        "q?.md",
        "tail. ",
        ".git",
        ".hidden",
    ),
    *(
        "sp ace.txt",
        "a\\b.txt",
        "~root.txt",
        "- dash: #.csv",
        "'quote.txt",
        "data.csv",
        "noending",
        "${var.x}.txt",
    ),
)
CONTENTS = (
    *(
        b"",
        b"a",
        b"a\r\nb",
        b"\xff\x00\x01" * 50,
        b"x" * 100_000,
        "é\u200b\U000e0041".encode(),
        b"TODO: later\n",
    ),
    *(b"---\nmodel: m\n---\nx\n", b"project: evil\nassistants: {}\n", b"<<<<<<< a\n=======\n>>>>>>> b\n"),
)
PARAMETERS = (
    *(
        None,
        {},
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {"file": {"type": "string"}}},
    ),
    {
        "type": "object",
        "properties": {"n": {"type": "number", "minimum": 1.5, "maximum": 1e30, "default": -0.0}},
    },
    {
        "type": "object",
        "required": ["ü"],
        "properties": {"ü": {"enum": ["no", None, True, 1, "\u2028🙂\x00"]}},
    },
    {"type": "object", "description": "a: b #c\n- d\r\n", "properties": {"$ref": {"const": "${var.x}"}}},
)


def functions(random_):
    """Some function tools, of which each name comes once."""
    names = random_.sample(["lookup_order", "Lookup_Order", "lookup-order", "a" * 64, "other_tool", "con"], 2)
    for name in names:
        body = {"name": name}
        if random_.random() < 0.6:
            body["description"] = random_.choice(["Look up.", "", "a: b\n#c", "TODO: write"])
        parameters = random_.choice(PARAMETERS)
        if parameters is not None:
            body["parameters"] = parameters
        yield {"type": "function", "function": body}


def bodies(number, seed=0, uploads=()):
    """So many bodies of creates; ``uploads`` are ids, of which each gets some."""
    random_ = random.Random(seed)  # noqa: S311 - the same for each seed
    for _, index in zip(range(number), count()):
        name, prompt = NAMES[index % len(NAMES)], PROMPTS[(index * 7 + index // 29) % len(PROMPTS)]
        body = {"model": random_.choice(["gpt-5.6", "gpt-3.5-turbo", "a:b", "null"]), "name": name}
        tools = [{"type": "code_interpreter"}] * random_.randint(0, 1) + [
            *functions(random_)
        ] * random_.randint(0, 1)
        body |= {"instructions": prompt, "tools": tools, "metadata": PAIRS[index % len(PAIRS)]}
        body["description"] = random_.choice([None, "", "short", "with\nlines", "d" * 512, "# x", "ENC[AES]"])
        body["file_ids"] = random_.sample(uploads, min(len(uploads), random_.randint(0, 4)))
        yield body
