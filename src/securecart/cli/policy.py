"""The commands `securecart policy …`: try policies, and understand them."""

from typing import BinaryIO

import click


@click.group()
def policy() -> None:
    """Try IAM policies without an account."""


@policy.command()
@click.argument("file", type=click.File("rb"), default="-")
def evaluate(file: BinaryIO) -> None:
    """Decide each request of FILE, one JSON object a line.

    Without FILE the lines come from standard input.
    """
    from securecart.cli.policy_evaluate import evaluate_lines

    evaluate_lines(file)


@policy.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--json", "as_json", is_flag=True, help="The same as data.")
def explain(file: BinaryIO, *, as_json: bool) -> None:
    """Say why each request of FILE is allowed or denied.

    It reads what `evaluate` reads.
    """
    from securecart.cli.policy_explain import explain_lines

    explain_lines(file, as_json=as_json)


@policy.command()
@click.argument("files", type=click.File("rb"), nargs=-1)
@click.option(
    "--kind",
    type=click.Choice(["identity", "resource", "trust", "session"]),
    help="Where the policies are attached; else told by their elements.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def lint(files: tuple[BinaryIO, ...], kind: str | None, *, as_json: bool) -> None:
    """Warn of what is legal but dangerous in the policies FILES.

    Without FILES one policy comes from standard input. Exits with 1 if there
    is a danger, with 2 if a document is malformed; notes alone are no failure.
    """
    from securecart.cli.policy_lint import lint_files
    from securecart.policy import PolicyKind

    lint_files(files, PolicyKind(kind) if kind else None, as_json=as_json)
