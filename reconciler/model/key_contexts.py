"""Passwords and keys that only the words beside them show: a name, a header, an address, an option."""

from __future__ import annotations

from base64 import b64decode
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from reconciler.model import pattern as re
from reconciler.model.characters import LETTERS, folded
from reconciler.model.key_forms import Key, key_at
from reconciler.model.randomness import DOCUMENTED, are_words, is_placeholder, randomness

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.model.first_look import Look, Stretch


# What people call a password, which they make up: it may be short.
_MADE_UP = (
    "password|passwd|passphrase|passcode|passwort|kennwort|mot de passe|contraseña|contrasena|senha"
    "|parola|parolă|palavra-passe|wachtwoord|lösenord|adgangskode|kodeord|passord|salasana|hasło|haslo|heslo"
    "|jelszó|şifre|sifre|пароль|парол|лозинк|κωδικός|κωδικό|סיסמה|סיסמא|كلمة المرور|كلمة السر"
    "|رمز عبور|گذرواژه|पासवर्ड|পাসওয়ার্ড"
    "|கடவுச்சொல்|రహస్యపదం|รหัสผ่าน|mật khẩu|kata sandi|密码|密碼|口令|パスワード|暗証|비밀번호|암호"
    "|lozinka|geslo|parool"
    "|parole|slaptažodis|nenosiljuk|პაროლი|գաղտնաբառ|pwd|pass|pw"
)
# What people call a key, which a machine makes.
_DRAWN = (
    "secret|token|credential|bearer|jeton|schlüssel|geheimnis|clé|clave|chave|chiave|sleutel|nyckel|nøgle|nøkkel"
    "|avain|klucz|klíč|kľúč|kulcs|cheie|anahtar|ključ|ключ|токен|секрет|κλειδί|מפתח|مفتاح|کلید|कुंजी|चाबी"
    "|คีย์|กุญแจ"
    "|khóa|kunci|密钥|密鑰|令牌|秘钥|鍵|キー|トークン|키|토큰"
)
_PASSWORDS, _KEYS = _MADE_UP.split("|"), _DRAWN.split("|")
_OF_KEY = re.compile(
    r"(?:api|access|private|secret|signing|encryption|account|auth|master|shared|service|client|admin|app|session"
    r"|licen[cs]e|webhook|deploy|bearer|primary access)[\s_-]?\Z",
    re.IGNORECASE,
)
_PASSWORD = "a password"  # noqa: S105 - a noun
_DIGITS = [str(digit).encode() for digit in range(10)]
# Words that stand beside much that is no secret.
_WEAK = ["key", "sig", "cookie", "session", "auth", "authorization", "sessid", "connectionstring"]
_NOUNS = (
    dict.fromkeys(_WEAK, "a key or token")
    | dict.fromkeys(_KEYS, "a key or token")
    | dict.fromkeys(_PASSWORDS, _PASSWORD)
)
_IS_PASSWORD, _IS_WEAK = frozenset(_PASSWORDS), frozenset(_WEAK)
_WHOLE = frozenset(
    {"pass", "pwd", "pw", "key", "sig", "auth", "session", "sifre", "clave", "kunci", "parole"}
)
# The blocks of Unicode in which letters are, and the marks of them.
_LETTER = (
    r"A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u036f\u0370-\u1fff\u2c00-\u2dff\u3005-\u3007"
    r"\u3041-\ud7ff\uf900-\ufdff\ufe70-\ufefc\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc\U00010000-\U0003ffff"
)
# Between a name and its value: the rest of the name, some words and a sign.
_REST = r"[a-z0-9_-]{0,24}(?![a-z0-9_-])"
_REST_ABROAD = rf"(?:(?![a-z])[{_LETTER}]){{0,6}}"
_QUOTES = r"«»„“”\u2018\u2019\u201a\u2039\u203a『』《》〈〉"
_VALUE = (
    rf"(?:[\"'`*)\]】」]|[ \t\u00a0\u202f]?[{_QUOTES}]){{0,4}}[ \t]{{0,4}}"
    rf"(?P<gap>(?:[{_LETTER}][{_LETTER}-]{{0,18}}(?:[,:]?[ \t]{{1,3}}|=)){{0,5}}?)"
    # A sign, the next argument, the end of an element, or that what follows is called the value.
    r"(?:(?P<sign>[:=?]{1,3}>?|->|→|\uff1a|\uff1d|\||,(?=[ \t]{0,3}[\"'`])|(?<=[A-Za-z0-9_\"'])>"
    r"(?:<!\[CDATA\[)?|</[A-Za-z0-9_:]{1,20}>\s{0,20}<[A-Za-z0-9_:]{1,20}>"
    r"|,?\s{1,40}[\"']?value[\"']?[ \t]{0,3}[:=])\s{0,6})?"
    # Verbatim strings and their like have letters before their quotes.
    rf"(?:(?:[@$]{{1,2}}|\#{{1,3}}|[a-z]{{1,2}}8?)(?=[\"'`]))?"
    rf"(?:[\"'`*(\[<【「]|[{_QUOTES}][ \t\u00a0\u202f]{{0,2}}){{0,4}}"
    r"(?P<value>(?=[^\s\"'`<>]{0,200}[0-9])[!-~](?:(?![\"'`<>])[!-~]){5,511})"
)
_VERBS = (
    "is ist lautet est es è é jest je är er on это to = este heißt equals reads e var bude was adalah là olan"
    " 是 为 為 は 는 은"
)
_LINKS = frozenset(_VERBS.split())
_SUCH = frozenset(("such", "like", "wie", "comme", "como", "come", "zoals", "jako"))
_SIGNS = frozenset((":", "="))
_LINKED_ABROAD = frozenset("是为為は는은이가")
_HARMLESS_REST = re.compile(
    r"(?:id|ids|name|type|url|uri|path|file|ref|arn|at|on|length|count|size|policy|hint|field|limit|hash|sha[0-9]*|md5"
    r"|digest|fingerprint|checksum|version|expiry|expires|ttl|format|pattern|regex|endpoint|prefix|budget|usage"
    r"|counter|label|title|index|kind|env|var|method|map|word|stroke|board|space|frame|note|ring)s?\Z"
)
_HARMLESS_BEFORE = re.compile(
    rf"(?<![{_LETTER}])(?:public|publishable|site|change|next|page|continuation|pagination|cursor|race|pad|cache|primary|foreign|idempotency|partition|sort|max|min|num|object|row|composite"
    r"|unique|öffentlich[a-z]*|publique|pública|pubblica|открыт[\u0430-\u044f]*|shortcut|hot|arrow|musical)[\s_-]{0,3}\Z",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"[$%/~#&@(\[]|\.{1,2}/|https?:|arn:|sha\d+[-:=]|md5[-:=]|urn:|data:|did:|ipfs:|ssh-|projects/|secrets?/"
    r"|[a-z]+://[^:@]*\Z|\d[\d.,:/-]*[a-z]{0,2}[.,;:]?\Z|\d{4}-\d\d-\d\d|v?\d+(?:\.\d+)+|[\w.+-]+@[\w-]+\.[\w.]+\Z"
    r"|[\w./-]+\.[a-z]{2,5}\d?\Z",
    re.IGNORECASE | re.ASCII,
)
# What stands for a value that is elsewhere.
_REFERENCE = re.compile(
    r"\$[{(]|\{\{|\}\}|\(\)|\.\.\.|\*\*\*|•••|process\.env|environ|getenv|://|%s|\{\}|==>"
)
_WORD_AND_NUMBER = re.compile(r"([A-Za-z]{3,})[0-9]{1,6}\Z")
_WITH_NUMBERS = (
    "sha md base utf int uint float string str char varchar version step field input"
    " text var value line page level"
    " type example test param arg iso rfc oauth figure table section chapter http ipv item option part number"
)
_TECHNICAL = frozenset(_WITH_NUMBERS.split())
_STANDARD = re.compile(r"[A-Z]{2,}[-_]?[0-9]+\Z")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")
# Capitals, small letters, digits and signs; what is not of ASCII counts as small letters.
_KINDS = [*map(re.compile, ("[A-Z]", r"[a-z\x80-\U0010ffff]", "[0-9]", r"[!-/:-@\[-`{-~\s]"))]
_ANY_LETTER = re.compile(r"[A-Za-z\x80-\U0010ffff]")
_SIGNS_OF_PASSWORDS = re.compile(r"[!$%&#@?*+^~]")
_ENDS = frozenset(("", "\n", "\r", '"', "'", "`"))
_ENDING = re.compile(
    r"\.(?:txt|md|pdf|csv|tsv|html?|json|ya?ml|docx?|xlsx?|pptx?|log|conf|ini|cfg|env|png|jpe?g)\Z"
)
_CAPITALS = re.compile(r"[A-Z_]+\Z")
_TRAILING = ".,;:)]}\\"
_BEARER = re.compile(r"(?i:bearer)[ \t]{1,4}([A-Za-z0-9._~+/=-]{16,4096})")
_BASIC = re.compile(r"(?i:basic)[ \t]{1,4}([A-Za-z0-9+/]{8,512}={0,2})")
_ADDRESS = re.compile(
    r"://(?P<user>[^/\s:@\"'<>]{0,100}):(?P<password>[^\s/@\"'<>]{1,200})@(?P<host>[^\s/:?#\"'<>,)]{0,253})"
)
_OPTION = re.compile(r"(?:-u|--user|--userpwd)[ =][\"']?(?P<user>[^\s:\"']{1,60}):(?P<value>[^\s\"']{4,200})")
_SHELL = re.compile(
    r"(?:--pass(?:word)?|sshpass -p|mysql[^\n|;]{0,80} -p)[ =]?[\"']?(?P<value>[^\s\"']{6,200})"
)
_SECURE = re.compile(
    r"(?:(?i:ConvertTo-SecureString)[ \t]{1,8}(?:-(?i:String)[ \t]{1,8})?"
    r"|NetworkCredential\([^,()\n]{1,80},[ \t]{0,4}@?)"
    r"[\"'](?P<value>[^\"'\r\n]{6,200})[\"']"
)
_PIPED = re.compile(
    r"[\"'](?P<value>[^\"'\r\n]{6,200})[\"'][ \t]{0,8}\|[ \t]{0,8}(?i:ConvertTo-SecureString)"
)
_PHRASE = re.compile(
    r"(?:phrase|mnemonic|words)[ \t]{0,3}(?:is|are|:|=|-)?[ \t:]{0,3}[\"'\n]{0,3}"
    r"((?:[a-z]{3,8} ){11}(?:(?:[a-z]{3,8} ){3}){0,4}[a-z]{3,8})(?![ ]?[a-z])"
)
_OPEN_HOSTS = re.compile(
    r"(?:(?:.*\.)?example(?:\.\w+)?|localhost|127\.0\.0\.1|0\.0\.0\.0)\Z", re.IGNORECASE | re.ASCII
)
_DEFAULTS = "password mypassword pwd pass passwd pwd secret p user postgres root admin test dev token"
_OPEN_PASSWORDS = frozenset(_DEFAULTS.split())
_OPEN_USERS = frozenset(("user", "username", "login", "name", "usr", "myuser"))
_USUAL = 4  # letters of a password that is an example
_SEVERAL = 3  # kinds of characters
_SHORTEST, _GOOD, _STRONG, _LONG = 6, 8, 10, 16
_WEAKLY = 20  # random characters after a word such as "key"
_BEFORE, _BACK, _FEW = 24, 140, 5  # characters, and words, before a name


def secrets(look: Look) -> Iterator[Key]:
    """Yield what the words beside it show to be a password, a key or a token."""
    text, lowered = look.text, look.lowered
    yield from _named(look)
    if look.has(b"://") and look.has(b"@"):
        yield from _in_addresses(text)
    yield from _in_headers(look)
    if look.has(b"-") and look.is_before_value("-u ", "-u=", "--user"):
        yield from _said(text, _OPTION)
    if look.has(b"-") and look.is_before_value("--pass", "sshpass -p", "mysql"):
        yield from _said(text, _SHELL)
    if look.has(b'"', b"'") and ("securestring" in lowered or "networkcredential" in lowered):
        yield from _said(text, _SECURE)
        yield from _said(text, _PIPED)
    for found in each(_PHRASE, lowered, ("phrase", "mnemonic", "words")):
        yield key_at(text, *found.span(1), "a recovery phrase")


def each(pattern: re.Pattern[str], text: str, words: Iterable[str]) -> Iterator[re.Match[str]]:
    """Yield what a pattern matches that begins with one of some words: a search for these costs little."""
    done = 0
    for at in sorted(at for word in words for at in _places(word, text)):
        if at >= done and (found := pattern.match(text, at)):
            done = found.end()
            yield found


def _places(word: str, text: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _named(look: Look) -> Iterator[Key]:
    if not look.has(*_DIGITS):
        return
    text, lowered, near = look.text, look.lowered, look.near
    is_strange, is_ascii = look.is_strange, text.isascii()
    if not (near or is_strange):
        return
    beside = "\n".join([lowered[start:end] for start, end in near])
    for word, noun in _NOUNS.items():
        is_anywhere = is_strange and noun != _PASSWORD and word not in _IS_WEAK
        if (is_ascii and not word.isascii()) or word not in (lowered if is_anywhere else beside):
            continue
        stretches = ((0, len(lowered)),) if is_anywhere else near
        for name in _names(word, lowered, stretches):
            if word in _WHOLE and "a" <= text[slice(*name.span("rest"))][:1] <= "z":
                continue  # the beginning of a longer word, as it often is
            found = _candidate(word, text, name)
            if (
                found
                and _is_name(word, text, name)
                and is_secret(found.value, found.strength, is_said=found.is_said)
            ):
                yield key_at(text, found.start, found.start + len(found.value), noun)


def _names(word: str, text: str, stretches: Iterable[Stretch]) -> Iterator[re.Match[str]]:
    """Yield what follows a word wherever it is in some stretches; what belongs to one name is no other."""
    pattern, length = _after(is_abroad=not word.isascii()), len(word)
    for start, end in stretches:
        at = text.find(word, start, end)
        while at >= 0:
            name = pattern.match(text, at + length, end)
            if name:
                yield name
            at = text.find(word, name.end() if name else at + 1, end)


@cache
def _after(*, is_abroad: bool) -> re.Pattern[str]:
    rest = _REST_ABROAD if is_abroad else _REST
    return re.compile(rf"(?P<rest>{rest})(?=(?:{_VALUE})?)")


def _is_name(word: str, text: str, name: re.Match[str]) -> bool:
    """Return whether a word is one, or the end of a name, and not a part of another word."""
    start, end = name.start() - len(word), name.start()
    if not word.isascii():
        return True
    before, after = text[start - 1 : start], text[end : end + 1]
    if word == "key" and _OF_KEY.search(text[max(0, start - _BEFORE) : start]):
        before = " "
    is_start = not _are_letters(before) or (_is_small(before) and _is_capital(text[start]))
    if not is_start and (word in _WHOLE or word in _IS_WEAK or not before.isascii()):
        return False
    is_short = word not in _WHOLE and len(name["rest"]) <= _SEVERAL
    is_end = not _are_letters(after) or _is_capital(after) or is_short
    rest = name["rest"].replace("_", "-").rpartition("-")[2]
    return (
        is_end
        and not _HARMLESS_REST.match(rest)
        and not _HARMLESS_BEFORE.search(text[max(0, start - _BEFORE) : start])
    )


def _are_letters(text: str) -> bool:
    """Return whether a text is letters of any script, and at least one."""
    if text.isascii():
        return text.isalpha()
    return all(one in LETTERS for one in text)


def _is_small(one: str) -> bool:
    return one == folded(one) != folded(one).upper()


def _is_capital(one: str) -> bool:
    return one != folded(one) == one.lower()


class _Found(NamedTuple):
    """A value beside a name, and what must be true of it."""

    start: int
    value: str
    strength: int
    is_said: bool


def _candidate(word: str, text: str, name: re.Match[str]) -> _Found | None:
    """Return the value after or before a name, if it may be a secret."""
    least = 0 if word in _IS_PASSWORD else _STRONG
    at = name.start() - len(word)
    start, end = name.span("value")
    if start == name.end("rest") and word.isascii():  # "${PASSWORD}@host"
        end = start
    value = _cut(text[start:end].rstrip(_TRAILING)) if end > start else ""
    if text[end : end + 1] in _ENDS and (ending := _ENDING.search(value)):
        stem = value[: ending.start()]  # of the name of a file
        value = stem if randomness(stem) >= _GOOD else value
    if value and is_secret(value, least, is_said=True):
        gap = name["gap"].split() or [""]
        is_said = name["sign"] or gap[-1] in _LINKS or gap[-1][-1:] in _SIGNS
        is_said = is_said or _LINKED_ABROAD.intersection(name["rest"])
        if name["sign"] == ",":  # the next argument of a call, or only the next one of a list
            is_said = "(" in text[max(0, at - _BEFORE) : at]
        is_meant = _SUCH.isdisjoint(gap) and (is_said or word not in _WHOLE)
        strength = _strength(word, text, at)
        return _Found(start, value, strength, bool(is_said)) if is_meant else None
    before = _preceding(text, at) if word not in _IS_WEAK else None
    return _Found(*before, least, is_said=False) if before else None


def _cut(value: str) -> str:
    """Return a value up to what ends it in a query, a list or a connection string."""
    for sign in (";", "&", ",", "|"):
        first = value.find(sign)
        if first >= _GOOD:
            rest = value[first + 1 :]
            if "=" in rest or ":" in rest or sign == "|":
                value = value[:first]
    return value


def _preceding(text: str, at: int) -> tuple[int, str] | None:
    """Return the word before a name that may be its value, and where that is: "use X as the password"."""
    if text[at - 1 : at] != " ":
        return None
    words = text[max(0, at - _BACK) : at - 1].rsplit(" ", _FEW)[1:]
    for number, word in enumerate(reversed(words)):
        if not _are_letters(word):
            value = word.strip("\"'`*().,;:\n")
            start = text.rfind(value, 0, at)
            return (start, value) if number and len(value) >= _GOOD else None
    return None


def _strength(word: str, text: str, at: int) -> int:
    """Return how many random characters the value of a name must have; 0 for a password."""
    is_key = word == "key" and _OF_KEY.search(text[max(0, at - _BEFORE) : at])
    return 0 if word in _IS_PASSWORD else _WEAKLY if word in _IS_WEAK and not is_key else _STRONG


@lru_cache(4_096)
def is_secret(value: str, strength: int, *, is_said: bool) -> bool:
    """Return whether a value is a secret, if the words beside it call it one.

    ``strength`` is how many random characters it must have, 0 for a password, ``is_said`` whether a sign or a
    verb joins it to its name.
    """
    if len(value) < _SHORTEST or _NO_SECRET.match(value) or _REFERENCE.search(value):
        return False
    if is_placeholder(value):
        return False
    if strength == 0:
        return _is_password(value, is_said=is_said)
    if strength == _WEAKLY and (not is_said or _kinds(value) < _SEVERAL):
        return False
    if strength == _STRONG and is_said and _UUID.match(value):
        return True
    return randomness(value) >= (strength if is_said else max(strength, _LONG))


def _is_password(value: str, *, is_said: bool) -> bool:
    if not _ANY_LETTER.search(value) or not _KINDS[2].search(value):
        return False
    if _is_sequence(value) and randomness(f"{value}aeiou") == 0:
        return False
    simple = _WORD_AND_NUMBER.match(value)
    if simple and value.isascii() and value[1:].islower():
        return is_said and simple[1].lower() not in _TECHNICAL
    if _STANDARD.match(value):
        return False
    if len(value) >= _GOOD and _kinds(value) >= _SEVERAL:
        return is_said or not are_words(value) or bool(_SIGNS_OF_PASSWORDS.search(value))
    return is_said and randomness(value) >= _SHORTEST


def _is_sequence(value: str) -> bool:
    return len(set(value.lower())) <= _SEVERAL or value.lower() in {"abc123", "abcd1234", "a1b2c3"}


def _kinds(value: str) -> int:
    """Return how many kinds of characters there are: capitals, small letters, digits and signs."""
    return sum(kind.search(value) is not None for kind in _KINDS)


def _in_addresses(text: str) -> Iterator[Key]:
    for found in _ADDRESS.finditer(text):
        password = found["password"]
        if not (_is_reference(password, found["user"]) or _is_open(password, found["user"], found["host"])):
            yield key_at(text, *found.span("password"), "a password in an address")


def _is_reference(password: str, user: str) -> bool:
    """Return whether something stands for the password of an address."""
    is_named = _REFERENCE.search(password) or password[0] in "$%[{*&"
    is_capital = _CAPITALS.match(password) and _CAPITALS.match(user)
    return bool(is_named or is_capital) or set(password) <= set("xX*.") or is_placeholder(password)


def _is_open(password: str, user: str, host: str) -> bool:
    """Return whether an address is one of manuals, or of this machine, and its password the usual one."""
    is_usual = password == user or password.lower() in _OPEN_PASSWORDS or len(password) <= _USUAL
    if user.lower() in _OPEN_USERS and password.lower() in _OPEN_PASSWORDS:
        return True
    is_service = password == user and "." not in host
    return is_usual and (is_service or bool(_OPEN_HOSTS.match(host)))


def _in_headers(look: Look) -> Iterator[Key]:
    text, lowered = look.text, look.lowered
    has_bearer = bool(look.long) and ("bearer " in lowered or "basic " in lowered)
    for found in _spelt(_BEARER, "bearer", look) if has_bearer else ():
        if is_secret(found[1], _STRONG, is_said=True):
            yield key_at(text, *found.span(1), "a bearer token")
    has_basic = has_bearer or "basic " in lowered or (_is_basic_alone(look) and "bearer " in lowered)
    for found in _spelt(_BASIC, "basic", look) if has_basic else ():
        if found[1] not in DOCUMENTED and _is_basic(found[1]):
            yield key_at(text, *found.span(1), "a password in a header")


def _is_basic_alone(look: Look) -> bool:
    """Return whether a header may begin with another letter or blank than it mostly does."""
    return "basic\t" in look.lowered or not look.text.isascii()


def _spelt(pattern: re.Pattern[str], word: str, look: Look) -> Iterator[re.Match[str]]:
    """Yield what a pattern matches that begins with a word in any case."""
    if any(one in look.text for one in "\u0130\u0131\u017f") and not look.text.isascii():
        return pattern.finditer(look.text)
    return each(pattern, look.text, {look.text[at : at + len(word)] for at in _places(word, look.lowered)})


def _is_basic(encoded: str) -> bool:
    try:
        octets = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return False
    return b":" in octets and octets.isascii() and octets.decode().isprintable()


def _said(text: str, pattern: re.Pattern[str]) -> Iterator[Key]:
    for found in pattern.finditer(text):
        if is_secret(found["value"], 0, is_said=True):
            yield key_at(text, *found.span("value"), "a password")
