"""A state file of which one byte was flipped, or the end is gone: nothing may be written to the server."""

import shutil

from reliability import program
from reliability.cases import Case, Found, finish
from reliability.scenes import WORKLOADS
from reliability.verdict import damage, shortfall


def spoilt():
    """The keys of all such files, and how one is tried."""
    return _keys, _tried


def _keys(place):
    folder = place.begin("small")
    size = (folder / "state" / "state.json").stat().st_size
    shutil.rmtree(folder)
    # What lacks nothing but the end of its last line is whole.
    return [f"flip {at}" for at in range(size)] + [f"cut {at}" for at in range(size - 1)]


def _tried(place, key, variant):
    folder = place.begin("small")
    path = folder / "state" / "state.json"
    whole = path.read_bytes()
    path.write_bytes(_spoil(whole, key))
    before = place.servers.order("look", "case")
    ended = program.run(folder, place.apply(), variant=variant)
    now = place.servers.order("look", "case")
    writes = [one for one in now["ledger"] if one[0] != "GET"]
    wrong = {"exit code": ended.code != 1 and ended.code, "written": writes}
    wrong["replaced"] = path.read_bytes() != _spoil(whole, key)
    path.write_bytes(whole)
    rounds, unfinished = finish(place, Case("small", variant=variant), folder, [])
    now = place.servers.order("look", "case")
    wrong |= unfinished | damage(before, now)
    wrong |= shortfall(WORKLOADS["small"][1], before, now, place.remembered(folder))
    shutil.rmtree(folder)
    return Found({name: what for name, what in wrong.items() if what}, 0, rounds)


def _spoil(text, key):
    how, _, at = key.partition(" ")
    place = int(at)
    if how == "cut":
        return text[:place]
    return text[:place] + bytes([text[place] ^ (1 << place % 8)]) + text[place + 1 :]
