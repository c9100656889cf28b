"""Two hundred thousand strange texts for the reader of configurations; YAML_SEEDS=0:1000 names others."""

import pytest
from config.feeding import batches, fed, report


@pytest.mark.sweep
@pytest.mark.parametrize("some", batches(200_000, 4000), ids=str)
def test_strange_texts_are_read_as_another_reader_reads_them_or_refused(some):
    found = fed(some)
    assert not found["problems"], report(found)
