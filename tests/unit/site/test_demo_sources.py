"""A wrong `--source` is one sentence, without what it would have shown."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from vitrine.cli.commands import cli
from vitrine.errors import ConfigurationError


@pytest.mark.parametrize(
    "source",
    ["rtsp://u:geheim@[bad", "", "http://u:ge#heim@10.0.0.5/", "10.0.0.5/geheim"],
)
def test_an_address_that_is_none_is_refused(source: str) -> None:
    result = CliRunner().invoke(cli, ["demo", "--no-browser", "--source", source])
    assert isinstance(result.exception, ConfigurationError)
    message = str(result.exception)
    assert message.startswith("--source: the address ")
    assert "geheim" not in message
