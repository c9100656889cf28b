"""Scripts of faults that requests meet on purpose, for tests of reliability."""

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from reconciler.errors import ReconcilerError
from reconciler.server.deviations.exchange import Deviation
from reconciler.server.deviations.table import BUNDLES, ROWS
from reconciler.server.fault_schema import problems
from reconciler.server.request_patterns import EVERYTHING, Pattern


class BadFaultsError(ReconcilerError):
    """A file that is no script of faults; every mistake in it is named."""

    exit_code = 64

    def __init__(self, path: Path, mistakes: Sequence[str]) -> None:
        super().__init__(f"{path}: " + "; ".join(mistakes))
        self.path = path
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, and for which requests.

    Of the requests that `on` covers, counted from 1, it is met by the one `at` a number (or by `times` of
    them from there), by `every` so many-th, or at a `rate` between 0 and 1; by all where none of these is
    named. At most `times` requests meet it. Raises ValueError for parameters that its kind does not have.

    Before the request has an effect, and instead of it:

    - `drop` closes the connection without a reply, with `reset` by a TCP reset.
    - `status` answers an error in the API's envelope or, with `html`, as a page; `retry_after` is its header.
    - `html` answers 200 with a page, `redirect` sends to a `url`, by 307 or another `status`.
    - `hang` never answers, and closes after `seconds`, by default 120.

    After it took effect, and instead of its reply: `commit_then_drop`, `commit_then_status`, `html` with
    `commit`; and `truncate`, which sends the head of the true reply, the first `keep` bytes of the body (by
    default half of them, never all), and closes.

    In time:

    - `delay` works and answers `seconds` later, even where the caller did not wait.
    - `commit_then_delay` works at once, and answers `seconds` later.
    - `late_commit` answers `status` (by default 504) or, with `drop`, not at all, and works `seconds` later,
      unless the server has ended by then.
    - `lag` answers lists as they were `seconds` ago: what was created since is missing. Since times of
      creation are whole seconds, it is missing up to a second longer.

    In its ways:

    - `deviate` behaves as real servers do: `as_` (in JSON `as`) names a row of `deviations/table.py`, such as
      `has_more_false`, or a bundle of rows, such as `server:myla`. Without `on` it is met by the requests of
      its row; an `on` replaces them. Some rows have a `size`, a `status` or a `variant`. All deviations
      that are due apply, beside the first of the other faults.
    """

    kind: str
    on: str = EVERYTHING
    _: KW_ONLY
    at: int | None = None
    times: int | None = None
    every: int | None = None
    rate: float | None = None
    seconds: float | None = None
    status: int | None = None
    retry_after: float | str | None = None
    keep: int | None = None
    url: str | None = None
    as_: str | None = None
    size: int | None = None
    variant: str | None = None
    html: bool = False
    commit: bool = False
    drop: bool = False
    reset: bool = False

    def __post_init__(self) -> None:
        # What is unset is left out: a kind lacks most parameters.
        fields = asdict(self)
        # The pattern that covers everything is what a fault has if it names none.
        fields |= {"as": fields.pop("as_"), "on": None if self.on == EVERYTHING else self.on}
        parameters = {
            name: value for name, value in fields.items() if value is not None and value is not False
        }
        if wrong := [f"{name}: {mistake}" for name, mistake in problems(parameters)]:
            raise ValueError("; ".join(wrong))


class Faults:
    """A script of faults; of those that a request is due to meet, it meets the first and all deviations.

    Every fault counts every request that it covers, also those that met another one. What a `rate` decides
    depends on the seed, the fault's position and that count alone, so the same requests meet the same faults.
    """

    def __init__(self, faults: Iterable[Fault] = (), *, seed: int = 0) -> None:
        self._seed = seed
        self._armed: list[_Armed] = []
        self._deviating: list[_Deviating] = []
        self.add(*faults)

    def __len__(self) -> int:
        return len(self._armed) + len(self._deviating)

    def _seed_of_next(self) -> str:
        return f"{self._seed}/{len(self)}"

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the script in a JSON file, `{"seed": 7, "faults": [{"kind": "drop", "on": ...}]}`.

        Raises BadFaultsError.
        """
        script = _decoded(path)
        if wrong := list(_mistakes(script)):
            raise BadFaultsError(path, wrong)
        return cls((_fault(each) for each in script["faults"]), seed=script.get("seed", 0))

    def add(self, *faults: Fault) -> None:
        """Let requests meet more faults from now on."""
        for fault in faults:
            if fault.kind == "deviate":
                self._deviating += [_Deviating(row, self._seed_of_next()) for row in _unbundled(fault)]
            else:
                self._armed.append(_Armed(fault, self._seed_of_next()))

    def clear(self) -> None:
        """Let everything go well from now on."""
        self._armed.clear()
        self._deviating.clear()

    def met_by(self, method: str, path: str) -> Fault | None:
        """Return the fault that the next request meets, and count the request, which is this one."""
        due = [armed for armed in self._armed if armed.is_due(method, path)]
        return due[0].struck() if due else None

    def deviations_of(self, method: str, path: str) -> list[Deviation]:
        """Return the deviations that the next request meets, in the order of their table, and count it."""
        due = [armed for armed in self._deviating if armed.is_due(method, path)]
        return sorted((armed.struck_as() for armed in due), key=lambda deviation: _ORDER[deviation.row.name])


class _Armed:
    """A fault that counts."""

    def __init__(self, fault: Fault, seed: str) -> None:
        self._fault = fault
        self._patterns = [Pattern(each) for each in self._on()]
        self._random = random.Random(seed)  # noqa: S311 - a script that can be repeated, not a secret
        self._seen = 0
        self._struck = 0

    def is_due(self, method: str, path: str) -> bool:
        if not any(pattern.covers(method, path) for pattern in self._patterns):
            return False
        self._seen += 1
        if self._fault.at is not None:
            return self._fault.at <= self._seen < self._fault.at + (self._fault.times or 1)
        return self._chosen() and (self._fault.times is None or self._struck < self._fault.times)

    def _chosen(self) -> bool:
        if self._fault.rate is not None:
            return self._random.random() < self._fault.rate
        return self._seen % (self._fault.every or 1) == 0

    def struck(self) -> Fault:
        self._struck += 1
        return self._fault

    def _on(self) -> tuple[str, ...]:
        return (self._fault.on,)


class _Deviating(_Armed):
    """The same for one row of deviations."""

    def __init__(self, fault: Fault, seed: str) -> None:
        self._row = ROWS[fault.as_ or ""]
        super().__init__(fault, seed)
        self._deviation = Deviation(self._row, self._row.setting(fault.size, fault.status, fault.variant))

    def struck_as(self) -> Deviation:
        self.struck()
        return self._deviation

    def _on(self) -> tuple[str, ...]:
        return self._row.on if self._fault.on == EVERYTHING else super()._on()


_ORDER: Final = {name: position for position, name in enumerate(ROWS)}


def _unbundled(fault: Fault) -> Iterator[Fault]:
    """Yield a deviation for each row that it names."""
    for part in BUNDLES.get(fault.as_ or "", ({},)):
        yield replace(fault, **_fields(part))


def _fault(parameters: Mapping[str, Any]) -> Fault:
    return Fault(**_fields(parameters))


def _fields(parameters: Mapping[str, Any]) -> dict[str, Any]:
    # `as` is a word of Python.
    return {"as_" if name == "as" else name: value for name, value in parameters.items()}


_KEYS: Final = ("seed", "faults")
_EXAMPLE: Final = '{"faults": [{"kind": "drop", "on": "POST /assistants"}]}'


def _decoded(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes(), object_pairs_hook=_once)
    except OSError as error:
        raise BadFaultsError(path, [f"cannot be read ({error.strerror})"]) from error
    except (ValueError, RecursionError) as error:
        raise BadFaultsError(path, [f"is not JSON ({error})"]) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = dict(pairs)
    if len(keys) < len(pairs):
        raise ValueError(f"a key stands twice among {', '.join(name for name, _ in pairs)}")
    return keys


def _mistakes(script: Any) -> Iterator[str]:
    if not isinstance(script, dict) or not isinstance(script.get("faults"), list):
        yield f"expected an object with a list, such as {_EXAMPLE}"
        return
    yield from (f"{name}: unknown key; a script has seed and faults" for name in script if name not in _KEYS)
    if type(script.get("seed", 0)) is not int:
        yield f"seed: expected a whole number, not {script['seed']!r}"
    for index, each in enumerate(script["faults"]):
        yield from (f"faults[{index}]{mistake}" for mistake in _mistaken(each))


def _mistaken(fault: Any) -> Iterator[str]:
    if not isinstance(fault, dict):
        yield f": expected an object, not {fault!r}"
        return
    yield from (f".{name}: {mistake}" for name, mistake in problems(fault))
