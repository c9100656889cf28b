"""What came of every case, kept line by line, so that a sweep that was ended goes on where it stopped."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".reliability"


@dataclass(frozen=True)
class Result:
    """What came of one case."""

    experiment: str
    key: str
    wrong: dict
    kills: int = 0
    rounds: int = 0
    tries: int = 1
    note: str = ""


_HARNESS = Path(__file__).parent
_ASIDE = {"__main__.py", "page.py", "record.py"}  # how many cases, and how they are told: no part of any


def digest():
    """What tells one program from another: over its code, and that of the cases."""
    cases = [path for path in _HARNESS.glob("*.py") if path.name not in _ASIDE]
    others = [ROOT / "tests" / "store" / name for name in ("postgres_server.py", "objects_server.py")]
    sources = sorted([*(ROOT / "reconciler").rglob("*.py"), *cases, *others])
    found = hashlib.sha256()
    for path in sources:
        found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


class Record:
    """The results of one program."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def results(self):
        """Every result so far, by experiment and key; a line that was cut off is none."""
        found = {}
        for path in sorted(self.folder.glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
                if line.endswith("\n"):
                    one = Result(**json.loads(line))
                    found[one.experiment, one.key] = one
        return found

    def writer(self, worker):
        """A function that keeps one more result."""
        stream = (self.folder / f"{worker}.jsonl").open("a", encoding="utf-8", buffering=1)

        def keep(result):
            stream.write(json.dumps(asdict(result)) + "\n")

        return keep
