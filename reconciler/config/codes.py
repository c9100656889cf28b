"""Every rule of the configuration by its code: what it says, why, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.diagnostic import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

_RULES = (
    # 1xx: the text
    Rule(
        "AS101",
        "not valid YAML or JSON",
        "The file cannot be read as YAML 1.2. The place is where the reader lost the thread; the "
        "mistake is often a line earlier: a quote that is not closed, a tab that indents, a list entry "
        "or a key that is indented unlike its neighbours, a text that holds `: ` without quotes.",
    ),
    Rule(
        "AS102",
        "a character that cannot be seen",
        "Control characters, a lone carriage return and the line separators U+0085, U+2028 and U+2029 "
        "are refused in YAML. Readers of YAML disagree on whether they end a line, so a reviewer could "
        "see one thing and the program another. End lines with a newline.",
    ),
    Rule(
        "AS103",
        "beyond the language: tags, anchors, aliases, merge keys",
        "The configuration is YAML's data and nothing more. Anchors and aliases let a small file grow "
        "without bound and hide what a line means; tags ask a program to build things. Write values "
        "out; what many assistants share belongs under `defaults:`, in a prompt file or in a tool file.",
    ),
    Rule(
        "AS104",
        "more than one document",
        "A file holds one YAML document. Move what follows `---` to a file of its own and name both with -f.",
    ),
    Rule(
        "AS105",
        "a key written twice",
        "YAML forbids it, and readers that allow it silently keep one of the two. Keep one.",
    ),
    Rule(
        "AS106",
        "a key that is no plain text",
        "Keys are strings of one line, whose blanks are spaces. A key such as `1:` or `true:` is a number or "
        "a boolean: quote it.",
    ),
    Rule(
        "AS107",
        "larger than the bounds",
        "A file may have 16 MiB, 20,000 entries in one mapping or list, 32 levels and a million characters "
        "in one text. It may have 100,000 values, and one more for each 8 bytes, up to a million. A prompt "
        "may have a million characters once it is put together. The values of all assistants may have 64 "
        "million, and ten for each that is read. A folder may hold 5,000 YAML and Markdown files, in 64 "
        "levels. The bounds are checked while reading, so that no file can take the machine with it. "
        "Split the file, move prompts into files of their own, or name a smaller folder.",
    ),
    Rule(
        "AS108",
        "an empty file",
        "There is nothing in the file; say what belongs in it, or remove it.",
    ),
    # 2xx: the shape
    Rule(
        "AS201",
        "an unknown field",
        "An unknown field is usually a spelling mistake or an unsupported option, so it is "
        "refused. `assistants-sync schema` prints all that may be written, for editors to complete.",
    ),
    Rule(
        "AS202",
        "a value of another kind",
        "Values are not converted: a text is a text and a number a number, as YAML 1.2 says. `no`, `on` "
        "and dates are texts; `true`, `null` and `12` are not, unless they are quoted.",
    ),
    Rule(
        "AS203",
        "a field is missing",
        "The thing means nothing without this field. Write it.",
    ),
    Rule(
        "AS204",
        "a Markdown assistant that is none",
        "A Markdown assistant begins with front matter, the assistant's fields in YAML between two "
        "lines of ---, and the text below is its prompt. Its name is the file's. Files without front "
        "matter are prompts; name them with `{file: ...}`. A dialect without prompts has no such files.",
    ),
    Rule(
        "AS205",
        "a Markdown file that may be an assistant",
        "In a folder, Markdown is an assistant if its front matter has a field that decides how an assistant "
        "behaves, such as a model. One that has only fields that a document has too, such as a name, is "
        "left alone. One that is read as an assistant and is wrong may be a document. If it is an assistant, "
        "name its model; if it is a document, begin its name with `_`, or move it.",
    ),
    # 3xx: files
    Rule(
        "AS301",
        "a file cannot be read",
        "There is no such file, or this user may not read it. Paths are relative to the file that names "
        "them.",
    ),
    Rule(
        "AS302",
        "a path that leads elsewhere",
        "Paths are relative, use forward slashes and stay beneath the root (-C, by default the working "
        "folder). A configuration from a pull request must not be able to send any other file of the "
        "machine.",
    ),
    Rule(
        "AS303",
        "not a regular file",
        "Links, folders, pipes and devices are refused at every step of a path: what is behind them is "
        "not what a reviewer saw. Name the file itself. A link is followed if -f names "
        "it, or the folder in which it stays; in CI only with --allow-untracked. A directory that is mounted "
        "below the root is read as any other, except a file system of the kernel, such as /proc.",
    ),
    Rule(
        "AS304",
        "not UTF-8",
        "Prompts, tools and configurations are UTF-8 text. Save the file as UTF-8.",
    ),
    Rule(
        "AS305",
        "a file is too large",
        "Configurations, prompts and tools may have 16 MiB. The size of an upload is limited by the API.",
    ),
    Rule(
        "AS306",
        "a file that git does not have",
        "Where the variable CI is set and the server is not the embedded one, a file is read and sent "
        "only when its bytes are those that git's index has: what an ignored file holds, or an earlier step "
        "of the job has left, no reviewer saw. The configuration itself is held to this, too. Line ends "
        "that a checkout changed are changed back, and a file of Git LFS is held to its pointer. Files "
        "that another filter changes, such as git-crypt, cannot be compared. Without .git, or where git "
        "gives no answer, nothing can be proved. Commit the file, or say --allow-untracked. On a person's "
        "machine an untracked file is a warning. What lies in .git is never sent.",
    ),
    Rule(
        "AS307",
        "a file name that does not travel",
        "Double quotes, control characters and bytes that are not UTF-8 in a file's name do not reach the "
        "server as they are, so the upload would never be recognised. Rename the file. Every other "
        "character travels: names are sent and compared code point by code point, and never normalised. "
        "Characters that cannot be seen are judged as in any text (AS501).",
    ),
    Rule(
        "AS308",
        "a file changed meanwhile",
        "What was hashed is what is sent. Run the command again.",
    ),
    Rule(
        "AS309",
        "a folder without configuration",
        "A folder stands for every .yaml and .yml file and every Markdown assistant in it; this one has "
        "none.",
    ),
    Rule(
        "AS310",
        "a placeholder instead of the content",
        "The file only stands for its content: a pointer of Git LFS, git-annex, git-xet or DVC, the text of "
        "a symbolic link, or a file that git-crypt, age, ansible-vault, SOPS, transcrypt, strongbox or PGP "
        "has encrypted. An assistant would get it in place of the content, so it is refused, "
        "everywhere and also with --allow-untracked. Get the content as the help says.",
        guesses=True,
    ),
    Rule(
        "AS311",
        "line ends of a checkout",
        "Git has the file with LF, and the checkout made CR LF of it. What git has is used and sent, so that "
        "every checkout of a commit gives the same plan. If .gitattributes says `eol=crlf`, there is no "
        "warning. To have LF here too, set core.autocrlf to `input` or write `* text eol=lf` in "
        ".gitattributes, and check the files out again.",
    ),
    # 4xx: the meaning
    Rule(
        "AS401",
        "whose configuration it is",
        "`project` names the owner of everything declared, and becomes part of every ownership mark. "
        "All files of one run say the same, in lower-case letters, digits and - _ . with at most 64 "
        "characters.",
    ),
    Rule(
        "AS402",
        "declared twice",
        "An address stands for one assistant. Rename one of them, or remove it.",
    ),
    Rule(
        "AS403",
        "a key that cannot be an address",
        "The key of an assistant becomes its address, `assistant.KEY`: lower-case letters, digits and - "
        "_ . with at most 100 characters, beginning with a letter or digit. The display name is "
        "`name:`.",
    ),
    Rule(
        "AS404",
        "a required field has no value",
        "Every assistant needs a value for each field that the API requires, such as a model: its own, or "
        "one under `defaults:`.",
    ),
    Rule(
        "AS405",
        "where the state is kept",
        "`state` names a directory beneath the root, relative to the file that names it, or an address: "
        "postgresql://HOST/DATABASE, which may name a user, a port and ?sslmode=MODE, or s3://BUCKET/PREFIX. "
        "Anything else in an address is refused, since it could mean another host. Files that name a "
        "state agree. A password or a key never stands there, since everybody who reads the repository would "
        "have it: it comes from the environment. If you have committed one, rotate it. A command uses an "
        "address only if the operator allowed it with --allow-state.",
    ),
    Rule(
        "AS406",
        "which dialect it is",
        "`dialect` names the API whose assistants are declared, and so which fields, items and limits there "
        "are. All files of one run agree, and --dialect agrees with them; a file that names none follows "
        "the others.",
    ),
    Rule(
        "AS411",
        "longer than the server takes",
        "The API limits the characters of a value, and they are counted before anything is sent.",
    ),
    Rule(
        "AS412",
        "more than the server takes",
        "The API limits how many items, files and pairs an assistant may have. One pair of metadata "
        "is the ownership mark.",
    ),
    Rule(
        "AS413",
        "listed twice",
        "The same item, such as a tool, or the same file cannot be given twice to one assistant. Keep one. "
        "Two files of the same name and content are one upload, so they are attached once: a warning names "
        "both.",
        guesses=True,
    ),
    Rule(
        "AS414",
        "a name that the server refuses",
        "The API accepts only some characters in the names of items, such as functions.",
    ),
    Rule(
        "AS415",
        "a reserved metadata key",
        "`assistants_sync` is the key of the ownership mark: it says who owns the assistant, and under which "
        "address.",
    ),
    Rule(
        "AS416",
        "a file that cannot be searched",
        "A tool that searches files reads some types only, and the server refuses to attach others to an "
        "assistant that has it.",
        guesses=True,
    ),
    Rule(
        "AS417",
        "parameters that are no JSON Schema",
        "A function's parameters are a JSON Schema of an object; the model is shown it, and some "
        "servers refuse anything else. The place is where the schema is wrong.",
    ),
    Rule(
        "AS418",
        "outside the range of a number",
        "The API takes numbers between two bounds, which both belong to the range.",
    ),
    Rule(
        "AS421",
        "a variable that stands for nothing",
        "`${var.name}` in a template needs `vars: {name: ...}` in a configuration file, a value in the "
        "chosen environment, or --var name=value, for which it must be declared (with null when it has "
        "no value of its own). Write $${var. for the letters themselves.",
    ),
    Rule(
        "AS422",
        "a variable that nobody uses",
        "A variable that no template uses is a spelling mistake or a leftover. Only prompts with "
        "`template: true` are templates.",
        guesses=True,
    ),
    Rule(
        "AS423",
        "an environment that cannot be",
        "An environment is described once, in an `environments:` block or in a file "
        "environments/NAME.yaml beside the configuration; --env chooses one of them.",
    ),
    Rule(
        "AS424",
        "a patch of nothing",
        "Patches are keyed by the address of a declared assistant, such as assistant.support.",
    ),
    Rule(
        "AS425",
        "a move or a removal that cannot be",
        "`moved:` leads from an address that is declared no longer to one that is; `removed:` names "
        "addresses that are declared no longer, to forget without deleting. Each address stands there "
        "once.",
    ),
    Rule(
        "AS426",
        "an invalid exception",
        "`lint: {allow: [{code: AS505, in: assistant.support, reason: ...}]}` allows what one rule finds in "
        "one place. Only rules that guess can be overridden: AS310, AS413, AS416, AS422 and those from AS501 "
        "to AS512. `in` is the address of an assistant, which means all of its texts and files, or the path "
        "of a file as messages print it. The reason is one line for reviewers; every plan lists it.",
    ),
    # 5xx: prompts
    Rule(
        "AS427",
        "an invalid import",
        "`import:` names what exists on the server by its id, and the declared address that takes it: "
        "`{id: asst_abc123, to: assistant.support}`. An assistant with the ownership mark of another project "
        "also needs `from: PROJECT/ENVIRONMENT`, or `PROJECT/-`. Each id and each address is there once.",
    ),
    Rule(
        "AS501",
        "a character that cannot be seen",
        "A reviewer sees nothing, and the model reads it: instructions can hide in zero-width, "
        "bidirectional, tag and private characters. Where a script or an emoji needs one it is allowed "
        "by itself; anything else is removed, or allowed by `lint: {allow_characters: [U+200B]}`, which "
        "a reviewer sees.",
        guesses=True,
    ),
    Rule(
        "AS503",
        "something left to be written",
        "TODO, FIXME, [INSERT ...] and the like, and ${var.name} in a prompt that is no template, reach "
        "the model as they stand. `{{ }}` and other braces are left alone: many prompts are filled in "
        "at run time.",
        guesses=True,
    ),
    Rule(
        "AS504",
        "line ends that surprise",
        "Every letter is sent, so CR LF, a carriage return alone, more than one empty line at the end of a "
        "prompt, and a line break in a short text such as a name are sent too.",
        guesses=True,
    ),
    Rule(
        "AS505",
        "something that looks like a key",
        "Anyone who chats with an assistant can read its prompt, everyone with access to the API sees the "
        "other fields, and git keeps what was committed. A key or a password is recognised by its form, by "
        "how random it is, and by the words beside it, also where it is split, encoded or joined from "
        "variables. Of attached files of text the beginning is looked at. Words, identifiers, digests and "
        "placeholders pass. Remove the key and revoke it.",
        guesses=True,
    ),
    Rule(
        "AS506",
        "an empty prompt",
        "A prompt of nothing is sent as nothing. A value of `null` clears it and says so.",
        guesses=True,
    ),
    Rule(
        "AS507",
        "a tool that the prompt names and the assistant lacks",
        "The prompt asks the model to use a tool that other assistants of this configuration have and "
        "this one has not.",
        guesses=True,
    ),
    Rule(
        "AS508",
        "a model with an announced end",
        "The model's maker has announced its last day. Name its successor in time; the message has it where "
        "it is known.",
        guesses=True,
    ),
    Rule(
        "AS509",
        "conflict markers",
        "A merge stopped at lines that both sides changed, and left both between `<<<<<<<` and `>>>>>>>`. "
        "Decide for one side, and remove the markers.",
        guesses=True,
    ),
    Rule(
        "AS510",
        "words that YAML drops or changes",
        "In YAML a `#` after a space begins a comment, also behind a text without quotes, and so does a `#` "
        "below a block that is indented less than the block. Between braces a comma ends a text. A list in a "
        "text that is folded becomes one line, and a backslash between double quotes begins another "
        "character. Then other words are sent than were written. Quote the text, or write it as a block "
        "(`|`). A comment that is meant is set off by two spaces, or has a line of its own.",
        guesses=True,
    ),
    Rule(
        "AS511",
        "names that look alike",
        "Two assistants have the same display name, or names that differ only in letters, digits and spaces "
        "that look alike, such as a Latin and a Cyrillic a. A person who chooses by the name cannot tell "
        "them apart.",
        guesses=True,
    ),
    Rule(
        "AS512",
        "a heap of combining marks",
        "No script needs more than four combining marks on one letter. More of them are drawn over the "
        "lines around the name, and can cover what stands there.",
        guesses=True,
    ),
    Rule(
        "AS513",
        "an exception that allows nothing",
        "An entry of `lint: allow:` is not needed: the rule finds nothing in that place, or not any more. "
        "Remove it, so that a later finding there is not allowed by mistake. Where environments are "
        "described there is no such warning, since another environment may need the entry.",
    ),
)

RULES: Final[Mapping[str, Rule]] = {rule.code: rule for rule in _RULES}
"""Every rule by its code, in the order of the codes."""
