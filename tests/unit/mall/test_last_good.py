"""The last good configuration outlives a restart."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from vitrine.errors import ConfigurationError
from vitrine.mall import checking
from vitrine.mall import folder as mall_folder
from vitrine.mall.folder import MallFolder
from vitrine.mall.last_good import LastGood

EXAMPLES = Path(__file__).parents[3] / "config"
TEXTS = {"cameras": "cameras:", "stands": "stands:", "campaigns": "campaigns:"}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the examples; a change there is seen at once."""
    monkeypatch.setattr(mall_folder, "CHECK_EVERY_S", 0.0)
    site = tmp_path / "site"
    site.mkdir()
    for name in checking.FILES:
        shutil.copy(EXAMPLES / f"{name}.yaml", site)
    return site


def break_stands(site: Path) -> None:
    (site / "stands.yaml").write_text("stands: [{id: north, time_zone: Mars}]\n")


def refused() -> float | None:
    return REGISTRY.get_sample_value("vitrine_config_refused")


def test_a_restart_with_a_bad_file_uses_the_last_good_configuration(
    site: Path, tmp_path: Path
) -> None:
    before = MallFolder(site, tmp_path / "state").current()
    break_stands(site)
    restarted = MallFolder(site, tmp_path / "state")
    assert restarted.current() == before
    assert refused() == 1
    (problem,) = restarted.problems()
    assert "stands.yaml:1: stands[north].time_zone: found 'Mars'" in problem


def test_it_ends_when_the_file_is_right(site: Path, tmp_path: Path) -> None:
    good = (site / "stands.yaml").read_text()
    source = MallFolder(site, tmp_path / "state")
    source.current()
    break_stands(site)
    source.current()
    assert refused() == 1
    (site / "stands.yaml").write_text(good)
    source.current()
    assert refused() == 0
    assert source.problems() == ()


def test_without_a_last_good_configuration_the_start_is_refused(
    site: Path, tmp_path: Path
) -> None:
    break_stands(site)
    with pytest.raises(ConfigurationError, match="time_zone"):
        MallFolder(site, tmp_path / "state").current()


def test_a_bad_file_is_never_kept(site: Path, tmp_path: Path) -> None:
    source = MallFolder(site, tmp_path / "state")
    good = source.current()
    break_stands(site)
    source.current()
    assert MallFolder(site, tmp_path / "state").current() == good


def test_another_folder_has_its_own(site: Path, tmp_path: Path) -> None:
    MallFolder(site, tmp_path / "state").current()
    other = tmp_path / "other"
    shutil.copytree(site, other)
    break_stands(other)
    with pytest.raises(ConfigurationError):
        MallFolder(other, tmp_path / "state").current()


def test_only_the_owner_can_read_what_is_kept(tmp_path: Path) -> None:
    state = tmp_path / "a" / "state"
    LastGood(state, tmp_path).keep(TEXTS)
    (kept,) = state.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert state.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damaged", ["", "[]", '{"cameras": 1}', "\x00", "{"])
def test_a_damaged_file_counts_as_none(tmp_path: Path, damaged: str) -> None:
    last_good = LastGood(tmp_path, tmp_path)
    last_good.keep(TEXTS)
    (kept,) = tmp_path.iterdir()
    kept.write_text(damaged)
    assert last_good.texts() is None


def test_a_state_folder_that_cannot_be_written_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    last_good = LastGood(blocked / "state", tmp_path)
    with caplog.at_level(logging.WARNING):
        last_good.keep(TEXTS)
        last_good.keep(TEXTS)
    assert len(caplog.records) == 1
    assert "VITRINE_STATE" in caplog.text
