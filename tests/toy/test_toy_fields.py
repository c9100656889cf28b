"""The rules of the engine that are about one field, for every field of two dialects."""

from toy.server import Zoo
from toy.sides import ZOO
from toy.world import World, binding_of

from reconciler.model.change import Action, Reason


def test_a_create_sets_a_field_and_the_next_plan_has_no_changes(edited):
    world, edit = edited

    report = world.apply(world.assistant(**{edit.field: edit.first}))

    assert report.exit_code == 0
    assert not report.outcomes[0].message
    assert world.part(edit.shown) == edit.part(world.fields, edit.first)
    assert not world.plan(world.assistant(**{edit.field: edit.first})).has_changes


def test_an_update_shows_both_sides_of_a_field_and_sets_it_by_one_write(edited):
    world, edit = edited
    world.apply(world.assistant(**{edit.field: edit.first}))
    wanted = world.assistant(**{edit.field: edit.second})

    change = world.change(wanted)
    report = world.apply(wanted)

    assert (change.action, change.reason) == (Action.UPDATE, Reason.EDITED)
    sides = [edit.part(world.fields, value) for value in (edit.first, edit.second)]
    assert [(one.field, one.before, one.after) for one in change.fields] == [(edit.shown, *sides)]
    assert report.exit_code == 0
    assert len(world.writes()) == 2
    assert world.part(edit.shown) == sides[1]
    assert not world.plan(wanted).has_changes


def test_a_field_that_is_no_longer_named_is_cleared(edited):
    world, edit = edited
    world.apply(world.assistant(**{edit.field: edit.first}))
    row, first = world.fields.by_name[edit.field], edit.part(world.fields, edit.first)

    change = world.change(world.assistant())
    world.apply(world.assistant())

    shown = {one.field: (one.before, one.after, one.cleared) for one in change.fields}
    assert shown[edit.shown] == (first, None, True)
    assert shown.keys() == row.parts(edit.first).keys()
    assert world.part(edit.shown) in (edit.resolved, *row.filled)
    assert not world.plan(world.assistant()).has_changes
    assert world.only().mark.letters == world.fields.letters(world.side.least)


def test_a_field_that_is_cleared_and_named_again_is_set_again(edited):
    world, edit = edited
    for fields in ({edit.field: edit.first}, {}, {edit.field: edit.first}):
        assert world.apply(world.assistant(**fields)).exit_code == 0
        assert not world.plan(world.assistant(**fields)).has_changes

    assert world.part(edit.shown) == edit.part(world.fields, edit.first)


def test_a_field_that_was_never_named_is_left_alone(edited):
    world, edit = edited
    world.apply(world.assistant())
    world.set(edit, edit.first)

    assert not world.plan(world.assistant()).has_changes
    assert world.drift(world.assistant()) == ()


def test_a_value_that_another_user_set_is_drift_and_is_overwritten(edited):
    world, edit = edited
    wanted = world.assistant(**{edit.field: edit.first})
    world.apply(wanted)
    world.set(edit, edit.second)
    sides = [edit.part(world.fields, value) for value in (edit.first, edit.second)]

    (found,) = world.drift(wanted)
    change = world.change(wanted)
    world.apply(wanted)

    assert len(found.fields) == 1
    assert (change.reason, change.drifted) == (Reason.DRIFTED, True)
    assert [(one.field, one.before, one.after) for one in change.fields] == [(edit.shown, *sides[::-1])]
    assert change.fields[0].moved_by == ("server",)
    assert world.part(edit.shown) == sides[0]


def test_drift_is_kept_where_a_user_asks_for_it(edited):
    world, edit = edited
    wanted = world.assistant(**{edit.field: edit.first})
    world.apply(wanted)
    world.set(edit, edit.second)

    assert world.change(wanted, keep_drift=True).note == f"changed on the server and kept: {edit.shown}"
    world.apply(wanted, keep_drift=True)

    assert world.part(edit.shown) == edit.part(world.fields, edit.second)


def test_a_change_of_an_ignored_field_is_no_difference(edited):
    world, edit = edited
    world.apply(world.assistant(**{edit.field: edit.first}))
    wanted = world.assistant(**{edit.field: edit.first}, ignored=[edit.field])
    world.apply(wanted)
    world.set(edit, edit.second)

    assert not world.plan(wanted).has_changes
    assert world.drift(wanted) == ()
    assert world.part(edit.shown) == edit.part(world.fields, edit.second)


def test_a_lost_state_is_made_again_without_a_write(edited):
    world, edit = edited
    wanted = world.assistant(**{edit.field: edit.first})
    world.apply(wanted)
    world.lose_state()

    change = world.change(wanted)
    world.apply(wanted)

    assert (change.action, change.reason, change.steps) == (Action.ADOPT, Reason.MARKED, ())
    assert len(world.writes()) == 1
    assert not world.plan(wanted).has_changes


def test_the_ownership_mark_remembers_a_field_that_a_lost_state_managed(edited):
    world, edit = edited
    world.apply(world.assistant(**{edit.field: edit.first}))
    world.lose_state()

    change = world.change(world.assistant())
    world.apply(world.assistant())

    assert edit.shown in {one.field for one in change.fields if one.cleared}
    assert world.part(edit.shown) in (edit.resolved, *world.fields.by_name[edit.field].filled)


def test_a_state_remembers_which_fields_are_managed(edited):
    world, edit = edited
    world.apply(world.assistant(**{edit.field: edit.first}))

    managed = {path.partition(".")[0] for path in binding_of(world).digests}

    assert managed == {edit.field, *world.side.least}


def test_a_value_that_the_server_fills_in_is_no_difference(tmp_path):
    world = World(ZOO, Zoo(), tmp_path)
    world.apply(world.assistant(pace="calm"))

    change = world.change(world.assistant())
    world.apply(world.assistant())

    assert (change.fields, change.note) == ((), "only the ownership mark is updated")
    assert world.part("pace") == "calm"


def test_a_number_that_the_server_writes_otherwise_is_no_difference(tmp_path):
    world = World(ZOO, Zoo(), tmp_path)
    wanted = world.assistant(heat=1, dials={"bass": {"low": [1, 2]}})
    world.apply(wanted)

    world.foreign({"heat": 1.0, "dials": {"bass": {"low": [1.0, 2.0]}}})

    assert not world.plan(wanted).has_changes
    assert world.drift(wanted) == ()


def test_items_whose_keys_differ_by_a_space_are_two(tmp_path):
    world = World(ZOO, Zoo(), tmp_path)
    wanted = world.assistant(skills=[{"label": "sing"}, {"label": "sing "}])
    world.apply(wanted)

    assert not [*world.fields.by_name["skills"].problems(wanted.fields["skills"])]
    assert len(world.only().fields["skills"]) == 2
    assert len(world.change(world.assistant()).fields) == 2


def test_an_equal_configuration_writes_nothing(edited):
    world, edit = edited
    wanted = world.assistant(**{edit.field: edit.first})
    world.apply(wanted)

    assert world.apply(wanted).outcomes == ()
    assert len(world.writes()) == 1
