"""Files of any name: declared, sent, and found again as they are called."""

import json

NAMES = [
    "Screenshot 2026-09-11 at 3.04.05\u202fPM.md",
    "10\u00a0Fragen.md",
    "نام\u200cها.md",
    "👩\u200d👧 family.md",
    "Mu\u0308ller Preisliste.md",
    "Müller Preisliste.md",
    "日本　案内.md",
    "it's $5 & more; (copy) [1] {2} #3 %20.md",
    "Donau\u00addampfschiff.md",
    "ราคา\u200bAPI.md",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f.md",
    "✓\ufe0f done — “ok”….md",
]


def test_files_of_any_name_converge(workspace):
    workspace.configure(
        "project: acme\nassistants:\n  support:\n    name: Support\n    model: gpt-5.6\n"
        f"    files: {json.dumps(NAMES, ensure_ascii=False)}\n"
    )
    for name in NAMES:
        workspace.write(name, f"# {name}\n")

    checked = workspace.run("validate", "--strict")
    applied = workspace.run("apply", "--auto-approve")
    again = workspace.run("plan", "--detailed-exitcode")

    assert (checked.code, applied.code, again.code) == (0, 0, 0), checked.err + applied.err + again.err
    assert f"Resources: {len(NAMES) + 1} added" in applied.out
    assert "No changes." in again.out
