"""Which request meets which fault, and how a script of faults is read."""

import json

import pytest

from reconciler.errors import ReconcilerError
from reconciler.server import BadFaultsError, Fault, Faults

DROP = {"kind": "drop"}
ODD = {"kind": "deviate", "as": "has_more_false"}


def met(*faults, times=12, seed=0, method="GET", path="/v1/files"):
    """The numbers of those of some equal requests that meet a fault."""
    script = Faults(faults, seed=seed)
    return [number for number in range(1, times + 1) if script.met_by(method, path)]


@pytest.mark.parametrize(
    ("placing", "numbers"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ({"at": 3}, [3]),
        ({"at": 3, "times": 4}, [3, 4, 5, 6]),
        ({"times": 2}, [1, 2]),
        ({"every": 5}, [5, 10]),
        ({"every": 3, "times": 2}, [3, 6]),
        ({"rate": 0}, []),
        ({"rate": 1, "times": 3}, [1, 2, 3]),
    ],
)
def test_a_fault_is_met_by_the_requests_it_names(placing, numbers):
    assert met(Fault("drop", **placing)) == numbers


def test_a_rate_is_about_so_many_and_the_same_again_for_the_same_seed():
    first = met(Fault("drop", rate=0.3), times=1000, seed=7)
    assert met(Fault("drop", rate=0.3), times=1000, seed=7) == first
    assert met(Fault("drop", rate=0.3), times=1000, seed=8) != first
    assert 250 < len(first) < 350


def test_two_rates_are_independent_of_each_other():
    script = Faults([Fault("drop", "GET /files", rate=0.5), Fault("hang", "GET /assistants", rate=0.5)])
    drawn = [(script.met_by("GET", "/files"), script.met_by("GET", "/assistants")) for _ in range(200)]
    assert len({(bool(drop), bool(hang)) for drop, hang in drawn}) == 4
    alone = Faults([Fault("drop", "GET /files", rate=0.5)])
    assert [bool(alone.met_by("GET", "/files")) for _ in drawn] == [bool(drop) for drop, _ in drawn]


def test_the_first_fault_that_is_due_is_met_and_the_others_count_on():
    script = Faults([Fault("drop", at=2), Fault("hang", every=2), Fault("html", times=2)])
    kinds = [getattr(script.met_by("GET", "/files"), "kind", "") for _ in range(6)]
    assert kinds == ["html", "drop", "html", "hang", "", "hang"]


@pytest.mark.parametrize(
    ("on", "covered"),
    [
        ("POST /assistants", ["POST /v1/assistants"]),
        ("POST /v1/assistants", ["POST /v1/assistants"]),
        ("GET /assistants", ["GET /v1/assistants"]),
        ("* /assistants/*", ["DELETE /v1/assistants/asst_a", "POST /v1/assistants/asst_a"]),
        ("POST /assistants/**", ["POST /v1/assistants/asst_a", "POST /v1/assistants/asst_a/files"]),
        ("POST /assistants/*/files", ["POST /v1/assistants/asst_a/files"]),
        (
            "POST /**",
            ["POST /v1/assistants", "POST /v1/assistants/asst_a", "POST /v1/assistants/asst_a/files"],
        ),
        ("GET /files/file-.", []),
    ],
)
def test_a_pattern_covers_whole_paths(on, covered):
    requests = [
        "GET /v1/assistants",
        "POST /v1/assistants",
        "DELETE /v1/assistants/asst_a",
        "POST /v1/assistants/asst_a",
        "POST /v1/assistants/asst_a/files",
        "GET /v1/files/file-x",
    ]
    found = [each for each in requests if Faults([Fault("drop", on)]).met_by(*each.split(" "))]
    assert sorted(found) == sorted(covered)


def test_a_fault_that_is_not_covered_is_not_counted():
    script = Faults([Fault("drop", "POST /assistants", at=2)])
    calls = [("POST", "/v1/assistants"), ("GET", "/v1/assistants"), ("POST", "/v1/assistants")]
    assert [bool(script.met_by(*call)) for call in calls] == [False, False, True]


def test_a_fault_in_python_is_checked_as_one_in_a_file_is():
    with pytest.raises(ValueError, match=r"^seconds: the kind delay needs it$"):
        Fault("delay")
    with pytest.raises(ValueError, match=r"^at: expected a whole number from 1, not 0; every: cannot be"):
        Fault("drop", at=0, every=2)


@pytest.fixture
def script(tmp_path):
    def write(content):
        path = tmp_path / "faults.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write


def test_a_file_is_a_script(script):
    path = script(
        {
            "seed": 7,
            "faults": [
                {"kind": "commit_then_drop", "on": "POST /assistants", "at": 3},
                {"kind": "status", "status": 429, "retry_after": 2, "rate": 0.1},
                {"kind": "late_commit", "on": "POST /files", "seconds": 1.5, "drop": True, "times": 2},
            ],
        }
    )
    read = Faults.read(path)
    written = Faults(
        [
            Fault("commit_then_drop", "POST /assistants", at=3),
            Fault("status", status=429, retry_after=2, rate=0.1),
            Fault("late_commit", "POST /files", seconds=1.5, drop=True, times=2),
        ],
        seed=7,
    )
    assert len(read) == 3
    for _ in range(40):
        for path in ("/v1/assistants", "/v1/files"):
            assert read.met_by("POST", path) == written.met_by("POST", path)


def test_a_file_arms_deviations_and_bundles(script):
    deviations = [
        ODD | {"every": 2},
        {"kind": "deviate", "as": "limit_20", "size": 10},
        {"kind": "deviate", "as": "server:prism"},
    ]
    faults = Faults.read(script({"faults": [DROP, *deviations]}))
    assert len(faults) == 5
    names = [[one.row.name for one in faults.deviations_of("GET", "/v1/assistants")] for _ in range(2)]
    assert names == [["limit_20"], ["limit_20", "has_more_false"]]
    assert faults.met_by("GET", "/v1/assistants") == Fault("drop")
    made = [one.row.name for one in faults.deviations_of("POST", "/v1/assistants")]
    assert made == ["fixed_example", "metadata_dropped"]
    assert [one.setting.size for one in faults.deviations_of("GET", "/v1/assistants")] == [10]


def test_a_deviation_in_python_is_checked_as_one_in_a_file_is():
    with pytest.raises(
        ValueError, match=r"^as: no deviation has the name 'no_flies'; did you mean `no_files`"
    ):
        Fault("deviate", as_="no_flies")
    with pytest.raises(ValueError, match=r"^as: the kind drop has no such parameter"):
        Fault("drop", as_="no_files")


def mistakes(path):
    with pytest.raises(BadFaultsError) as caught:
        Faults.read(path)
    assert isinstance(caught.value, ReconcilerError)
    assert caught.value.exit_code == 64
    assert str(caught.value).startswith(f"{path}: ")
    return list(caught.value.mistakes)


@pytest.mark.parametrize(
    ("fault", "mistake"),
    [
        ({}, ".kind: expected one of drop, commit_then_drop, delay"),
        ({"kind": "dorp"}, ".kind: expected one of drop, "),
        ({"kind": ["drop"]}, ".kind: expected one of drop, "),
        ("drop", ": expected an object, not 'drop'"),
        (
            DROP | {"path": "/x"},
            ".path: the kind drop has no such parameter; it has reset, on, at, times, ev",
        ),
        (DROP | {"seconds": 1}, ".seconds: the kind drop has no such parameter"),
        ({"kind": "delay"}, ".seconds: the kind delay needs it"),
        ({"kind": "delay", "seconds": -1}, ".seconds: expected a number of seconds, not -1"),
        ({"kind": "delay", "seconds": "1"}, ".seconds: expected a number of seconds, not '1'"),
        ({"kind": "delay", "seconds": True}, ".seconds: expected a number of seconds, not True"),
        (DROP | {"on": "/assistants"}, ".on: expected a method and a path such as "),
        (DROP | {"on": "post /assistants"}, ".on: expected a method and a path such as "),
        (DROP | {"on": None}, ".on: expected a method and a path such as "),
        (DROP | {"at": 0}, ".at: expected a whole number from 1, not 0"),
        (DROP | {"at": 1.5}, ".at: expected a whole number from 1, not 1.5"),
        (DROP | {"times": True}, ".times: expected a whole number from 1, not True"),
        (DROP | {"rate": 1.1}, ".rate: expected a number from 0 to 1, not 1.1"),
        (DROP | {"rate": 0.5, "every": 2}, ".rate: cannot be combined with every"),
        (DROP | {"reset": "yes"}, ".reset: expected true or false, not 'yes'"),
        ({"kind": "status"}, ".status: the kind status needs it"),
        ({"kind": "status", "status": 200}, ".status: expected a whole number from 400 to 599, not 200"),
        ({"kind": "status", "status": "503"}, ".status: expected a whole number from 400 to 599, not '503'"),
        ({"kind": "status", "status": 429, "retry_after": "1\r\nx: y"}, ".retry_after: expected a number of"),
        ({"kind": "redirect"}, ".url: the kind redirect needs it"),
        ({"kind": "redirect", "url": "/", "status": 404}, ".status: expected one of 301, 302, 303, 307, 308"),
        ({"kind": "redirect", "url": " "}, ".url: expected a URL, not ' '"),
        ({"kind": "truncate", "keep": -1}, ".keep: expected a number of bytes, not -1"),
        ({"kind": "late_commit", "seconds": 1, "drop": True, "status": 504}, ".status: nothing is answered"),
        ({"kind": "lag", "seconds": 1, "on": "POST /assistants"}, ".on: only lists lag; begin it with GET"),
        ({"kind": "deviate"}, ".as: the kind deviate needs it"),
        (
            ODD | {"as": "has_more_flase"},
            ".as: no deviation has the name 'has_more_flase'; did you mean `has_m",
        ),
        (
            ODD | {"as": "server:mila"},
            ".as: no deviation has the name 'server:mila'; did you mean `server:myla`?",
        ),
        (ODD | {"as": "xyz"}, ".as: no deviation has the name 'xyz'; the rows are list_shape, plain_ids, "),
        (ODD | {"as": 5}, ".as: no deviation has the name 5; the rows are list_shape, "),
        (ODD | {"as": ["x"]}, ".as: no deviation has the name ['x']; the rows are list_shape, "),
        (ODD | {"size": 5}, ".size: the row has_more_false has no such parameter"),
        (ODD | {"variant": "bare"}, ".variant: the row has_more_false has no such parameter"),
        (ODD | {"status": 404}, ".status: the row has_more_false has no such parameter"),
        (
            ODD | {"seconds": 1},
            ".seconds: the kind deviate has no such parameter; it has as, size, status, v",
        ),
        (ODD | {"as": "limit_20", "size": 0}, ".size: expected a whole number from 1, not 0"),
        (ODD | {"as": "no_files", "status": 500}, ".status: expected one of 405, 404, not 500"),
        (
            ODD | {"as": "list_shape", "variant": 7},
            ".variant: expected one of no_object, null_object, bare, nu",
        ),
        (
            ODD | {"as": "server:myla", "on": "GET /files"},
            ".on: the bundle server:myla has no such parameter",
        ),
        (ODD | {"as": "server:myla", "size": 3}, ".size: the bundle server:myla has no such parameter"),
        (DROP | {"as": "has_more_false"}, ".as: the kind drop has no such parameter"),
    ],
)
def test_a_mistake_is_named_with_its_place(script, fault, mistake):
    found = mistakes(script({"faults": [DROP, fault]}))
    assert len(found) == 1
    assert found[0].startswith(f"faults[1]{mistake}")


def test_all_mistakes_are_named_at_once(script):
    found = mistakes(
        script({"seed": "7", "fault": 1, "faults": [{"kind": "x"}, 5, DROP | {"at": 0, "y": 1}]})
    )
    places = ["fault", "seed", "faults[0].kind", "faults[1]", "faults[2].y", "faults[2].at"]
    assert [each.partition(": ")[0] for each in found] == places


@pytest.mark.parametrize("content", [[], [DROP], {}, {"faults": {}}, "null"])
def test_a_script_is_an_object_with_a_list(script, content):
    assert mistakes(script(content))[0].startswith(
        'expected an object with a list, such as {"faults": [{"kind"'
    )


@pytest.mark.parametrize("seed", [True, 1.5, None])
def test_a_seed_is_a_whole_number(script, seed):
    assert mistakes(script({"seed": seed, "faults": []})) == [f"seed: expected a whole number, not {seed!r}"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "Expecting property name"),
        ("faults: []", "Expecting value"),
        ('{"faults": [{"kind": "drop", "kind": "hang"}]}', "a key stands twice among kind, kind"),
        ("[" * 100_000, "recursion"),
        ('{"faults": [{"kind": "delay", "seconds": NaN}]}', "expected a number of seconds, not nan"),
    ],
)
def test_a_file_that_is_not_json_says_why(script, content, reason):
    assert reason in mistakes(script(content))[0]


def test_a_file_that_is_not_there_says_so(tmp_path):
    assert mistakes(tmp_path / "none.json") == ["cannot be read (No such file or directory)"]
