"""The page on clients has the blocks that the tests look for, and no other."""

from tests.interop.clients.document import DOCUMENT, blocks


def test_every_block_is_named() -> None:
    """So that a test can find each; none is left out by a typing error."""
    assert set(blocks()) == {
        *(
            "environment",
            "aws",
            "aws-version-1",
            "boto3",
            "rclone",
            "s3cmd",
            "s3fs-bucket",
        ),
        *("s3fs-mount", "s3fs", "javascript"),
    }
    assert DOCUMENT.read_text().count("```") == 2 * len(blocks())
