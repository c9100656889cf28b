"""Bytes and texts that stand for JSON values."""

from reconciler.model.canonical import exact


def test_exact_bytes_tell_types_and_order_apart_and_shared_values_from_nothing():
    shared = ["text"]

    assert len({exact(one) for one in (1, 1.0, True, {"a": 1, "b": 2}, {"b": 2, "a": 1})}) == 5
    assert exact([shared, shared]) == exact([["text"], ["te" + "xt"[:2]]])
