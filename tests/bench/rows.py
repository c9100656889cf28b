"""The rows of the benchmarks: what is compared, how a pair of runs is made, and the figures to meet."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from bench import peers
from bench.ratios import Cost, Grown, Limit, Measured, typical
from bench.scene import BUCKET, OURS, FailedError, MissingPeerError, Project, Scene, measure

DELAY = 0.05
ROUND_TRIPS = 12

Pair = Callable[[], tuple[Cost, Cost]]


@dataclass(frozen=True)
class Row:
    """One comparison; ``prepare`` makes ready and returns what runs a pair, ``most`` bounds how often."""

    title: str
    beside: str
    limits: tuple[Limit, ...]
    prepare: Callable[[Scene], Pair]
    most: int = 100

    def measured(self, scene: Scene, runs: int) -> Measured:
        """Run the pairs, if the peer is there."""
        try:
            pair = self.prepare(scene)
        except MissingPeerError as missing:
            return Measured(self.title, self.beside, self.limits, (), str(missing))
        pairs = tuple(pair() for _ in range(min(runs, self.most)))
        return Measured(self.title, self.beside, self.limits, pairs)


# Plans


def plan_beside_terraform(scene: Scene) -> Pair:
    project, terraform = scene.applied(scene.count), terraformed(scene)[0]
    return lambda: (project.plan(), terraform.plan())


def terraformed(scene: Scene) -> tuple[peers.Terraform, Cost]:
    """Return Terraform's directory, applied, and what that cost: a minute or two, so once."""

    def make() -> tuple[peers.Terraform, Cost]:
        terraform = peers.Terraform(scene, scene.count)
        return terraform, terraform.apply()

    return scene.once("terraform", make)


def large(scene: Scene) -> Project:
    return scene.applied(10 * scene.count)


def plan_beside_loader(scene: Scene) -> Pair:
    project = large(scene)
    return lambda: (project.plan(), project.load())


def growth(scene: Scene) -> Pair:
    small, project = scene.applied(scene.count), large(scene)
    return lambda: (project.plan(), small.plan())


def plan_at_distance(scene: Scene) -> Pair:
    project = large(scene)

    def pair() -> tuple[Cost, Cost]:
        with project.delayed(DELAY):
            ours = project.plan()
        return ours, Cost(ours.cpu + ROUND_TRIPS * DELAY, ours.cpu, ours.peak)

    return pair


def one_changed(scene: Scene) -> Pair:
    project = large(scene)
    changed = project.changed(scene.folder / "changed")
    return lambda: (changed.plan(), project.plan())


def validate(scene: Scene) -> Pair:
    project = large(scene)
    return lambda: (project.validate(), project.load())


def plan_beside_octodns(scene: Scene) -> Pair:
    project, octodns = scene.applied(scene.count), peers.octodns(scene, scene.count)
    return lambda: (project.plan(), octodns())


def plan_beside_script(scene: Scene) -> Pair:
    project, retrieve = scene.applied(scene.count), peers.stock("retrieve")
    return lambda: (project.plan(), retrieve(project.server.address, scene.count))


def small_plan(scene: Scene) -> Pair:
    project, command = scene.applied(3), [peers.sdk(), "-c", "import openai"]
    return lambda: (project.plan(), measure(command, scene.folder))


# Creates


def creating(flight: int) -> Callable[[Scene], Pair]:
    """Return creates with the state in a directory."""
    return lambda scene: _creates(scene, flight, lambda: ((), {}))


def _creates(scene: Scene, flight: int, state: Callable[[], tuple[tuple[str, ...], dict[str, str]]]) -> Pair:
    """Return creates of everything, beside the loop; ``state`` returns a new state's options and settings."""
    project = scene.once("creates", lambda: scene.project(scene.count))
    bodies = scene.bodies()

    def pair() -> tuple[Cost, Cost]:
        options, settings = state()
        with project.delayed(DELAY):
            project.clear()
            ours = project.apply("--parallelism", str(flight), *options, settings=settings)
            asked = project.clear()
            theirs = peers.loop(project.server.address, bodies, flight)
        _agree(asked, project.clear())
        return ours, theirs

    return pair


def _agree(ours: dict[str, int], theirs: dict[str, int]) -> None:
    """Raise unless both sides sent the same creates."""
    if ours["POST /assistants"] != theirs["POST /assistants"]:
        raise FailedError(f"the requests differ: {ours} and {theirs}")


def creating_in_database(scene: Scene) -> Pair:
    database = scene.service("database")
    return _creates(scene, 10, lambda: (("--state", database.ask()), {}))


def creating_in_bucket(scene: Scene) -> Pair:
    objects = scene.service("objects")
    settings = BUCKET | {"AWS_ENDPOINT_URL": objects.address}
    return _creates(scene, 10, lambda: (("--state", objects.ask()), settings))


def creates_beside_terraform(scene: Scene) -> Pair:
    project = scene.once("creates", lambda: scene.project(scene.count))

    def pair() -> tuple[Cost, Cost]:
        project.clear()
        return project.apply(), terraformed(scene)[1]

    terraformed(scene)
    return pair


# The typed client, and the start


def listing(scene: Scene) -> Pair:
    project, ours, theirs = large(scene), peers.typed("list"), peers.stock("list")
    url, count = project.server.address, 10 * scene.count
    return lambda: (ours(url, count), theirs(url, count))


def creating_by_client(scene: Scene) -> Pair:
    server, ours, theirs = scene.service("prepared"), peers.typed("create"), peers.stock("create")
    return lambda: (ours(server.address, scene.count), theirs(server.address, scene.count))


def helping(scene: Scene) -> Pair:
    ours, theirs = [OURS, "--help"], [sys.executable, "-c", "import click"]
    return lambda: (measure(ours, scene.folder), measure(theirs, scene.folder))


def rows(count: int) -> list[Row]:
    """Return every row, for so many assistants and ten times as many."""
    few, many = f"{count:,}", f"{10 * count:,}"
    loop = "a bare httpx loop, the same requests"
    sdk = "openai 1.17.1"
    return [
        Row(
            f"no-op plan of {few}",
            f"terraform plan of {few} `terraform_data` of the same values",
            (Limit("wall", 1 / 12), Limit("cpu", 1 / 12), Limit("peak", 1 / 8)),
            plan_beside_terraform,
        ),
        Row(
            f"no-op plan of {many}",
            "CSafeLoader on its text",
            (Limit("cpu", 0.75), Limit("peak", 200, is_absolute=True)),
            plan_beside_loader,
        ),
        Row(f"growth: no-op plan of {many}", f"no-op plan of {few}", (Limit("cpu", 6),), growth),
        Row(
            f"no-op plan of {many} at 50 ms, target proved in the state",
            f"its CPU and {ROUND_TRIPS} round trips",
            (Limit("wall", 1),),
            plan_at_distance,
        ),
        Row(
            f"plan of {many}, one prompt changed",
            "the no-op plan",
            (Limit("wall", 1.1), Limit("cpu", 1.1)),
            one_changed,
        ),
        Row(f"validate of {many}", "CSafeLoader on its text", (Limit("cpu", 0.6),), validate),
        Row(
            f"{few} creates at 50 ms, 10 in flight",
            loop,
            (Limit("wall", 1.15), Limit("cpu", 2)),
            creating(10),
        ),
        Row(f"{few} creates at 50 ms, 50 in flight", loop, (Limit("wall", 1.5),), creating(50)),
        Row(
            f"{few} creates at 50 ms, 10 in flight, state in PostgreSQL",
            loop,
            (Limit("wall", 1.3),),
            creating_in_database,
        ),
        Row(
            f"{few} creates at 50 ms, 10 in flight, state in object storage",
            loop,
            (Limit("wall", 1.6),),
            creating_in_bucket,
        ),
        Row(
            f"{few} creates without delay",
            "terraform apply with local state, measured once",
            (Limit("wall", 1 / 40),),
            creates_beside_terraform,
        ),
        Row(f"list of {many} by the typed client", sdk, (Limit("cpu", 0.15),), listing, most=3),
        Row("`--help`", "python and click", (Limit("wall", 1.3),), helping),
        Row(f"no-op plan of {few}", f"octoDNS plan of {few} records, YAML to YAML", (), plan_beside_octodns),
        Row(f"no-op plan of {few}", f"a script that retrieves each by {sdk}", (), plan_beside_script, most=3),
        Row(f"{few} creates by the typed client", sdk, (), creating_by_client, most=3),
        Row("no-op plan of 3", f"import of {sdk}", (), small_plan),
    ]


def grown(scene: Scene, count: int, runs: int) -> Grown:
    """Return what so many assistants cost."""
    project = scene.applied(count)
    times = range(runs)
    costs = {
        "validate": typical([project.validate() for _ in times]),
        "no-op plan": typical([project.plan() for _ in times]),
        "apply": project.made,
        "CSafeLoader": typical([project.load() for _ in times]),
    }
    return Grown(count, costs)
