"""A wrong `--source` is one sentence, without what it would have shown."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from vitrine.cli.commands import cli
from vitrine.errors import ConfigurationError
from vitrine.mall.folder import load_mall
from vitrine.shipped import CONFIG
from vitrine.site.demo import mall_of_sources


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


def test_a_camera_that_somebody_tries_waits_for_no_page() -> None:
    mall = mall_of_sources(("0",))
    assert {stand.notice for stand in mall.stands} == {"sign"}
    shipped = load_mall(CONFIG)
    assert {stand.notice for stand in shipped.stands} == {"screen"}
