"""Object storage in a process of its own: a line of input asks for the address of a new state."""

import sys

from store.objects_server import serving

if __name__ == "__main__":
    with serving() as endpoint:
        print(endpoint.url, flush=True)  # noqa: T201 - a program of its own
        for _ in sys.stdin:
            print(f"s3://{endpoint.bucket()}/bench", flush=True)  # noqa: T201 - the same
