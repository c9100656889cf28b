"""Addresses of states, as strict as the question which host receives a password."""

import pytest

from reconciler.model.store_address import AddressError, address_of, is_address

DATABASE = "postgresql://db.example/assistants"


@pytest.mark.parametrize(
    ("allowed", "named"),
    [
        (DATABASE, DATABASE),
        (DATABASE, "postgres://db.example/assistants"),
        (DATABASE, "postgresql://DB.Example:5432/assistants"),
        ("postgresql://db.example:5432/assistants", DATABASE),
        (DATABASE, f"{DATABASE}?sslmode=verify-full"),
        (f"{DATABASE}?sslmode=require", f"{DATABASE}?sslmode=require"),
        (f"{DATABASE}?sslmode=require", DATABASE),
        (DATABASE, "postgresql://deploy@db.example/assistants"),
        ("postgresql://deploy@db.example/assistants", DATABASE),
        ("postgresql://[::1]/x", "postgresql://[0:0:0:0:0:0:0:1]:5432/x"),
        ("postgresql://[FE80::AB]/x", "postgresql://[fe80:0::ab]/x"),
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket", "s3://bucket/any/prefix"),
        ("s3://bucket/team", "s3://bucket/team"),
        ("s3://bucket/team/", "s3://bucket/team/support"),
    ],
)
def test_an_address_covers_itself_in_every_spelling_and_what_lies_below_it(allowed, named):
    assert address_of(allowed).merged(address_of(named))


@pytest.mark.parametrize(
    ("allowed", "named"),
    [
        (DATABASE, "postgresql://db.example.evil/assistants"),
        (DATABASE, "postgresql://evil-db.example/assistants"),
        (DATABASE, "postgresql://db.example:5433/assistants"),
        (DATABASE, "postgresql://db.example/assistants2"),
        (DATABASE, "postgresql://db.example/Assistants"),
        (DATABASE, "postgresql://db.example@evil/assistants"),
        (DATABASE, f"{DATABASE}?sslmode=disable"),
        (DATABASE, f"{DATABASE}?sslmode=require"),
        (f"{DATABASE}?sslmode=require", f"{DATABASE}?sslmode=prefer"),
        ("postgresql://deploy@db.example/assistants", "postgresql://owner@db.example/assistants"),
        ("postgresql://127.0.0.1/x", "postgresql://[::ffff:127.0.0.1]/x"),
        ("postgresql://[::1]/x", "postgresql://[::2]/x"),
        ("s3://bucket/team", "s3://bucket"),
        ("s3://bucket/team", "s3://bucket/team2"),
        ("s3://bucket/team", "s3://bucket/Team"),
        ("s3://bucket/team", "s3://bucket/other/team"),
        ("s3://bucket", "s3://bucket2"),
        ("s3://bucket", "s3://bucket.evil"),
        ("s3://assistants", DATABASE),
    ],
)
def test_an_address_covers_no_other_place_and_no_weaker_connection(allowed, named):
    assert address_of(allowed).merged(address_of(named)) is None


MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


@pytest.mark.parametrize("allowed", ["", *MODES])
@pytest.mark.parametrize("named", ["", *MODES])
def test_a_file_never_connects_with_less_encryption_than_what_is_allowed(allowed, named):
    one, other = (address_of(f"{DATABASE}?sslmode={mode}" if mode else DATABASE) for mode in (allowed, named))

    merged = one.merged(other)

    is_weaker = bool(named) and MODES.index(named) < MODES.index(allowed or "verify-full")
    assert (merged is None) == is_weaker
    if merged:
        assert merged.sslmode == (named or allowed)
        assert address_of(str(merged)) == merged


@pytest.mark.parametrize(
    ("allowed", "named", "merged"),
    [
        ("postgresql://u@db.example/x", "postgres://DB.example/x", "postgresql://u@db.example/x"),
        (
            "postgresql://u@[::1]:6000/x?sslmode=require",
            "postgresql://[0::1]:6000/x?sslmode=verify-ca",
            "postgresql://u@[::1]:6000/x?sslmode=verify-ca",
        ),
        ("postgresql://db.example/x", "postgresql://u@db.example/x", "postgresql://u@db.example/x"),
        ("s3://bucket/team", "s3://bucket/team/a", "s3://bucket/team/a"),
    ],
)
def test_what_a_file_leaves_open_is_what_the_operator_allowed(allowed, named, merged):
    assert str(address_of(allowed).merged(address_of(named))) == merged


WRONG = [
    "file:///etc/passwd",
    "file:/etc/passwd",
    "http://evil.example/x",
    "gs://bucket",
    "S3://bucket",
    "PostgreSQL://db.example/x",
    " s3://bucket",
    "s3 ://bucket",
    "s3:bucket",
    "s3:/bucket",
    "s3:\\\\bucket",
    "://bucket",
    "s3\uff1a//bucket",
    "s3\ufe55//bucket",
    "postgresql\u2236//db.example/x",
    "\uff533://bucket",
    "s3://",
    "s3:///prefix",
    "s3://b",
    "s3://Bucket",
    "s3://bucket/../../etc",
    "s3://bucket/./x",
    "s3://bucket//x",
    "s3://bucket/x?endpoint=evil",
    "s3://bucket/x#y",
    "s3://bucket/%2e%2e",
    "s3://key@bucket/x",
    "s3://bucket/x\n",
    "s3://bucket:443/x",
    "postgresql://",
    "postgresql://db.example",
    "postgresql://db.example/",
    "postgresql:///x",
    "postgresql://db.example/a/b",
    "postgresql://db.example/..",
    "postgresql://db.example/host=evil",
    "postgresql://db.example/x%20host=evil",
    "postgresql://db.example,evil/x",
    "postgresql://db.example:5432,evil:5432/x",
    "postgresql://db.example/x?host=evil",
    "postgresql://db.example/x?hostaddr=192.0.2.1",
    "postgresql://db.example/x?service=evil",
    "postgresql://db.example/x?sslmode=verify-full&host=evil",
    "postgresql://db.example/x?sslmode=verify-full?host=evil",
    "postgresql://db.example/x?sslmode=none",
    "postgresql://db.example/x?sslmode=verify-full\n",
    "postgresql://db.example/x?",
    "postgresql://db.example/x#y",
    "postgresql://%2Ftmp%2Fsocket/x",
    "postgresql://db%2Eexample/x",
    "postgresql://a@b@evil/x",
    "postgresql://@db.example/x",
    "postgresql://u:@db.example/x",
    "postgresql://db.example:/x",
    "postgresql://db.example:0/x",
    "postgresql://db.example:05432/x",
    "postgresql://db.example:+5432/x",
    "postgresql://db.example:65536/x",
    "postgresql://db.example:\u0665432/x",
    "postgresql://db.example./x",
    "postgresql://.example/x",
    "postgresql://db..example/x",
    "postgresql://d\u0432.example/x",
    "postgresql://127.1/x",
    "postgresql://2130706433/x",
    "postgresql://0x7f000001/x",
    "postgresql://0x7f.1/x",
    "postgresql://127.0.0.01/x",
    "postgresql://127.0.0.256/x",
    "postgresql://[::1/x",
    "postgresql://[::1%25eth0]/x",
    "postgresql://[1.2.3.4]/x",
    "postgresql://::1/x",
]


@pytest.mark.parametrize("text", WRONG)
def test_whatever_looks_like_an_address_and_is_none_is_refused_without_being_repeated(text):
    assert is_address(text)
    with pytest.raises(AddressError) as refused:
        address_of(text)

    assert "evil" not in f"{refused.value} {refused.value.help}"
    assert refused.value.help


@pytest.mark.parametrize("text", ["state", "kept/state", "../state", "./s3:bucket", "a b", "postgresql"])
def test_a_directory_is_no_address(text):
    assert not is_address(text)


def test_the_option_that_allows_an_address_can_be_pasted_into_a_shell():
    assert address_of("s3://bucket/a=b").option == "--allow-state s3://bucket/a=b"
    assert address_of(f"{DATABASE}?sslmode=require").option == f"--allow-state '{DATABASE}?sslmode=require'"
