"""Which cases there are: some of them all, some of them by seeds."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from reliability.cases import Case, Found, Place, Run, conduct
from reliability.fate import ERRNOS, Fate
from reliability.installed import killed
from reliability.races import overtaken, race
from reliability.scenes import AGENTS, EDITED, Scene
from reliability.spoilt import spoilt
from reliability.stores import REMOTE

_SOON, _LATER = 0.2, 0.9
"""Seconds: within the time that a run waits for an answer, and long after it."""

FAULTS = {
    "drop": {"kind": "drop"},
    "reset": {"kind": "drop", "reset": True},
    "commit then drop": {"kind": "commit_then_drop"},
    **{f"status {code}": {"kind": "status", "status": code} for code in (400, 401, 403, 404, 408, 409, 410)},
    **{f"status {code}": {"kind": "status", "status": code} for code in (413, 422, 500, 503, 529)},
    "a page with 502": {"kind": "status", "status": 502, "html": True},
    "429": {"kind": "status", "status": 429},
    "429, wait 0.1 s": {"kind": "status", "status": 429, "retry_after": 0.1},
    "429 three times": {"kind": "status", "status": 429, "times": 3},
    **{
        f"commit then {code}": {"kind": "commit_then_status", "status": code} for code in (408, 409, 500, 504)
    },
    "no body": {"kind": "truncate", "keep": 0},
    "a body of one byte": {"kind": "truncate", "keep": 1},
    "half a body": {"kind": "truncate"},
    "a page": {"kind": "html"},
    "a page, committed": {"kind": "html", "commit": True},
    **{
        f"redirect {code}": {"kind": "redirect", "status": code, "url": "/v1/x"}
        for code in (301, 302, 303, 307, 308)
    },
    "hang": {"kind": "hang", "seconds": 3},
    "delay": {"kind": "delay", "seconds": _SOON},
    "commit then delay": {"kind": "commit_then_delay", "seconds": _SOON},
    "late": {"kind": "delay", "seconds": _LATER},
    "commit then late": {"kind": "commit_then_delay", "seconds": _LATER},
    "committed soon": {"kind": "late_commit", "seconds": _SOON},
    "committed soon, dropped": {"kind": "late_commit", "seconds": _SOON, "drop": True},
    "committed later": {"kind": "late_commit", "seconds": _LATER},
    "lists lag": {"kind": "lag", "seconds": _SOON, "times": 50},
}
"""What a request can meet, by name; where a list lags, all lists from there on do."""

_SLOW = {"late", "commit then late", "committed later"}
ACTS = (
    "edit one",
    "edit two",
    "strip one",
    "strip three",
    "delete one",
    "delete three",
    "clone one",
    "clone three",
    "forge ghost",
    "carry a.md",
    "carry b.md",
    "carry d.md",
)
_ENDS = ("kill", "killed", "half", "cut", "cut after")
_ENDS_ELSEWHERE = ("kill", "killed", "sent", "lost", "gone")
"""How a run of a story may end."""
_PERSON = ("strip", "clone", "forge", "carry")


@dataclass(frozen=True)
class Experiment:
    """Cases of one sort: their keys, in order, how one of them is tried, and where its state lives.

    ``drawn`` tells that the keys are some of very many.
    """

    title: str
    keys: Callable[[Place], list[str]]
    tried: Callable[[Place, str, str], Found]
    drawn: bool = False
    kind: str = "local"


def _both(place):
    """The two workloads of a place that make and change what there is."""
    return AGENTS if place.store.kind == "agents" else ("first", "life")


def _deaths(place):
    """Every boundary of two workloads, and every way to die there."""
    return [
        f"{workload}/{number}:{what}"
        for workload in _both(place)
        for number, name in enumerate(place.boundaries(workload), start=1)
        for what in _ways(name, power=place.store.kind not in REMOTE)
    ]


def _ways(name, *, power):
    """How a run can die at a boundary; a power cut is one only for the machine that has the state."""
    half = ["half"] * name.startswith(("write", "pwrite"))
    sent = ["sent"] * name.startswith("postgres statement")
    return ["kill", "killed", *half, *sent, *(["cut", "cut after"] if power else [])]


def _imports(place):
    """Every boundary of an adoption by an entry and of a take-over, and every way to die there."""
    return [
        f"{workload}/{number}:{what}"
        for workload in ("adopt", "take")
        for number, name in enumerate(place.boundaries(workload), start=1)
        for what in _ways(name, power=place.store.kind not in REMOTE)
    ]


def _troubles(place):
    """Every call of a store that is elsewhere, and how its connection can break."""
    return [
        f"{workload}/{number}:{what}"
        for workload in ("first", "life")
        for number, name in enumerate(place.boundaries(workload), start=1)
        if name.startswith(REMOTE)
        for what in ("lost", "broken", "gone", *_repeated(name))
    ]


def _stops(place):
    """Every boundary at which the lease is held."""
    return [
        f"{workload}/{number}"
        for workload in ("first", "life")
        for number, name in enumerate(place.boundaries(workload), start=1)
    ]


def _repeated(name):
    return ["twice"] * name.startswith(("objects write", "objects delete"))


def _died(place, key, variant):
    workload, _, fate = key.partition("/")
    return conduct(place, Case(workload, (Run(Fate.parse(fate)),), variant=variant))


def _collections(place):
    """Every boundary of `gc`, and every way to die there."""
    names = enumerate(place.boundaries("loose", command="gc"), start=1)
    power = place.store.kind not in REMOTE
    return [f"loose/{number}:{what}" for number, name in names for what in _ways(name, power=power)]


def _collected(place, key, variant):
    workload, _, fate = key.partition("/")
    return conduct(place, Case(workload, (Run(Fate.parse(fate), command="gc"),), variant=variant))


def _edits(place):
    """Every boundary of an update, and a death before or after it."""
    return [
        f"life/{number}:{what}"
        for number, _ in enumerate(place.boundaries("life"), start=1)
        for what in ("kill", "killed")
    ]


def _edited(place, key, variant):
    """A death, an edit of the configuration, and a run that refuses to overwrite a change of another user."""
    workload, _, fate = key.partition("/")
    runs = (Run(Fate.parse(fate)), Run(scene=EDITED))
    return conduct(place, Case(workload, runs, variant=variant, strict=True))


def _errors(place):
    """Every call that can change the folder, and every errno."""
    return [
        f"{workload}/{number}:{name}"
        for workload in ("first", "life")
        for number, call in enumerate(place.boundaries(workload), start=1)
        if " /" not in call
        for name in ERRNOS
    ]


def _faults(place):
    """Every request of two workloads, and everything that can happen to it."""
    return [
        f"{workload}/{number}:{name}"
        for workload in _both(place)
        for number in range(1, 1 + sum(" /" in call for call in place.boundaries(workload)))
        for name in FAULTS
    ]


def _met(place, key, variant):
    workload, _, rest = key.partition("/")
    number, _, name = rest.partition(":")
    fault = {"at": int(number), **FAULTS[name]}
    late = _LATER + 0.1 if name in _SLOW else 0.0
    settle = 0.4 if fault["kind"] in {"late_commit", "lag", "hang", "delay"} else 0.0
    case = Case(workload, (Run(),), faults=(fault,), settle=settle, late=late, variant=variant)
    return conduct(place, case)


def _acts(place):
    """Every request of a workload, and what somebody else may do just before it."""
    requests = sum(" /" in call for call in place.boundaries("life"))
    return [f"life/{number}:{act}" for number in range(1, 1 + requests) for act in ACTS]


def _acted(place, key, variant):
    workload, _, rest = key.partition("/")
    number, _, act = rest.partition(":")
    ends = not act.startswith(_PERSON)
    case = Case(workload, (Run(), Run()), acts=((number, act),), ends=ends, variant=variant)
    return conduct(place, case)


def _points(names):
    """Every place to die at: before each boundary, after what another machine does, in each write."""
    for number, name in enumerate(names, start=1):
        yield f"{number}:kill"
        if " /" in name or name.startswith(REMOTE):
            yield f"{number}:killed"
        if name.startswith(("write", "pwrite")):
            yield f"{number}:half"


def _pairs(place):
    """Every place to die at in a run, and then every place in the run that follows."""
    return [
        f"{workload}/{first}/{second}"
        for workload in ("tiny", "small")
        for first in _points(place.boundaries(workload))
        for second in _points(place.boundaries(workload, (Fate.parse(first),)))
    ]


def _some_pairs(number):
    """So many pairs of places to die at, drawn from those of runs that nothing befalls."""

    def drawn(place):
        found = [
            f"{workload}/{first}/{second}"
            for workload in ("tiny", "small")
            for first, second in product(_points(place.boundaries(workload)), repeat=2)
        ]
        dice = random.Random(number)  # noqa: S311 - a choice that can be repeated
        return dice.sample(found, min(number, len(found)))

    return drawn


def _died_twice(place, key, variant):
    workload, first, second = key.split("/")
    runs = (Run(Fate.parse(first)), Run(Fate.parse(second)))
    return conduct(place, Case(workload, runs, variant=variant))


def _seeds(number):
    return lambda _: [str(seed) for seed in range(number)]


def _story(place, key, variant):
    """Three configurations, each run dying somewhere, with some faults, and then the end of it."""
    dice = random.Random(int(key))  # noqa: S311 - a seed that is printed must replay
    is_agents = place.store.kind == "agents"
    scene = (lambda dice: _scene(dice).of_agents) if is_agents else _scene
    runs = tuple(
        Run(
            Fate(dice.randint(1, 70), dice.choice(_ENDS_ELSEWHERE if place.store.kind in REMOTE else _ENDS)),
            scene(dice),
            dice.choice((1, 2, 5)),
        )
        for _ in range(4)
    )
    names = dice.sample([name for name in FAULTS if name not in _SLOW | {"hang", "lists lag"}], 3)
    faults = tuple({**FAULTS[name], "rate": 0.03} for name in names if dice.random() < 0.5)
    settle, late = (0.3, _SOON + 0.1) if faults else (0.0, 0.0)
    workload = "agents none" if is_agents else "none"
    return conduct(place, Case(workload, runs, faults=faults, settle=settle, late=late, variant=variant))


def _scene(dice):
    names = [name for name in ("one", "two", "three", "four") if dice.random() < 0.75]
    files = {path: f"{path} of version {dice.randint(0, 2)}" for path in ("a.md", "b.md", "c.md")}
    return Scene({name: _declared(dice) for name in names}, files)


def _declared(dice):
    found = {"files": sorted(dice.sample(("a.md", "b.md", "c.md"), dice.randint(0, 3)))}
    if dice.random() < 0.5:
        found["description"] = dice.choice("pq")
    if dice.random() < 0.3:
        found["metadata"] = {"k": dice.choice("uv")}
    return found


DEATHS = "a run dies at a boundary, by SIGKILL or with the power"
EDITS = "a run dies, the configuration is edited, and the next run calls nothing drift"
IMPORTS = "a run dies while it adopts by an entry, or takes over"
COLLECTIONS = "`gc` dies at a boundary, by SIGKILL or with the power, and is run again"
FAULTED = "a request meets a fault"
PAIRS = "a run dies, and the run after it dies too"
STORIES = "configurations, deaths and faults at random"
STOPS = "a run is stopped, another one takes over, and it goes on"
TWO, FOUR = "two applies at once", "four applies at once"


def experiments(local, agents, postgres, objects):
    """All of them, by name; the numbers of each place say how many there are of those that are drawn."""
    found = {
        "deaths": Experiment(DEATHS, _deaths, _died),
        "edits": Experiment(EDITS, _edits, _edited),
        "imports": Experiment(IMPORTS, _imports, _died),
        "collections": Experiment(COLLECTIONS, _collections, _collected),
        "errors": Experiment("a call of the disk fails", _errors, _died),
        "faults": Experiment(FAULTED, _faults, _met),
        "acts": Experiment("somebody else acts on the server in the middle of a run", _acts, _acted),
        "pairs": Experiment(PAIRS, _pairs, _died_twice),
        "stories": Experiment(STORIES, _seeds(local["stories"]), _story, drawn=True),
        "races of two": Experiment(TWO, _seeds(local["races of two"]), race(2), drawn=True),
        "races of four": Experiment(FOUR, _seeds(local["races of four"]), race(4), drawn=True),
        "installed": Experiment(
            "the installed program is killed, three times in a row",
            _seeds(local["installed"]),
            killed,
            drawn=True,
        ),
        "spoilt files": Experiment("a byte of the state is flipped, or its end is cut off", *spoilt()),
    }
    found |= {
        "deaths on agents": Experiment(DEATHS, _deaths, _died, kind="agents"),
        "faults on agents": Experiment(FAULTED, _faults, _met, kind="agents"),
        "stories on agents": Experiment(
            STORIES, _seeds(agents["stories"]), _story, drawn=True, kind="agents"
        ),
    }
    found |= _elsewhere("postgres", postgres) | _elsewhere("objects", objects)
    # Where the lock is one of a kernel or of a session, nobody can overtake its holder.
    return found | {"stops on objects": Experiment(STOPS, _stops, overtaken, kind="objects")}


def _elsewhere(kind, numbers):
    """Those whose state lives on another machine."""
    return {
        f"deaths on {kind}": Experiment(DEATHS, _deaths, _died, kind=kind),
        f"collections on {kind}": Experiment(COLLECTIONS, _collections, _collected, kind=kind),
        f"troubles on {kind}": Experiment("the connection to the store breaks", _troubles, _died, kind=kind),
        f"pairs on {kind}": Experiment(
            PAIRS, _some_pairs(numbers["pairs"]), _died_twice, drawn=True, kind=kind
        ),
        f"stories on {kind}": Experiment(STORIES, _seeds(numbers["stories"]), _story, drawn=True, kind=kind),
        f"races of two on {kind}": Experiment(
            TWO, _seeds(numbers["races of two"]), race(2), drawn=True, kind=kind
        ),
        f"races of four on {kind}": Experiment(
            FOUR, _seeds(numbers["races of four"]), race(4), drawn=True, kind=kind
        ),
    }
