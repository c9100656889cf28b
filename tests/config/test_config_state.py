"""Where a configuration says that the state is kept."""

from pathlib import Path

import pytest

from reconciler.config.errors import ConfigError
from reconciler.config.reading import read
from reconciler.config.state_location import chosen
from reconciler.model.keys import masked

ONE = "project: acme\nassistants: {support: {model: m}}\n"


@pytest.fixture
def kept(workspace, root):
    """The place that some files name."""

    def kept(*paths, **files):
        for name, text in files.items():
            workspace.write(f"{name.replace('_', '/')}.yaml", text)
        named = chosen(root, read(root, [Path(path) for path in paths]))
        return named and (named.location if isinstance(named.location, Path) else str(named.location))

    return kept


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://db.internal/assistants",
        "postgresql://deploy@db.internal:5432/assistants?sslmode=verify-full",
        "s3://bucket/prefix",
    ],
)
def test_an_address_without_a_secret_is_taken_as_it_stands(kept, address):
    assert kept("one.yaml", one=f"state: {address}\n{ONE}") == address


def test_a_folder_is_relative_to_the_file_that_names_it(kept):
    assert kept("team/one.yaml", team_one=f"state: ../kept\n{ONE}") == Path("kept")
    assert kept("team/one.yaml", team_one=f"state: kept\n{ONE}") == Path("team/kept")


def test_without_the_line_nothing_is_said(kept):
    assert kept("one.yaml", one=ONE) is None


def test_several_files_may_name_the_same_place(kept):
    assert kept("a", a_one=f"state: ../kept\n{ONE}", a_b_two="state: ../../kept\nproject: acme\n") == Path(
        "kept"
    )


def test_files_that_name_different_places_are_refused(kept):
    with pytest.raises(ConfigError, match=r"two.yaml:1:8: another place of the state than in one.yaml"):
        kept("one.yaml", "two.yaml", one=f"state: here\n{ONE}", two="state: there\nproject: acme\n")


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://deploy:hunter2@db/assistants",
        "postgresql://deploy:hun/ter2@db/assistants",
        "postgresql://:hunter2@db/assistants",
        "postgresql://db/assistants?password=hunter2",
        "postgresql://db/assistants?%70assword=hunter2",
        "postgresql://db/assistants?sslmode=require&sslpassword=hunter2",
        "postgresql://db/assistants?passfile=hunter2",
        "s3://key:hunter2@bucket/prefix",
    ],
)
def test_a_secret_in_an_address_is_refused_and_not_repeated(kept, address):
    with pytest.raises(ConfigError, match="holds a password or a key") as refused:
        kept("one.yaml", one=f'state: "{address}"\n{ONE}')

    (problem,) = refused.value.diagnostics
    assert (str(problem.origin), problem.code) == ("one.yaml:1:8", "AS405")
    assert "hunter2" not in str(refused.value) + problem.help


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("state: postgresql://u:hunter2@db/x", "state: postgresql://u:*******@db/x"),
        ("state: postgresql://u:a@b@db/x", "state: postgresql://u:***@db/x"),
        ("state: postgresql://u@db/x?password=abc&b=c", "state: postgresql://u@db/x?password=***&b=c"),
        ("see https://example.com/a@b?c=d", "see https://example.com/a@b?c=d"),
    ],
)
def test_the_excerpt_of_a_mistake_shows_no_password(line, shown):
    assert masked(line) == shown


@pytest.mark.parametrize("wrong", ["state: 5\n", "state: [a]\n", "state:\n", "state: ''\n", "- \n"])
def test_a_place_that_cannot_be_told_is_an_error_and_not_the_usual_one(kept, wrong):
    with pytest.raises(ConfigError):
        kept("one.yaml", one=f"{wrong}{ONE}")


def test_mistakes_elsewhere_do_not_hide_the_place(kept):
    assert kept("one.yaml", one="state: kept\nassistants: {support: {nmae: x}}\n") == Path("kept")


def test_a_folder_reached_by_a_link_is_refused_only_where_it_leads_out(kept, workspace, tmp_path):
    (workspace.folder / "inner").mkdir()
    (workspace.folder / "link").symlink_to("inner")
    assert kept("one.yaml", one=f"state: link/state\n{ONE}") == Path("link/state")

    (workspace.folder / "out").symlink_to(tmp_path)
    with pytest.raises(ConfigError, match="leads out of the root by a link"):
        kept("one.yaml", one=f"state: out/state\n{ONE}")


@pytest.mark.parametrize("folder", [".git/state", ".GIT", "a/.git/b"])
def test_the_folder_of_git_holds_no_state(kept, folder):
    with pytest.raises(ConfigError, match="belongs to git itself"):
        kept("one.yaml", one=f"state: {folder}\n{ONE}")


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "http://evil.example/x",
        "gs://bucket",
        "S3://bucket",
        "s3:bucket",
        "s3://bucket/../../etc",
        "s3://",
        "postgresql://db.example",
        "postgresql://db.example/x?host=evil.example",
        "postgresql://db.example,evil.example/x",
        "postgresql://db.example:0/x",
        f"s3://bucket/{'x' * 2000}",
    ],
)
def test_an_address_that_no_command_could_open_is_a_mistake_at_its_place_in_the_file(kept, address):
    with pytest.raises(ConfigError) as refused:
        kept("one.yaml", one=f'state: "{address}"\n{ONE}')

    (problem,) = refused.value.diagnostics
    assert (str(problem.origin), problem.code) == ("one.yaml:1:8", "AS405")
    assert problem.help
