"""The work that is measured is a correct configuration, and equal values for each side."""

import json

from bench.work import values, write_bodies, write_project, write_terraform


def test_a_project_is_valid_and_has_so_many_assistants(workspace):
    write_project(workspace.folder, 12, files=2)
    ended = workspace.run("validate", "-f", "assistants-00.yaml", "-f", "assistants-01.yaml")

    assert ended.code == 0, ended.err
    assert "12 assistants" in ended.out


def test_each_side_has_the_same_values(tmp_path):
    write_bodies(tmp_path / "bodies.jsonl", 3)
    write_terraform(tmp_path, 3)
    bodies = [json.loads(line) for line in (tmp_path / "bodies.jsonl").read_text().splitlines()]
    resources = json.loads((tmp_path / "main.tf.json").read_text())["resource"]["terraform_data"]

    for number, body in enumerate(bodies):
        assert body.pop("metadata").items() >= values(number)["metadata"].items()
        assert body.items() <= values(number).items()
        assert resources[f"a{number}"]["input"] == values(number)
