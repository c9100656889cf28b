"""A project on disk, a server on loopback, and the program."""

from conftest import Ended

from reconciler.cli import main


class Site:
    """A project, its server, and the program run in this process."""

    def __init__(self, workspace, app, url, output):
        self.workspace, self.app, self.url, self.output = workspace, app, url, output

    def run(self, *arguments):
        """Run the program."""
        code = main.run([*arguments])
        printed = self.output.readouterr()
        return Ended(code, printed.out, printed.err)

    def plan(self, *arguments):
        """Plan against the server."""
        return self.run("plan", "--server", self.url, *arguments)

    def apply(self, *arguments):
        """Apply to the server; it must succeed."""
        ended = self.run("apply", "--auto-approve", "--server", self.url, *arguments)
        assert ended.code == 0, ended.out + ended.err
        return ended

    def change(self, old, new):
        """Replace something that is written in the configuration."""
        text = (self.workspace.folder / "assistants.yaml").read_text()
        assert old in text
        self.workspace.configure(text.replace(old, new))

    @property
    def bot(self):
        """The one bot that is not archived."""
        (found,) = self.app.present
        return found

    def edit(self, **values):
        """Another user edits the bot on the server."""
        self.bot.update(**values, rev=self.bot["rev"] + 1)
