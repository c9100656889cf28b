"""What a long walk keeps: nothing of what it has passed."""

import json
import tracemalloc

import httpx
from api.replies import LOCAL, assistant

PAGE = 100
PROMPT = "Answer kindly, and say when you do not know.\n" * 50


def crowd(count):
    """A server of so many assistants, each page of them made when it is asked for."""

    def answer(request):
        start = int(request.url.params.get("after", "-1")) + 1
        data = [assistant(str(number), instructions=PROMPT) for number in range(start, start + PAGE)]
        page = {"object": "list", "data": data, "has_more": start + PAGE < count}
        return httpx.Response(200, content=json.dumps(page))

    return httpx.MockTransport(answer)


def most_memory(connect, count):
    """The most bytes that a walk over so many assistants takes at any time."""
    with connect(base_url=LOCAL, transport=crowd(count)) as client:
        tracemalloc.start()
        try:
            assert sum(1 for _ in client.beta.assistants.list(limit=PAGE)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_a_walk_over_10_000_assistants_takes_no_more_memory_than_one_over_2_500(connect):
    assert most_memory(connect, 10_000) < 1.5 * most_memory(connect, 2_500)
