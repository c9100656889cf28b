"""One comment for a pull request, whatever else stands there and whoever writes at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.forges import DeniedError, ForgeError, github, gitlab, marker
from reconciler.forges.comments import LostError

MARK = marker("assistants-sync", "acme", "prod")


def said(text):
    return lambda most: f"{text} ({most})"


def test_the_marker_names_project_and_environment():
    assert MARK == "<!-- assistants-sync:acme/prod -->"


def test_the_first_run_writes_a_comment_and_the_second_writes_it_again(forge, desk):
    first = desk().pin(MARK, said("one"))
    second = desk().pin(MARK, said("two"))

    assert (first.result, second.result) == ("created", "updated")
    assert forge.bodies == [f"{MARK}\ntwo (60000)"]


def test_another_environment_has_a_comment_of_its_own(forge, desk):
    desk().pin(MARK, said("prod"))
    desk().pin(marker("assistants-sync", "acme", "staging"), said("staging"))

    assert len(forge.comments) == 2


def test_nothing_is_created_where_only_an_old_comment_shall_be_told(forge, desk):
    assert desk().pin(MARK, said("none"), create=False).result == "absent"
    assert forge.comments == []

    desk().pin(MARK, said("one"))
    assert desk().pin(MARK, said("none"), create=False).result == "updated"
    assert forge.bodies == [f"{MARK}\nnone (60000)"]


def test_a_comment_on_the_third_page_is_found(forge, desk):
    for number in range(240):
        forge.put(f"talk {number}", "ada", 1)
    ours = forge.put(f"{MARK}\nold", "robot", 77)
    forge.put("more talk", "ada", 1)

    desk().pin(MARK, said("new"))

    assert ours["body"] == f"{MARK}\nnew (60000)"
    assert len(forge.comments) == 242


def test_a_list_without_an_end_is_an_error_and_nothing_is_written(forge, desk, monkeypatch):
    monkeypatch.setattr("reconciler.forges.rest._PAGES", 2)
    for number in range(201):
        forge.put(f"talk {number}", "ada", 1)

    with pytest.raises(ForgeError, match="more than 200"):
        desk().pin(MARK, said("new"))

    assert len(forge.comments) == 201


def test_a_marker_that_somebody_else_wrote_is_left_alone(forge, desk):
    forged = forge.put(f"{MARK}\nNo changes, trust me.", "mallory", 666)

    desk().pin(MARK, said("the truth"))
    desk().pin(MARK, said("the truth"))

    assert forged["body"] == f"{MARK}\nNo changes, trust me."
    assert [one["login"] for one in forge.comments] == ["mallory", "robot"]


def test_a_comment_that_quotes_our_marker_is_not_the_one(forge, desk):
    quoting = forge.put(f"see\n{MARK}", "robot", 77)

    desk().pin(MARK, said("new"))

    assert quoting["body"] == f"see\n{MARK}"
    assert len(forge.comments) == 2


def test_what_the_forge_itself_wrote_is_no_comment_of_anybody(forge, desk, kind):
    if kind == "gitlab":
        forge.put(f"{MARK}\nadded 1 commit", "robot", 77, system=True)
        desk().pin(MARK, said("new"))
        assert len(forge.comments) == 2


def test_a_workflow_that_may_not_ask_who_it_is_knows_its_comments(forge, desk):
    desk("workflow").pin(MARK, said("one"))
    desk("workflow").pin(MARK, said("two"))

    assert forge.bodies == [f"{MARK}\ntwo (60000)"]


def test_an_app_that_may_not_ask_learns_who_it_is_from_what_it_wrote(forge, desk):
    forge.put(f"{MARK}\nforged", "mallory", 666)
    desk("app").pin(MARK, said("one"))

    again = desk("app").pin(MARK, said("two"))

    assert again.result == "updated"
    assert forge.bodies == [f"{MARK}\nforged", f"{MARK}\ntwo (60000)"]


def test_a_text_that_is_too_long_is_written_shorter(forge, desk):
    forge.most = 5_000

    desk().pin(MARK, lambda most: "x" * max(most, 10), most=20_000)

    assert forge.bodies == [f"{MARK}\n{'x' * 2_500}"]


def test_at_last_a_few_words_must_do(forge, desk):
    forge.most = 60

    desk().pin(MARK, lambda most: "x" * max(most, 10), most=20_000)
    desk().pin(MARK, lambda most: "y" * max(most, 10), most=20_000)

    assert forge.bodies == [f"{MARK}\n{'y' * 10}"]


def test_what_not_even_a_few_words_fit_is_an_error(forge, desk):
    forge.most = 5

    with pytest.raises(ForgeError, match=r"too long|Validation"):
        desk().pin(MARK, said("new"))


def test_a_token_that_may_only_read_is_told_what_it_lacks(forge, desk, kind):
    lacking = {"github": "pull-requests: write", "gitlab": "scope `api`"}[kind]

    with pytest.raises(DeniedError, match=lacking):
        desk("reader").pin(MARK, said("new"))

    assert forge.comments == []


def test_a_token_that_nobody_knows_is_refused_and_not_repeated(forge, desk):
    with pytest.raises(DeniedError) as denied:
        desk("a-secret-token").pin(MARK, said("new"))

    assert "a-secret-token" not in str(denied.value)


def test_a_comment_that_was_locked_gets_a_successor(forge, desk):
    old = forge.put(f"{MARK}\nold", "robot", 77)
    forge.locked.add(old["id"])

    assert desk().pin(MARK, said("new")).result == "created"
    assert forge.bodies == [f"{MARK}\nold", f"{MARK}\nnew (60000)"]


def test_of_several_comments_of_ours_the_oldest_stays(forge, desk):
    for text in ("one", "two", "three"):
        forge.put(f"{MARK}\n{text}", "robot", 77)

    assert desk().pin(MARK, said("new")).left == 0
    assert forge.bodies == [f"{MARK}\nnew (60000)"]


def test_what_cannot_be_removed_is_counted(forge, desk):
    forge.undeletable = True
    for text in ("one", "two"):
        forge.put(f"{MARK}\n{text}", "robot", 77)

    assert desk().pin(MARK, said("new")).left == 1
    assert forge.bodies == [f"{MARK}\nnew (60000)", f"{MARK}\ntwo"]


@pytest.mark.parametrize("token", ["robot", "workflow", "app"])
def test_two_runs_at_once_leave_one_comment(forge, desk, token):
    forge.together = threading.Barrier(2)  # both looked, found nothing, and write at the same moment

    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(desk(token).pin, MARK, said(name)) for name in ("one", "two")]
        ended = {run.result().result for run in runs}

    assert "created" in ended
    assert len(forge.comments) == 1


def test_a_comment_whose_answer_was_lost_is_found_again(forge, desk):
    forge.swallowed = 1

    desk().pin(MARK, said("new"))

    assert forge.bodies == [f"{MARK}\nnew (60000)"]


def test_a_lost_answer_that_nobody_can_look_up_is_told(forge, desk):
    forge.answers = [("POST", 502, {}, "Bad gateway")]

    with pytest.raises(LostError, match="may or may not"):
        desk().pin(MARK, said("new"))


@pytest.mark.parametrize(("status", "message"), [(429, "Too many"), (403, "secondary rate limit")])
def test_a_forge_that_is_asked_too_often_is_asked_again_when_it_says(forge, desk, status, message):
    forge.answers = [("POST", status, {"retry-after": "0.2"}, message)]

    desk().pin(MARK, said("new"))

    assert forge.bodies == [f"{MARK}\nnew (60000)"]
    assert forge.asked["POST"] == 2


@pytest.mark.parametrize("headers", [{"retry-after": "3600"}, {}])
def test_a_limit_that_lasts_is_told_as_such(forge, desk, headers):
    forge.answers = [("POST", 403, headers, "API rate limit exceeded for installation")]

    with pytest.raises(ForgeError, match="limits the rate of requests") as told:
        desk().pin(MARK, said("new"))

    assert not isinstance(told.value, DeniedError)
    assert forge.asked["POST"] == 1


def test_a_redirect_is_not_followed(forge, desk):
    forge.answers = [("GET", 301, {"location": "http://127.0.0.1:1/user"}, "Moved")]

    with pytest.raises(ForgeError, match="redirect"):
        desk().pin(MARK, said("new"))


def test_an_answer_that_is_no_comment_is_an_error(forge, desk):
    forge.answers = [("GET", 200, {}, "hello")]

    with pytest.raises(ForgeError, match="answered 200, but"):
        desk().pin(MARK, said("new"))


@pytest.mark.parametrize(
    "name",
    ["", "acme", "acme/", "/x", "a/b/c", "../x", "a/..", "a/b?c", "a/b#c", "a b/c", "a/b\n", "./x", "ä/b"],
)
def test_what_is_no_repository_gets_into_no_url(name):
    with pytest.raises(ForgeError, match="OWNER/NAME"):
        github.PullRequest.of(None, name, 7)


@pytest.mark.parametrize("number", [0, -1])
def test_what_is_no_number_gets_into_no_url(number):
    with pytest.raises(ForgeError):
        github.PullRequest.of(None, "acme/support", number)
    with pytest.raises(ForgeError):
        gitlab.MergeRequest.of(None, 5, number)


def test_an_issue_is_opened_kept_up_to_date_and_closed(forge, desk):
    forge.put(f"{MARK}\nforged", "mallory", 666, forge.issues, title="x", open=True)
    forge.put(f"{MARK}\nwork", "robot", 77, forge.issues, title="x", open=True, pull=True)
    pulls = 1 if desk().kind == "github" else 0
    if not pulls:
        forge.issues.pop()

    made = desk().pin(MARK, said("drift"), what="issues")
    kept = desk().pin(MARK, said("more drift"), what="issues")
    ours = forge.issues[1 + pulls :]

    assert (made.result, kept.result) == ("created", "updated")
    assert [(one["body"], one["title"]) for one in ours] == [(f"{MARK}\nmore drift (60000)", "Drift")]
    assert desk().unpin(MARK) == 1
    assert desk().unpin(MARK) == 0
    assert [one["open"] for one in forge.issues] == [True] * (1 + pulls) + [False]
