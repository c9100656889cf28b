"""Forms of a file that only stand for its content, and how to get the content."""

from __future__ import annotations

from codecs import getincrementaldecoder
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.config.blob import EDGE
from reconciler.model import pattern as re

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Pointer:
    """A Git LFS pointer: the digest and the size of the content that it stands for."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What stands there in place of the content, and what to do about it."""

    what: str
    help: str


@dataclass(frozen=True, slots=True)
class _Form:
    """A kind of placeholder, recognised by its first and last bytes.

    ``starts`` are the bytes of which one must be the first, so that most files are compared with no form;
    empty where any may be.
    """

    what: str
    help: str
    fits: Callable[[bytes, bytes], object]
    starts: bytes = b""


CUT = 4096
"""Bytes of the beginning of a file that are looked at where its end is not read."""
LONGEST_POINTER = 1024
"""Bytes of the longest Git LFS pointer."""

_POINTER = re.compile(
    rb"(?:\xef\xbb\xbf)?version https?://(?:git-lfs\.github\.com/spec/v1|hawser\.github\.com/spec/v1|git-media\.io/v/2)\r?\n"
    rb"(?:ext-[^\r\n]{1,200}\r?\n){0,10}oid sha256:([0-9a-f]{64})\r?\nsize ([0-9]{1,15})[ \t\r\n]{0,100}"
)
_SOPS_TEXT = re.compile(
    rb"^(?:sops:|\[sops\])[ \t]*\r?\n(?:[ \t][^\n]*\n|[a-z_]+[ \t]*=[^\n]*\n)*\Z", re.MULTILINE
)
_SOPS_LINE = re.compile(  # of YAML, of INI and of environment variables
    rb"\A(?:\s|\Z|#|[-.]{3}\s|- |\[[^\]\n]{1,200}\]|[^\s:=#][^:=\n]{0,200}(?::(?=\s|\Z)|=))"
)
_PGP = re.compile(
    rb"-----BEGIN PGP MESSAGE-----[ \t]*\r?\n(?:[A-Z][A-Za-z]{1,20}: [^\r\n]{0,200}\r?\n){0,10}"
    rb"[ \t]*\r?\n[0-9A-Za-z+/=]{4,80}[ \t]*\r?\n"
)
_PGP_BINARY = re.compile(rb"\x8c\x0d\x04[\x07-\x09]\x03")  # a session key under a password, for AES
_BASE64 = re.compile(rb"U2FsdGVkX1[0-9A-Za-z+/]{6,}={0,2}(?:\r?\n|\Z)")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SOPS_JSON = re.compile(rb'"sops"\s{0,100}:\s{0,100}\{')
_SOPS_MAC = re.compile(rb'"?(?:sops_)?mac"?[ \t]{0,10}[:=][ \t]{0,10}"?ENC\[AES256_GCM,data:')


def pointer(content: bytes) -> Pointer | None:
    """Return the Git LFS pointer that a content is; None where it is something else."""
    found = _POINTER.fullmatch(content) if len(content) <= LONGEST_POINTER else None
    return Pointer(found[1].decode(), int(found[2])) if found else None


def placeholder(head: bytes, tail: bytes) -> Placeholder | None:
    """Return what stands in place of a content, by its first and its last bytes; None where nothing does."""
    forms = _BY_START.get(head[:1], _ANYWHERE)
    return next((Placeholder(form.what, form.help) for form in forms if form.fits(head, tail)), None)


def _begins(pattern: bytes) -> Callable[[bytes, bytes], object]:
    expected = re.compile(pattern)
    return lambda head, _: expected.match(head)


def _is(pattern: bytes) -> Callable[[bytes, bytes], object]:
    """Return a test of short files that are nothing but what a pattern says."""
    expected = re.compile(pattern)
    return lambda head, _: expected.fullmatch(head) if len(head) < CUT else None


def _is_pointer(head: bytes, _: bytes) -> bool:
    return pointer(head) is not None


def _is_pgp(head: bytes, tail: bytes) -> bool:
    """Return whether it is one message to its end, which is unknown where only the beginning was read."""
    if _PGP_BINARY.match(head):
        return True
    ends = tail.rstrip().endswith(b"-----END PGP MESSAGE-----") or len(head) == len(tail) == CUT
    return ends and _PGP.match(head) is not None


def _is_blank(head: bytes, tail: bytes) -> bool:
    """Return whether a file has zeros only, as far as its ends are looked at."""
    return bool(head) and not head.strip(b"\0") and not tail.strip(b"\0")


def _is_openssl(head: bytes, _: bytes) -> bool:
    """Return whether salt and secret follow, which are no text, or all of it is in base64."""
    if not head.startswith(b"Salted__"):
        return _BASE64.match(head) is not None
    try:
        rest = getincrementaldecoder("utf-8")().decode(head[8:CUT])
    except UnicodeDecodeError:
        return True
    return _CONTROL.search(rest) is not None


def _is_sops(head: bytes, tail: bytes) -> bool:
    """Return whether it is a document of SOPS: encrypted values, and its own part at the end, with a MAC.

    Prose that shows such a document has lines that are none of a document, goes on behind it, or closes a
    fence.
    """
    if b"ENC[AES256_GCM,data:" not in head or not _SOPS_MAC.search(tail):
        return False
    if head.lstrip()[:1] == b"{":
        return _SOPS_JSON.search(tail) is not None and tail.rstrip()[-1:] == b"}"
    ended = tail if tail.endswith(b"\n") else tail + b"\n"
    if _SOPS_TEXT.search(ended) is None and not ended.splitlines()[-1].startswith(b"sops_"):
        return False
    *lines, _ = head[:EDGE].split(b"\n")
    return all(_SOPS_LINE.match(line) for line in lines)


_DECRYPT = "decrypt it first, into a file that git ignores, and send that one with --allow-untracked"
FORMS: Final = (
    _Form(
        "a Git LFS pointer",
        "run `git lfs pull`; in CI, let the checkout fetch LFS files",
        _is_pointer,
        starts=b"v\xef",
    ),
    _Form(
        "a file that git-crypt has locked",
        "run `git-crypt unlock`; in CI, say --allow-untracked too",
        _begins(rb"\0GITCRYPT\0"),
        starts=b"\0",
    ),
    _Form(
        "a git-annex pointer",
        "run `git annex get` and `git annex unlock` on it",
        _is(
            rb"(?:\.\./){0,50}(?:\.git)?/annex/objects/(?:[^\s/]{1,300}/){0,4}"
            rb"[A-Z0-9_]{2,20}(?:-[smSC][0-9]{1,20}){0,4}--[^\r\n/]{1,300}"
            rb"(?:\r?\n/annex/[^\r\n]{1,300})?(?:\r?\n)?"
        ),
        starts=b"./",
    ),
    _Form(
        "a pointer of git-fat",
        "run `git fat pull`",
        _is(rb"#\$# git-fat [0-9a-f]{40} {1,20}[0-9]{1,20}(?:\r?\n)?"),
        starts=b"#",
    ),
    _Form(
        "a pointer of git-xet",
        "run `git xet checkout`",
        _is(rb"# xet version [0-9]{1,9}(?:\r?\n[a-z_]{1,30} = [^\r\n]{0,200}){1,10}(?:\r?\n)?"),
        starts=b"#",
    ),
    _Form(
        "a DVC pointer",
        "run `dvc pull`, and name the file without .dvc",
        _is(
            rb"(?:(?:md5|frozen|wdir|desc): ?[^\r\n]{0,200}\r?\n){0,5}"
            rb"outs:\r?\n- (?:md5|etag|checksum): [0-9a-f]{8}[^\r\n]{0,200}"
            rb"(?:\r?\n[ -]{0,6}[a-z_]{1,30}:[^\r\n]{0,500}){0,100}(?:\r?\n)?"
        ),
        starts=b"mfwdo",
    ),
    _Form(
        "the commit of a submodule",
        "run `git submodule update --init`",
        _is(rb"Subproject commit [0-9a-f]{40}(?:-dirty)?(?:\r?\n)?"),
        starts=b"S",
    ),
    _Form(
        "the text of a link",
        "name the file it leads to; in a checkout without links, set core.symlinks",
        _is(rb"(?:\.\.?/){1,20}[\w.@+/-]{1,200}\.[a-z0-9]{1,8}"),
        starts=b".",
    ),
    _Form(
        "the error of a download",
        "download the file again",
        _is(
            rb"404: Not Found(?:\r?\n)?|(?:<\?xml[^>\n]{1,100}\?>\s{0,10})?"
            rb"<Error><Code>[A-Za-z]{1,60}</Code><Message>[^<]{0,500}</Message>"
            rb"(?:<[A-Za-z]{1,40}>[^<]{0,500}</[A-Za-z]{1,40}>){0,10}</Error>\s{0,10}"
        ),
        starts=b"4<",
    ),
    _Form(
        "a file that hiera-eyaml or another tool has encrypted with PKCS #7",
        _DECRYPT,
        _begins(rb"-----BEGIN (?:PKCS7|CMS)-----\r?\n[0-9A-Za-z+/=]{4,80}[ \t]{0,10}\r?\n"),
        starts=b"-",
    ),
    _Form(
        "a file that age has encrypted",
        _DECRYPT,
        _begins(
            rb"age-encryption\.org/v1\r?\n-> |"
            rb"-----BEGIN AGE ENCRYPTED FILE-----\r?\n[0-9A-Za-z+/=]{4,80}[ \t]*\r?(?:\n|\Z)"
        ),
        starts=b"a-",
    ),
    _Form(
        "a file that ansible-vault has encrypted",
        _DECRYPT,
        _begins(
            rb"\$ANSIBLE_VAULT;[0-9]{1,3}\.[0-9]{1,3};AES(?:256)?(?:;[^\r\n;]{1,200})?[ \t]{0,10}\r?\n"
            rb"[0-9a-f]{2,100}[ \t]{0,10}\r?(?:\n|\Z)"
        ),
        starts=b"$",
    ),
    _Form(
        "a file that transcrypt or OpenSSL has encrypted",
        "run `transcrypt`, or decrypt it first",
        _is_openssl,
        starts=b"SU",
    ),
    _Form("a message that PGP has encrypted", _DECRYPT, _is_pgp, starts=b"-\x8c"),
    _Form(
        "a file that strongbox has encrypted",
        "run `strongbox`",
        _begins(
            rb"# STRONGBOX ENCRYPTED RESOURCE[^\r\n]{0,200}\r?\n[0-9A-Za-z+/=]{4,200}[ \t]{0,10}\r?(?:\n|\Z)"
        ),
        starts=b"#",
    ),
    _Form(
        "a placeholder of iCloud",
        "download the file, and name it without the dot and .icloud",
        _is(rb"bplist00[\s\S]{0,4000}NSURLNameKey[\s\S]{0,4000}"),
        starts=b"b",
    ),
    _Form(
        "a file of zeros, as a copy that was broken off leaves it",
        "copy the file again",
        _is_blank,
        starts=b"\0",
    ),
    _Form("a file that SOPS has encrypted", _DECRYPT, _is_sops),
)
"""Every kind of placeholder, in the order in which they are tried."""

_ANYWHERE = tuple(form for form in FORMS if not form.starts)
_BY_START = {
    bytes([start]): tuple(form for form in FORMS if not form.starts or start in form.starts)
    for start in b"".join(form.starts for form in FORMS)
}
