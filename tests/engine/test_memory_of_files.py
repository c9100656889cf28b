"""Which attachments an update that was interrupted made ours."""

import pytest

from reconciler import dialects
from reconciler.engine.memory import Memory
from reconciler.model.address import assistant
from reconciler.model.state import AssistantBinding, Intent

FILES = dialects.dialect(dialects.DEFAULT).fields.files
SENT = FILES.digest(["file-a"])
BINDING = AssistantBinding("asst_1", "a", {FILES.name: SENT}, echoes={})


@pytest.mark.parametrize("present", [(), ("file-a", "file-theirs")])
def test_an_update_that_left_the_files_makes_none_of_them_ours(present):
    update = Intent(assistant("one"), "update", known=(), attached=(), id="asst_1")

    assert Memory(BINDING, [update]).is_drifted(FILES, FILES.name, present)


def test_an_update_that_swaps_files_makes_what_it_left_ours():
    update = Intent(assistant("one"), "update", known=("file-a",), attached=("file-b",), id="asst_1")

    assert not Memory(BINDING, [update]).is_drifted(FILES, FILES.name, ("file-a", "file-b"))
