"""Lists and cursors."""

from itertools import chain

import pytest
from server.asking import in_process, made, refused, uploaded

from reconciler.server import Database, create_app

MANY = 250


def ids(page):
    return [entry["id"] for entry in page["data"]]


@pytest.fixture(scope="module")
def crowd():
    """250 assistants of three equal timestamps, and their ids oldest first."""
    moments = iter([7, 7, 5] * MANY)
    with (
        Database.memory() as database,
        in_process(create_app(database, clock=lambda: next(moments))) as client,
    ):
        found = [made(client) for _ in range(MANY)]
        yield client, [assistant["id"] for assistant in sorted(found, key=lambda each: each["created_at"])]


def walk(client, path="/assistants", **query):
    """Follow the pages away from the start, or, with `back`, away from the end."""
    cursor = "before" if query.pop("back", False) else "after"
    while True:
        page = client.get(path, params=query).json()
        yield ids(page)
        if not page["has_more"]:
            return
        query[cursor] = page["last_id" if cursor == "after" else "first_id"]


@pytest.mark.parametrize("limit", [1, 20, 50, 99, 100])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_walking_forward_meets_every_object_once_and_in_order(crowd, order, limit):
    client, expected = crowd
    pages = list(walk(client, order=order, limit=limit))
    assert list(chain(*pages)) == (expected if order == "asc" else expected[::-1])
    assert all(len(page) == limit for page in pages[:-1])


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_walking_back_from_the_last_object_meets_every_other_once_and_in_order(crowd, order):
    client, expected = crowd
    expected = expected if order == "asc" else expected[::-1]
    pages = list(walk(client, order=order, limit=40, back=True, before=expected[-1]))
    assert list(chain(*pages[::-1])) == expected[:-1]


def test_a_list_has_20_objects_newest_first_unless_told_otherwise(crowd):
    client, expected = crowd
    page = client.get("/assistants").json()
    assert list(page) == ["object", "data", "first_id", "last_id", "has_more"]
    assert page["object"] == "list"
    assert ids(page) == expected[:-21:-1]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (expected[-1], expected[-20], True)


def test_an_empty_list_has_null_cursors(client):
    empty = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    assert client.get("/assistants").json() == empty
    assert client.get(f"/assistants/{made(client)['id']}/files").json() == empty


def test_the_page_after_the_last_object_is_empty(crowd):
    client, expected = crowd
    page = client.get("/assistants", params={"after": expected[0]}).json()
    assert (page["data"], page["has_more"]) == ([], False)


def test_an_exactly_full_last_page_has_no_more(client):
    found = [made(client)["id"] for _ in range(4)]
    page = client.get("/assistants", params={"limit": 2, "after": found[2]}).json()
    assert (ids(page), page["has_more"]) == (found[1::-1], False)


def test_an_unknown_cursor_is_refused(client):
    for cursor in ("after", "before"):
        message = refused(client.get(f"/assistants?{cursor}=asst_x"), "invalid_value", cursor)
        assert message == f"Invalid '{cursor}': 'asst_x'. Expected the ID of an object in this list."


def test_deleting_while_listing_deletes_everything(client):
    for _ in range(45):
        made(client)
    for page in walk(client):
        for identity in page:
            client.delete(f"/assistants/{identity}")
    assert client.get("/assistants").json()["data"] == []


def test_detaching_while_listing_detaches_everything(client):
    own = f"/assistants/{made(client, file_ids=[uploaded(client)['id'] for _ in range(20)])['id']}/files"
    for page in walk(client, path=own, limit=5):
        for identity in page:
            client.delete(f"{own}/{identity}")
    assert client.get(own).json()["data"] == []


def test_a_place_outlives_the_server_that_gave_it(path):
    with Database.open(path) as database, in_process(create_app(database)) as client:
        found = [made(client)["id"] for _ in range(3)]
        client.delete(f"/assistants/{found[1]}")
    with Database.open(path) as database, in_process(create_app(database)) as client:
        assert ids(client.get("/assistants", params={"after": found[1]}).json()) == [found[0]]


def test_a_page_of_100_costs_as_many_queries_as_a_page_of_one(client, database):
    file = uploaded(client)["id"]
    for _ in range(100):
        made(client, file_ids=[file])
    spent = [queries(database, client, limit) for limit in (1, 100)]
    assert spent[0] == spent[1] <= 4


def queries(database, client, limit):
    statements = []
    with database.read() as connection:
        connection.set_trace_callback(statements.append)
    page = client.get("/assistants", params={"limit": limit}).json()
    with database.read() as connection:
        connection.set_trace_callback(None)
    assert len(page["data"]) == limit
    assert all(entry["file_ids"] for entry in page["data"])
    return len([statement for statement in statements if statement.startswith("SELECT")])
