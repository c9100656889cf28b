"""Files that only stand for their content are refused, and texts about such files are not."""

import re
import time

import pytest
from budgets.bar import SHARED

from reconciler.config.blob import EDGE
from reconciler.config.content import Root
from reconciler.config.errors import ConfigError, ContentError
from reconciler.config.placeholder import Pointer, placeholder, pointer
from reconciler.config.tracked import TrackedRule

DIGEST = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{DIGEST}\nsize 12345\n"
SOPS = """\
sops:
    age:
        - recipient: age1x
          enc: |
            -----BEGIN AGE ENCRYPTED FILE-----
            AAAA
            -----END AGE ENCRYPTED FILE-----
    lastmodified: "2026-11-30T00:00:00Z"
    mac: ENC[AES256_GCM,data:AAAA,iv:BBBB,tag:CCCC,type:str]
    version: 3.9.0
"""
SECRET = "password: ENC[AES256_GCM,data:AAAA,iv:BBBB,tag:CCCC,type:str]\n"
SOPS_JSON = """\
{
\t"data": "ENC[AES256_GCM,data:AAAA,iv:BBBB,tag:CCCC,type:str]",
\t"sops": {
\t\t"lastmodified": "2026-11-30T00:00:00Z",
\t\t"mac": "ENC[AES256_GCM,data:AAAA,iv:BBBB,tag:CCCC,type:str]",
\t\t"version": "3.9.0"
\t}
}
"""
FORMS = {
    LFS: "a Git LFS pointer",
    LFS.replace("\n", "\r\n"): "a Git LFS pointer",
    LFS.removesuffix("\n"): "a Git LFS pointer",
    LFS.replace("git-lfs.github.com/spec/v1", "hawser.github.com/spec/v1"): "a Git LFS pointer",
    LFS.replace("https://git-lfs.github.com/spec/v1", "http://git-media.io/v/2"): "a Git LFS pointer",
    LFS.replace("\noid", f"\next-0-foo sha256:{DIGEST}\noid"): "a Git LFS pointer",
    "\0GITCRYPT\0abcdefghijkl": "a file that git-crypt has locked",
    f"/annex/objects/SHA256E-s31--{DIGEST}.md\n": "a git-annex pointer",
    f"../.git/annex/objects/Kj/0x/SHA256E-s31--{DIGEST}/SHA256E-s31--{DIGEST}": "a git-annex pointer",
    f"/annex/objects/SHA256E-s31--{DIGEST}.md\n/annex/more\n": "a git-annex pointer",
    f"#$# git-fat {DIGEST[:40]}                12345\n": "a pointer of git-fat",
    f"\ufeff{LFS}": "a Git LFS pointer",
    f"{LFS} \t\n\n": "a Git LFS pointer",
    "# xet version 0\nfilesize = 6\nhash = 'x'\n": "a pointer of git-xet",
    "outs:\n- md5: a304afb96060aad90176268345e10355\n  size: 3\n  path: data.csv\n": "a DVC pointer",
    "age-encryption.org/v1\n-> X25519 abc\n": "a file that age has encrypted",
    "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n": "a file that age has encrypted",
    "$ANSIBLE_VAULT;1.1;AES256\n6231\n": "a file that ansible-vault has encrypted",
    "$ANSIBLE_VAULT;1.2;AES256;dev\n6231\n": "a file that ansible-vault has encrypted",
    "Salted__\x01\x02\x03\x04\x05\x06\x07\x08": "a file that transcrypt or OpenSSL has encrypted",
    "U2FsdGVkX1/QnTZlFQ8uRc2VLr5zkVh0\n": "a file that transcrypt or OpenSSL has encrypted",
    "-----BEGIN PGP MESSAGE-----\n\nhQ==\n-----END PGP MESSAGE-----\n": "a message that PGP has encrypted",
    "# STRONGBOX ENCRYPTED RESOURCE ; See strongbox\nAAA=\n": "a file that strongbox has encrypted",
    SECRET + SOPS: "a file that SOPS has encrypted",
    (SECRET + SOPS).removesuffix("\n"): "a file that SOPS has encrypted",
    SOPS_JSON: "a file that SOPS has encrypted",
    f"PASSWORD={SECRET[10:]}sops_version=3.9.0\nsops_mac={SECRET[10:]}": "a file that SOPS has encrypted",
    f"[a]\npassword = {SECRET[10:]}\n[sops]\nmac = {SECRET[10:]}version = 3.9.0\n": "a file that SOPS "
    "has encrypted",
}
PROSE = [
    "",
    "version",
    f"A pointer looks like this:\n\n{LFS}",
    f"{LFS}\nThis is what a pointer looks like.\n",
    f"\n{LFS}",
    f" {LFS}",
    LFS.replace(DIGEST, "0123"),
    "To unlock it, run git-crypt. It begins with GITCRYPT.",
    "GITCRYPT",
    "Files lie in /annex/objects/ of the repository.",
    "/annex/objects/",
    "# xet versions\n",
    "outs:\n- one\n- two\n",
    "age-encryption.org/v1 is the first line of a file that age made.\n",
    "# How to use age\n\n-----BEGIN AGE ENCRYPTED FILE-----\n",
    "$ANSIBLE_VAULT is a header.\n",
    "Salted caramel",
    "U2FsdGVkX1 is how such a text begins.\n",
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
    f"# SOPS\n\n```yaml\n{SECRET}{SOPS}```\n",
    f"# SOPS\n\n{SECRET}{SOPS}\nThat is all.\n",
    SECRET,
    "/annex/objects/ is where git-annex keeps contents.\n",
    f"/annex/objects/SHA256E-s31--{DIGEST}.md\nis what a pointer looks like.\n",
    "Salted__caramel is a flavour, and crème brûlée another.\n",
    "# xet version 1\nis how a pointer of git-xet begins.\n",
    "$ANSIBLE_VAULT;1.1;AES256 is how a vault begins.\n",
    "$ANSIBLE_VAULT;1.1;AES256\n\nis how a vault begins.\n",
    "-----BEGIN PGP MESSAGE-----\n",
    "-----BEGIN PGP MESSAGE-----\n\nhQ==\n\nis how a message begins.\n",
    "-----BEGIN AGE ENCRYPTED FILE-----\nis how such a file begins.\n",
    "age-encryption.org/v1\nis the first line of a file that age made.\n",
    "outs:\n- md5: a304afb96060aad90176268345e10355\n\nis what DVC writes.\n",
    "# STRONGBOX ENCRYPTED RESOURCE\n",
    "# STRONGBOX ENCRYPTED RESOURCE ; See strongbox\nis its first line.\n",
    "#$# git-fat is how its pointers begin.\n",
    f"# SOPS\n\nAn encrypted file looks like this\n\n{SECRET}{SOPS}",
    '{"note": "ENC[AES256_GCM,data: is what SOPS writes", "sops": {}}',
]


@pytest.mark.parametrize("text", FORMS, ids=range(len(FORMS)))
def test_a_placeholder_is_refused_everywhere(text, workspace):
    workspace.write("file.md", text)
    for rule in (TrackedRule.WARN, TrackedRule.ALLOW):
        root = Root(workspace.folder, rule)
        for read in (root.source, lambda path, root=root: root.fingerprint(path, 1_000_000)):
            with pytest.raises(ContentError) as refusal:
                read("file.md")
            assert refusal.value.code == "AS310"
            assert str(refusal.value) == f"file.md is {FORMS[text]}, not its content"
            assert re.match(r"(run|decrypt) ", refusal.value.help)


@pytest.mark.parametrize("text", PROSE, ids=range(len(PROSE)))
def test_a_text_about_placeholders_is_none(text):
    content = text.encode()
    assert placeholder(content, content) is None


def test_a_pointer_says_what_it_stands_for():
    assert pointer(LFS.encode()) == Pointer(DIGEST, 12345)
    assert pointer(LFS.encode() + b"x" * 1024) is None


FIELDS = {
    "instructions: {file: secret.md}": "cannot read the prompt: secret.md is",
    "files: [secret.md]": "cannot read the file: secret.md is",
    "tools: [{type: function, function: {file: secret.md}}]": "cannot read the function: secret.md is",
}


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_takes_a_placeholder(field, workspace, means):
    workspace.configure(f"project: acme\nassistants:\n  support:\n    model: m\n    {field}\n")
    workspace.write("secret.md", LFS)
    with pytest.raises(ConfigError, match=FIELDS[field]) as refusal:
        means()
    assert [problem.code for problem in refusal.value.diagnostics] == ["AS310"]


@pytest.mark.parametrize(
    "path", ["assistants.yaml", "conf/b.yaml", "conf/sales.md", "environments/prod.yaml"]
)
def test_no_file_of_a_configuration_is_left_out_because_it_is_a_placeholder(path, workspace, means):
    workspace.configure("project: acme\nassistants: {a: {model: m}}\n")
    workspace.write("conf/a.yaml", "assistants: {}\n")
    workspace.write(path, "\0GITCRYPT\0abcdefghijkl")
    with pytest.raises(ConfigError, match="git-crypt has locked"):
        means(None, "assistants.yaml", "conf")


def test_what_dvc_keeps_elsewhere_is_fetched_first(workspace):
    workspace.write("data.csv.dvc", "outs:\n- md5: a304afb96060aad90176268345e10355\n")
    with pytest.raises(ContentError) as refusal:
        Root(workspace.folder).fingerprint("data.csv", 100)
    assert (refusal.value.code, refusal.value.help) == ("AS301", "DVC has it: run dvc pull")


def test_a_long_message_is_no_page_of_a_folder(workspace, means):
    workspace.configure("project: acme\nassistants: {a: {model: m}}\n")
    lines = "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=\n" * 200
    workspace.write("conf/a.md", f"-----BEGIN PGP MESSAGE-----\n\n{lines}-----END PGP MESSAGE-----\n")
    with pytest.raises(ConfigError, match="PGP has encrypted"):
        means(None, "assistants.yaml", "conf")


WORST = {
    "sops text": b"ENC[AES256_GCM,data:" + b"a b" * 300_000 + b"\nsops:\n  mac: ENC[AES256_GCM,data:\n",
    "sops lines": b"sops:\n" * 170_000,
    "sops blocks": b"ENC[AES256_GCM,data:" + b"sops:\n  a\n" * 100_000 + b"mac: ENC[AES256_GCM,data:",
    "macs": b'{"mac"' + b" " * 1_000_000,
    "spaces": b"ENC[AES256_GCM,data:\nmac: ENC[AES256_GCM,data:\nsops:" + b" " * 1_000_000,
    "annex": b"../" * 330_000,
    "pointers": b"version https://git-lfs.github.com/spec/v1\n" + b"ext-" * 250_000,
    "outs": b"md5: x\n" * 140_000,
}


@pytest.mark.parametrize("name", WORST)
def test_a_text_of_1_mb_is_looked_through_at_once(name):
    began = time.process_time()
    placeholder(WORST[name], WORST[name])
    assert time.process_time() - began < SHARED * 0.5


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x8c\x0d\x04\x09\x03\x02" + b"\xa7" * 60, "a message that PGP has encrypted"),
        (b"\x8c\x0d\x04\x07\x03\x02" + b"\xa7" * 60, "a message that PGP has encrypted"),
        (b"bplist00\xd3\x01\x02\x03_\x10\x11NSURLNameKey\\Handbook.pdf", "a placeholder of iCloud"),
        (bytes(1), "a file of zeros, as a copy that was broken off leaves it"),
        (bytes(100_000), "a file of zeros, as a copy that was broken off leaves it"),
    ],
)
def test_octets_that_stand_for_a_content_are_found(content, what):
    found = placeholder(content[:EDGE], content[-EDGE:])
    assert found
    assert found.what == what


@pytest.mark.parametrize(
    "content", [b"", bytes(5_000) + b"%PDF", b"bplist00\xd1\x01\x02", b"\x8c\x0d\x04\x09"]
)
def test_octets_of_another_kind_stand_for_themselves(content):
    assert placeholder(content[:EDGE], content[-EDGE:]) is None


def test_what_icloud_keeps_elsewhere_is_fetched_first(workspace):
    workspace.write("docs/.data.csv.icloud", "bplist00")
    with pytest.raises(ContentError) as refusal:
        Root(workspace.folder).fingerprint("docs/data.csv", 100)
    assert (refusal.value.code, refusal.value.help) == ("AS301", "iCloud has it: download the file")
