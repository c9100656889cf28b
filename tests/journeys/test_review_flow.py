"""A review as a team lives it: a plan file of any name, a digest in a comment, variables in the job."""

import json


def test_a_plan_file_may_have_any_name(project):
    project.run("plan", "--out", "my.plan")

    shown = project.run("show", "my.plan")

    assert shown.out == project.run("plan").out
    assert shown.err.startswith("Digest: sha256:")


def test_a_stale_plan_with_its_own_digest_names_what_moved(project):
    project.run("plan", "--out", "plan.json")
    digest = json.loads(project.snapshot()["plan.json"])["digest"]
    project.write("handbook.md", "rewritten")

    stale = project.run("apply", "plan.json", "--expect-digest", digest)
    wrong = project.run("apply", "plan.json", "--expect-digest", "sha256:0")

    assert (stale.code, wrong.code) == (4, 4)
    assert "file.handbook.md" in stale.err
    assert digest in wrong.err


def test_what_a_variable_says_of_drift_does_not_forbid_to_apply_a_plan(project):
    project.run("plan", "--out", "plan.json")

    applied = project.run("apply", "plan.json", ASSISTANTS_SYNC_ON_DRIFT="keep")
    refused = project.run("apply", "plan.json", "--on-drift", "keep")

    assert (applied.code, refused.code) == (0, 64)
