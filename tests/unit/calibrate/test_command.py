"""`vitrine calibrate` at the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.calibrate_builders import write_site
from vitrine.calibrate.calibrate_command import calibrate
from vitrine.cli import main


def test_a_camera_that_is_not_there_is_told_with_those_that_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_site(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["calibrate", "south", "--config", str(folder)])
    assert ended.value.code == 1
    assert "no camera 'south' in cameras.yaml; there are: north-1" in (
        capsys.readouterr().err
    )


def test_the_help_says_how_to_reach_the_page_of_another_machine() -> None:
    shown = CliRunner().invoke(calibrate, ["--help"])
    assert shown.exit_code == 0
    assert "ssh -L 8010:127.0.0.1:8010 MACHINE" in shown.output
    assert "nothing is recorded" in shown.output
