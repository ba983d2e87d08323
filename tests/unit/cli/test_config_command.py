"""`vitrine config` checks, describes, begins and shows the files of a site."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from vitrine.cli.commands import cli
from vitrine.cli.config import MASKED
from vitrine.cli.config_warnings import warnings_of
from vitrine.errors import ConfigurationError
from vitrine.mall.checking import checked
from vitrine.mall.folder import MallFolder, read_files
from vitrine.shipped import CONFIG

TODAY = date(2027, 6, 1)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    shutil.copytree(CONFIG, site)
    return site


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["config", *map(str, arguments)])


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_examples_are_good_and_need_no_warning(site: Path) -> None:
    result = run("check", site)
    assert result.exit_code == 0
    expected = f"{site}: good: 1 camera, 1 stand, 2 campaigns; 0 warnings\n"
    assert result.output == expected


def test_check_prints_every_mistake_and_exits_1(site: Path) -> None:
    change(site / "cameras.yaml", "fps: 10", "fsp: 10")
    change(site / "campaigns.yaml", "to: 2027-12-31", "to: 2027-02-29")
    result = run("check", site)
    assert result.exit_code == 1
    first, second, last = result.output.splitlines()
    assert "cameras.yaml:15: cameras[north-1].fsp: there is no such" in first
    assert "campaigns.yaml:10: campaigns[spring].to: there is no day" in second
    assert last == f"{site}: 2 mistakes to correct"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "campaigns.yaml",
            "share: 0.4",
            "share: 0.5",
            "add up to 1.1 (spring, coffee)",
        ),
        (
            "campaigns.yaml",
            "codes: spring",
            "codes: autumn",
            "autumn.txt cannot be used (there is no such",
        ),
        (
            "campaigns.yaml",
            "shoe-more.html",
            "shoe-mroe.html",
            "shoe-mroe.html is missing",
        ),
        ("campaigns.yaml", "shoe-more.html", "../cameras.yaml", "is none of .html"),
        (
            "campaigns.yaml",
            "shoe-more.html",
            "shoe.html",
            "the creative spring/shoe too",
        ),
        (
            "campaigns.yaml",
            "to: 2027-12-31",
            "to: 2027-05-31",
            "the campaign has ended",
        ),
        ("campaigns.yaml", "advertiser: acme", "advertiser: acne", "has no entry"),
        (
            "stands.yaml",
            "  - id: north",
            "  - id: south\n  - id: north",
            "no camera watches",
        ),
        (
            "cameras.yaml",
            '"synthetic:?people=4&seed=1"',
            "shop.mp4",
            "no such file or folder",
        ),
        (
            "cameras.yaml",
            "cameras:\n",
            "cameras:\n  - {id: north-2, stand: north, uri: stands.yaml}\n",
            "all its figures will be synthetic",
        ),
        (
            "campaigns.yaml",
            "when: {engagement: 60",
            "when: {tags: [runner], engagement: 60",
            "recognises nobody",
        ),
        ("codes/spring.txt", "", "A\nA\n", "doubled lines (1)"),
        ("codes/spring.txt", "", "A" * 101 + "\n", "such as 1"),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(
    site: Path, file: str, old: str, new: str, expected: str
) -> None:
    change(site / file, old, new)
    found = checked(site, read_files(site))
    (warning,) = warnings_of(found, TODAY)
    assert expected in str(warning)
    assert warning.line > 1


def test_a_campaign_after_another_may_use_its_file_and_share(site: Path) -> None:
    campaigns = site / "campaigns.yaml"
    change(campaigns, "to: 2027-12-31", "to: 2027-06-30")
    text = campaigns.read_text()
    head, mark, rest = text.partition("  - id: coffee")
    second = rest.replace("from: 2026-01-01", "from: 2027-07-01")
    second = second.replace("share: 0.4", "share: 0.9").replace(
        "espresso.html", "shoe.html"
    )
    campaigns.write_text(head + mark + second)
    assert warnings_of(checked(site, read_files(site)), TODAY) == []


def test_init_writes_a_site_that_is_good(tmp_path: Path) -> None:
    new = tmp_path / "a" / "site"
    assert run("init", new).exit_code == 0
    assert run("check", new).exit_code == 0
    assert (new / "vitrine.schema.json").is_file()


def test_init_overwrites_nothing(site: Path) -> None:
    result = run("init", site)
    assert isinstance(result.exception, ConfigurationError)
    assert "nothing is overwritten" in str(result.exception)


def test_schema_is_what_ships() -> None:
    shipped = json.loads((CONFIG / "vitrine.schema.json").read_text())
    assert json.loads(run("schema").output) == shipped


def test_show_masks_secrets(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_REDIS_URL", "redis://:geheim@localhost:6379/0")
    monkeypatch.setenv("VITRINE_STAND_TILL_TOKEN", "geheim-0123456789")
    uri = "rtsp://admin:geheim@10.0.0.5/ch?password=geheim"
    change(site / "cameras.yaml", "synthetic:?people=4&seed=1", uri)
    output = run("show", site).output
    assert "geheim" not in output
    shown = yaml.safe_load(output)
    assert shown["cameras"][0]["uri"] == "rtsp://10.0.0.5"
    assert shown["settings"]["VITRINE_STAND_TILL_TOKEN"] == MASKED


def test_show_prints_the_last_good_configuration_while_files_are_refused(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_STATE", str(tmp_path / "state"))
    MallFolder(site, tmp_path / "state").current()
    change(site / "cameras.yaml", "fps: 10", "fps: 0")
    output = run("show", site).output
    assert "# not in force: " in output
    assert yaml.safe_load(output)["cameras"][0]["fps"] == 10


def test_a_live_camera_without_anybody_responsible_is_told(site: Path) -> None:
    change(site / "cameras.yaml", '"synthetic:?people=4&seed=1"', '"rtsp://10.0.0.5/1"')
    result = run("check", site)
    assert "no `responsible:` says who answers for that" in result.output
    change(
        site / "stands.yaml",
        "recognition: none",
        "responsible: Mall\n    recognition: none",
    )
    assert "responsible" not in run("check", site).output


def test_learning_with_nothing_to_choose_is_told(site: Path) -> None:
    for share in ("0.6", "0.4"):
        change(
            site / "campaigns.yaml",
            f"share: {share}",
            f"choose: learn\n    share: {share}",
        )
    output = run("check", site).output
    # Of the two campaigns, one has two creatives without `when`.
    assert output.count("there is nothing to choose") == 1
    assert "campaigns[spring].choose" in output
