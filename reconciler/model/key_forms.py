"""The forms that the makers of services gave their keys."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.model import pattern as re
from reconciler.model.randomness import are_words, is_placeholder, is_random, randomness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.model.first_look import Look

_ENOUGH = 10


class Key(NamedTuple):
    """The stretch of a text that is a key, what that is called ("an OpenAI key"), and how it is read."""

    start: int
    end: int
    noun: str
    text: str


def key_at(text: str, start: int, end: int, noun: str) -> Key:
    """Return the key that a stretch of a text is."""
    return Key(start, end, noun, text[start:end])


class Form(NamedTuple):
    """A form of key: letters that can be searched for at once, the pattern and what it is called.

    A text of this form is a key if it has ``least`` random letters and digits, and is ``right``. All of it is
    in one word of ``first_look.Long``, unless it ``is_broken`` over lines.
    """

    begins: str
    pattern: re.Pattern[str]
    noun: str
    least: int = _ENOUGH
    right: Callable[[str], bool] | None = None
    is_broken: bool = False

    def keys(self, look: Look) -> Iterator[Key]:
        """Yield what has this form and is a key, and no word or placeholder."""
        for match in self._matches(look):
            is_key = is_random(match[1], self.least) and not is_placeholder(match[0])
            if is_key and (self.right is None or self.right(match[0])):
                yield key_at(look.text, *self._span(match, look), self.noun)

    def shapes(self, look: Look) -> Iterator[tuple[int, int]]:
        """Yield where a text has this form and is more than words: it may be a placeholder."""
        for match in self._matches(look):
            if not are_words(match[1]):
                yield self._span(match, look)

    def _matches(self, look: Look) -> Iterator[re.Match[str]]:
        """Yield where the form is: in long words, unless it goes over lines."""
        text = look.text if self.is_broken else look.long.text
        return self.pattern.finditer(text) if self.begins in text else iter(())

    def _span(self, match: re.Match[str], look: Look) -> tuple[int, int]:
        """Return where a key is: some forms are recognised by their ends."""
        start = min(match.start(), match.start(1))
        if self.is_broken:
            return start, match.end()
        place = look.long.place(start)
        return place, place + match.end() - start


def _has_header(token: str) -> bool:
    """Return whether a JSON Web Token begins with a JSON object."""
    head = token.partition(".")[0]
    try:
        return isinstance(json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4))), dict)
    except ValueError:
        return False


def _is_drawn(key: str) -> bool:
    """Return whether the most of a key is random, and not one number of a product among words."""
    return 2 * randomness(key) > len(key) - len("sk-")


# Each begins with letters that can be searched for at once, and only then looks at what is before them.
FORMS: Final = (
    Form("sk-ant-", re.compile(r"sk-ant-(?<![A-Za-z0-9]sk-ant-)([A-Za-z0-9_-]{20,}+)"), "an Anthropic key"),
    Form(
        "sk-",
        re.compile(r"sk-(?<![A-Za-z0-9]sk-)([A-Za-z0-9_-]{20,}+)"),
        "an OpenAI key",
        least=14,
        right=_is_drawn,
    ),
    Form(
        "k_",
        re.compile(r"k_(?<=[sr]k_)(?<![A-Za-z0-9].k_)((?:live|test|prod)_[A-Za-z0-9]{14,}+)"),
        "a Stripe key",
    ),
    Form("whsec_", re.compile(r"whsec_([A-Za-z0-9+/=]{20,}+)"), "a webhook secret"),
    Form(
        "AKIA", re.compile(r"AKIA(?<![A-Za-z0-9]AKIA)([0-9A-Z]{16})(?![A-Za-z0-9])"), "an AWS access key", 6
    ),
    Form(
        "ASIA", re.compile(r"ASIA(?<![A-Za-z0-9]ASIA)([0-9A-Z]{16})(?![A-Za-z0-9])"), "an AWS access key", 6
    ),
    Form("gh", re.compile(r"gh(?<![A-Za-z0-9]gh)[pousr]_([A-Za-z0-9]{30,}+)"), "a GitHub token"),
    Form("github_pat_", re.compile(r"github_pat_([A-Za-z0-9_]{22,}+)"), "a GitHub token"),
    Form(
        "gl",
        re.compile(r"gl(?<![A-Za-z0-9]gl)(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt|oas)-([A-Za-z0-9_-]{20,}+)"),
        "a GitLab token",
    ),
    Form("xox", re.compile(r"xox(?<![A-Za-z0-9]xox)[a-z]-([A-Za-z0-9-]{10,}+)"), "a Slack token", 8),
    Form("xapp-", re.compile(r"xapp-([A-Za-z0-9-]{20,}+)"), "a Slack token"),
    Form(
        "hooks.slack.com/",
        re.compile(r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/]{20,}+)"),
        "a Slack webhook",
        12,
    ),
    Form(
        "/api/webhooks/", re.compile(r"/api/webhooks/[0-9]{5,25}/([A-Za-z0-9_-]{20,}+)"), "a Discord webhook"
    ),
    Form(
        "webhook.office.com/",
        re.compile(r"webhook\.office\.com/([A-Za-z0-9@/_-]{40,}+)"),
        "a Teams webhook",
        20,
    ),
    Form("AIza", re.compile(r"AIza(?<![A-Za-z0-9]AIza)([A-Za-z0-9_-]{30,}+)"), "a Google API key"),
    Form("GOCSPX-", re.compile(r"GOCSPX-([A-Za-z0-9_-]{20,}+)"), "a Google client secret"),
    Form("ya29.", re.compile(r"ya29\.(?<![A-Za-z0-9]ya29\.)([A-Za-z0-9_-]{20,}+)"), "a Google token"),
    Form("1//0", re.compile(r"1//0(?<![A-Za-z0-9]1//0)([A-Za-z0-9_-]{30,}+)"), "a Google refresh token"),
    Form("hf_", re.compile(r"hf_(?<![A-Za-z0-9]hf_)([A-Za-z0-9]{30,}+)"), "a Hugging Face token"),
    Form("npm_", re.compile(r"npm_(?<![A-Za-z0-9]npm_)([A-Za-z0-9]{30,}+)"), "an npm token"),
    Form("pypi-", re.compile(r"pypi-(?<![A-Za-z0-9]pypi-)([A-Za-z0-9_-]{40,}+)"), "a PyPI token"),
    Form("rubygems_", re.compile(r"rubygems_([0-9a-f]{40,}+)"), "a RubyGems key"),
    Form(
        "SG.",
        re.compile(r"SG\.(?<![A-Za-z0-9]SG\.)([A-Za-z0-9_-]{16,80}\.[A-Za-z0-9_-]{20,}+)"),
        "a SendGrid key",
    ),
    Form("key-", re.compile(r"key-(?<![A-Za-z0-9-]key-)([0-9a-f]{32})(?![A-Za-z0-9])"), "a Mailgun key"),
    Form("-us", re.compile(r"-us(?<=([0-9a-f]{32})-us)[0-9]{1,2}(?![A-Za-z0-9])"), "a Mailchimp key"),
    Form("_v1_", re.compile(r"_v1_(?<=do[opr]_v1_)([0-9a-f]{40,}+)"), "a DigitalOcean token"),
    Form(
        "shp", re.compile(r"shp(?<![A-Za-z0-9]shp)(?:at|ca|pa|ss|ua)_([0-9A-Fa-f]{24,}+)"), "a Shopify token"
    ),
    Form("sq0", re.compile(r"sq0(?<![A-Za-z0-9]sq0)[a-z]{3}-([A-Za-z0-9_-]{20,}+)"), "a Square token"),
    Form("SK", re.compile(r"SK(?<![A-Za-z0-9]SK)([0-9a-f]{32})(?![A-Za-z0-9])"), "a Twilio key"),
    Form("gsk_", re.compile(r"gsk_(?<![A-Za-z0-9]gsk_)([A-Za-z0-9]{30,}+)"), "a Groq key"),
    Form("xai-", re.compile(r"xai-(?<![A-Za-z0-9]xai-)([A-Za-z0-9]{30,}+)"), "an xAI key"),
    Form("pplx-", re.compile(r"pplx-(?<![A-Za-z0-9]pplx-)([A-Za-z0-9]{30,}+)"), "a Perplexity key"),
    Form("nvapi-", re.compile(r"nvapi-([A-Za-z0-9_-]{30,}+)"), "an NVIDIA key"),
    Form("r8_", re.compile(r"r8_(?<![A-Za-z0-9]r8_)([A-Za-z0-9]{30,}+)"), "a Replicate token"),
    Form("tvly-", re.compile(r"tvly-([A-Za-z0-9-]{20,}+)"), "a Tavily key"),
    Form("lsv2_", re.compile(r"lsv2_[a-z]{2}_([0-9a-f_]{30,}+)"), "a LangSmith key"),
    Form("AGE-SECRET-KEY-1", re.compile(r"AGE-SECRET-KEY-1([0-9A-Z]{40,}+)"), "an age key"),
    Form("hv", re.compile(r"hv(?<![A-Za-z0-9]hv)[sbr]\.([A-Za-z0-9_-]{20,}+)"), "a Vault token"),
    Form(
        "dp.",
        re.compile(r"dp\.(?<![A-Za-z0-9]dp\.)(?:pt|st|ct|sa|scim|audit)\.([A-Za-z0-9_.-]{30,}+)"),
        "a Doppler token",
    ),
    Form("ATATT3", re.compile(r"ATATT3([A-Za-z0-9_=-]{40,}+)"), "an Atlassian token"),
    Form("lin_api_", re.compile(r"lin_api_([A-Za-z0-9]{30,}+)"), "a Linear key"),
    Form("ntn_", re.compile(r"ntn_(?<![A-Za-z0-9]ntn_)([A-Za-z0-9]{30,}+)"), "a Notion token"),
    Form("figd_", re.compile(r"figd_([A-Za-z0-9_-]{30,}+)"), "a Figma token"),
    Form("dckr_", re.compile(r"dckr_[a-z]{3}_([A-Za-z0-9_-]{20,}+)"), "a Docker token"),
    Form("sbp_", re.compile(r"sbp_(?<![A-Za-z0-9]sbp_)([0-9a-f]{32,}+)"), "a Supabase token"),
    Form("sb_secret_", re.compile(r"sb_secret_([A-Za-z0-9_-]{20,}+)"), "a Supabase key"),
    Form("glsa_", re.compile(r"glsa_([A-Za-z0-9_]{30,}+)"), "a Grafana token"),
    Form("tskey-", re.compile(r"tskey-([A-Za-z0-9-]{20,}+)"), "a Tailscale key"),
    Form("PMAK-", re.compile(r"PMAK-([0-9a-f-]{40,}+)"), "a Postman key"),
    Form("pul-", re.compile(r"pul-(?<![A-Za-z0-9]pul-)([0-9a-f]{40})"), "a Pulumi token"),
    Form("dapi", re.compile(r"dapi(?<![A-Za-z0-9]dapi)([0-9a-f]{32})"), "a Databricks token"),
    Form("NRAK-", re.compile(r"NRAK-([0-9A-Z]{24,}+)"), "a New Relic key"),
    Form("EAA", re.compile(r"EAA(?<![A-Za-z0-9+/=]EAA)([A-Za-z0-9]{60,}+)(?![+/=])"), "a Meta token", 30),
    Form("atlasv1.", re.compile(r"\.atlasv1\.([A-Za-z0-9_-]{40,}+)"), "a Terraform token"),
    Form("xprv", re.compile(r"xprv(?<![A-Za-z0-9]xprv)([A-Za-z0-9]{90,}+)"), "a wallet key"),
    Form(
        "LTAI", re.compile(r"LTAI(?<![A-Za-z0-9]LTAI)([A-Za-z0-9]{16,24})(?![A-Za-z0-9])"), "an Alibaba key"
    ),
    Form(
        "eyJ",
        re.compile(
            r"eyJ(?<![A-Za-z0-9+/_-]eyJ)([A-Za-z0-9_-]{5,4096}\.[A-Za-z0-9_-]{5,}+\.[A-Za-z0-9_-]{16,}+)"
        ),
        "a JSON Web Token",
        least=20,
        right=_has_header,
    ),
    Form(
        "eyJ",
        re.compile(
            r"eyJ(?<![A-Za-z0-9+/_-]eyJ)([A-Za-z0-9_-]{5,4096}\.[A-Za-z0-9_-]{0,}+\.[A-Za-z0-9_-]{16,}+\.[A-Za-z0-9_-]{16,}+\.[A-Za-z0-9_-]{16,}+)"
        ),
        "a JSON Web Token",
        least=20,
        right=_has_header,
    ),
    Form(
        ":AA", re.compile(r":AA(?<=[0-9]{8}:AA)([A-Za-z0-9_-]{30,36})(?![A-Za-z0-9_-])"), "a Telegram token"
    ),
    Form("IBA", re.compile(r"IBA(?<=MII[A-Za-z0-9+/]{3}IBA)([AD][A-Za-z0-9+/]{40,}+)"), "a private key", 20),
    Form(
        "Private-Lines:",
        re.compile(r"Private-Lines: [0-9]{1,4}\r?\n([A-Za-z0-9+/=]{40,}+)"),
        "a PuTTY key",
        20,
        is_broken=True,
    ),
    Form("MHcCAQEE", re.compile(r"MHcCAQEE([A-Za-z0-9+/]{40,}+)"), "a private key", 20),
    Form("MC4CAQAw", re.compile(r"MC4CAQAwBQYDK2VwBCIEI([A-Za-z0-9+/]{30,}+)"), "a private key", 20),
    Form(
        ".",
        re.compile(
            r"([MNO](?<![A-Za-z0-9_./-][MNO])[A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40})(?![A-Za-z0-9_-])"
        ),
        "a Discord token",
        20,
    ),
    Form("b3BlbnNzaC1rZXktdjE", re.compile(r"b3BlbnNzaC1rZXktdjE([A-Za-z0-9+/]{40,}+)"), "a private key"),
)
"""Every form, the longer beginning first."""

_BROKEN = tuple(form for form in FORMS if form.is_broken)


def forms(look: Look) -> Sequence[Form]:
    """Return the forms that a text may have."""
    if look.long:
        text, long = look.text, look.long.text
        return [form for form in FORMS if form.begins in (text if form.is_broken else long)]
    return _BROKEN if look.has(b"P-L:") else ()
