"""What is wrong on a server once everything should be well; nothing, if all is."""

import json

from reliability.scenes import PROJECT

from reconciler.model.mark import MARK_KEY, Mark


def mark_of(one):
    """Our Mark on an assistant, or None."""
    found = Mark.parse(json.loads(one["metadata"]).get(MARK_KEY))
    return found if found and found.project == PROJECT else None


def bodies(look):
    """Everything on a server as text, by id."""
    return {one["id"]: json.dumps(one, sort_keys=True) for one in (*look["assistants"], *look["files"])}


def damage(before, now, imported=()):
    """What of other people's things was touched; holds at every moment, but for what is imported."""
    ours = {one["id"] for one in before["assistants"] if mark_of(one)}
    carried = {file for one in before["assistants"] if one["id"] in ours for file in one["file_ids"]}
    was, found = bodies(before), bodies(now)
    theirs = {*was} - ours - carried - {*dict(imported).values()}
    foreign = {key: body for key, body in was.items() if key in theirs}
    touched = [key for key, body in foreign.items() if found.get(key) != body]
    return {"foreign things touched": touched + [one["id"] for one in now["taken"] if hurt(one, now)]}


def hurt(taken, now):
    """Whether something that somebody took for their own was written, and not in the moment of their act."""
    if taken["kind"] == "gone":
        return False
    was = json.loads(taken["was"])
    (found,) = [one for one in now["assistants"] if one["id"] == taken["id"]] or [None]
    same = found and {
        "name": found["name"],
        "metadata": json.loads(found["metadata"]),
        "file_ids": sorted(found["file_ids"]),
    } == {"name": was["name"], "metadata": was["metadata"], "file_ids": sorted(was["file_ids"])}
    return not same and not in_the_window(taken, now["ledger"])


def in_the_window(taken, ledger):
    """Whether the act fell between a look and the write that followed it at once: that no client can see.

    Uploads are deleted one after another, all of them after one look at everybody who could carry them.
    """
    before, now = ledger[: taken["after"]], ledger[taken["after"] :]
    while before and before[-1][0] == "DELETE" and before[-1][1].startswith("/v1/files/"):
        before.pop()
    if not before or not now or now[0][0] == "GET":
        return False
    return before[-1][:2] in (["GET", f"/v1/assistants/{taken['id']}"], ["GET", "/v1/assistants"])


def shortfall(scene, before, now, remembered, said="", *, imported=()):  # noqa: PLR0913 - both sides, and more
    """What of the configuration is not as declared, once the last run is over.

    ``remembered`` is which assistant each name is, as the state says; None when it cannot be read. An upload
    of which some run ``said`` that it stays, since nobody may read it, is no leftover.
    """
    taken = {one["id"] for one in now["taken"]}
    ours = [
        (mark.name, one) for one in now["assistants"] if (mark := mark_of(one)) and one["id"] not in taken
    ]
    names, files = [name for name, _ in ours], {one["id"]: one for one in now["files"]}
    foreign = {
        key for one in now["assistants"] if not mark_of(one) or one["id"] in taken for key in one["file_ids"]
    }
    foreign |= {one["id"] for one in before["files"]} - {
        key for one in before["assistants"] if mark_of(one) for key in one["file_ids"]
    }
    foreign |= {key for key in files if f"{key} stays on the server" in said}
    uploads = [(one["filename"], one["sha256"]) for key, one in files.items() if key not in foreign]
    survivors = {
        mark.name: one["id"]
        for one in before["assistants"]
        if (mark := mark_of(one)) and one["id"] not in taken
    }
    survivors |= dict(imported)
    return {
        "too many or too few": sorted(names) != sorted(scene.assistants) and names,
        "not as declared": [name for name, one in ours if not as_declared(scene, name, one, files)],
        "somebody else": [name for name, one in ours if survivors.get(name, one["id"]) != one["id"]],
        "uploads": sorted(uploads) != scene.uploads and sorted(uploads),
        "the state knows another": remembered != {name: one["id"] for name, one in ours},
    }


def as_declared(scene, name, one, files):
    """Whether an assistant has what is declared of it, and carries its files."""
    declared = scene.assistants.get(name, {})
    carried = sorted((files[key]["filename"], files[key]["sha256"]) for key in one["file_ids"])
    metadata = {key: value for key, value in json.loads(one["metadata"]).items() if key != MARK_KEY}
    return (
        all(one[field] == declared.get(field) for field in ("name", "description", "instructions"))
        and json.loads(one["tools"]) == declared.get("tools", [])
        and metadata == declared.get("metadata", {})
        and carried == sorted(scene.identity(path) for path in declared.get("files", ()))
    )
