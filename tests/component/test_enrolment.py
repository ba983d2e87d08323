"""`vitrine customers` on a real server, with the real models on real faces."""

from __future__ import annotations

import json
import os
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.store_users import as_user
from vitrine.customers.consents import Purpose, granted
from vitrine.errors import Invalid
from vitrine.people.audit import AuditLog
from vitrine.sealing import Sealer
from vitrine.services.customers.customers_command import customers
from vitrine.services.customers.enrolling import read_picture
from vitrine.services.customers.sweeping import LEFT
from vitrine.stores.customers import CustomerStore
from vitrine.stores.data_folder import DataFolder
from vitrine.stores.data_keys import KeyStore
from vitrine.stores.receipts import new_key
from vitrine.stores.redis import connect
from vitrine.vision.crop import Image
from vitrine.vision.models import PUBLIC_EMBEDDING_FILE, YUNET_FILE

TODAY = datetime.now(UTC).date()
EMPTY = np.full((200, 200, 3), 120, np.uint8)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, redis_url: str) -> Run:
    key_file = tmp_path / "keys"
    key_file.write_text(f"k1 {b64encode(bytes(32)).decode()}\n")
    key_file.chmod(0o600)
    monkeypatch.setenv("VITRINE_REDIS_URL", redis_url.replace("db=0", "db=7"))
    monkeypatch.setenv("VITRINE_KEYS_URL", redis_url.replace("db=0", "db=7"))
    monkeypatch.setenv("VITRINE_KEY_FILE", str(key_file))
    monkeypatch.setenv("VITRINE_AUDIT_FILE", str(tmp_path / "audit.jsonl"))
    return Run()


class Run:
    """Calls the command."""

    def __call__(self, *arguments: object) -> Result:
        return CliRunner().invoke(customers, [str(argument) for argument in arguments])


@contextmanager
def opened(redis_url: str, folder: Path) -> Iterator[CustomerStore]:
    """The store that the command opens."""
    with connect(redis_url.replace("db=0", "db=7")) as redis:
        yield CustomerStore(redis, Sealer.load(folder / "keys"), KeyStore(redis))


def stored(redis_url: str, folder: Path, name: str, *purposes: Purpose) -> str:
    """The id of a customer whom another system has put into the store."""
    with opened(redis_url, folder) as store:
        now_ns = time.time_ns()
        agreed = purposes or ("recognise",)
        consents = granted(agreed, at_ns=now_ns, days=1, text_version="1")
        return store.enrol(name, [np.ones(2, np.float32)], "m", consents, now_ns)


def told(redis_url: str, folder: Path) -> list[tuple[str | None, tuple[str, ...], str]]:
    """Name, tags and level of all customers."""
    with opened(redis_url, folder) as store:
        return [(each.name, each.tags, each.level) for each in store.customers()]


def test_without_a_key_it_says_how_to_make_one(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VITRINE_KEY_FILE")
    result = run("enrol", "Ada", "ada.jpg")
    assert "openssl rand -base64 32" in str(result.exception)


def test_without_a_key_store_it_says_what_to_set(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VITRINE_KEYS_URL")
    for command in (["enrol", "Ada", "ada.jpg"], ["list"], ["erase", "ada"]):
        assert "set VITRINE_KEYS_URL" in str(run(*command).exception)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "not a picture"),
        (b"GIF89a", "not a picture"),
        (b"GIF89a\xff\xff\xff\xff" + bytes(50), "too large"),
        (b"II*\0\x08\0\0\0" + bytes(50), "not a picture"),
        (b"\0\0\0\x18ftypheic" + bytes(50), "HEIC picture, which cannot be read"),
        (None, "No such file"),
    ],
)
def test_a_file_that_is_no_picture_is_refused(
    tmp_path: Path, content: bytes | None, expected: str
) -> None:
    path = tmp_path / "picture.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Invalid, match=expected):
        read_picture(path)


def test_what_might_never_end_is_no_picture(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), tmp_path):
        with pytest.raises(Invalid, match="a folder, a pipe or a device"):
            read_picture(path)


def test_a_path_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="null byte"):
        read_picture(tmp_path / "a\0b.jpg")


def test_nobody_is_enrolled_without_the_version_of_a_text(run: Run) -> None:
    refused = run("enrol", "Ada", "ada.jpg", "--text", " ")
    assert "no version of the text" in str(refused.exception)


@pytest.mark.parametrize("lost", ["unset", "missing", "of others", "damaged"])
def test_without_the_key_customers_are_listed_and_erased(
    run: Run,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lost: str,
) -> None:
    ada = stored(redis_url, tmp_path, "Ada")
    match lost:
        case "unset":
            monkeypatch.delenv("VITRINE_KEY_FILE")
        case "missing":
            (tmp_path / "keys").unlink()
        case "of others":
            (tmp_path / "keys").chmod(0o644)
        case "damaged":
            (tmp_path / "keys").write_text("k1 ???")
    listed = run("list").output
    assert ada in listed
    assert "Ada" not in listed
    done = run("erase", ada)
    assert done.exit_code == 0, done.output
    assert "not signed: set VITRINE_RECEIPT_KEY_FILE" in done.output
    assert ada not in run("list").output


def test_a_receipt_is_verified_with_the_public_key_alone(
    run: Run, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file = tmp_path / "receipt-key.pem"
    key_file.write_text(new_key())
    key_file.chmod(0o600)
    monkeypatch.setenv("VITRINE_RECEIPT_KEY_FILE", str(key_file))
    ada = stored(redis_url, tmp_path, "Ada")
    receipt = tmp_path / "receipt.json"
    # Some editors begin a file with a mark of their own.
    receipt.write_text(run("erase", ada).output, encoding="utf-8-sig")
    assert f"The site erased {ada} on" in run("verify-receipt", receipt).output
    public = run("receipt-key").output.strip()
    monkeypatch.delenv("VITRINE_RECEIPT_KEY_FILE")
    unset = run("verify-receipt", receipt)
    assert "set VITRINE_RECEIPT_KEY_FILE" in str(unset.exception)
    verified = run("verify-receipt", receipt, "--public-key", public)
    assert verified.exit_code == 0, verified.output
    altered = receipt.read_text(encoding="utf-8-sig").replace(ada, "bob")
    receipt.write_text(altered)
    refused = run("verify-receipt", receipt, "--public-key", public)
    assert "does not hold: altered" in str(refused.exception)


def test_a_key_is_rotated_and_the_old_one_retires(
    run: Run, redis_url: str, tmp_path: Path
) -> None:
    stored(redis_url, tmp_path, "Ada")
    key_file = tmp_path / "keys"
    old = key_file.read_text()
    new = f"k2 {b64encode(bytes(range(32))).decode()}\n"
    key_file.write_text(old + new)
    done = run("rotate-key")
    assert "the data keys of 1 of 1 customers were sealed anew, with k2" in done.output
    assert "No customer needs k1 any more" in done.output
    key_file.write_text(new)
    assert "Ada" in run("list").output
    key_file.write_text(old)
    assert "Ada" not in run("list").output
    left = run("rotate-key")
    assert "1 were left: no key in the file opens them" in str(left.exception)


def test_without_another_log_what_was_done_is_noted_in_the_folder_of_the_site(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VITRINE_AUDIT_FILE")
    folder = DataFolder(tmp_path / "data")
    with folder.locked():
        pass
    assert run("--data", folder.path, "list").exit_code == 0
    (entry,) = AuditLog(folder.audit_file(), "").newest()
    assert entry.what == "listed the customers"


@pytest.mark.parametrize("source", ["audit.jsonl", "receipts"])
def test_who_comes_back_with_an_old_key_store_is_erased_again(
    run: Run, redis_url: str, tmp_path: Path, source: str
) -> None:
    ada = stored(redis_url, tmp_path, "Ada")
    bob = stored(redis_url, tmp_path, "Bob")
    eve = stored(redis_url, tmp_path, "Eve")
    with connect(redis_url.replace("db=0", "db=7")) as redis:
        backup = {key: redis.dump(key) or b"" for key in redis.scan_iter()}
        receipts = run("erase", ada).stdout + run("erase", bob).stdout
        (tmp_path / "receipts").write_text(receipts)
        redis.flushdb()
        for key, content in backup.items():
            redis.restore(key, 0, content)
    assert "Ada" in run("list").output
    done = run("erase-again", tmp_path / source)
    assert "2 of 2 customers were there again" in done.output
    listed = json.loads(run("list", "--json").stdout)
    assert [each["id"] for each in listed] == [eve]
    again = run("erase-again", tmp_path / source)
    assert "0 of 2 customers were there again" in again.output


def test_who_left_by_phone_is_among_those_who_are_erased_again(
    run: Run, redis_url: str, tmp_path: Path
) -> None:
    ada = stored(redis_url, tmp_path, "Ada")
    path = tmp_path / "audit.jsonl"
    AuditLog(path, "customers").note(LEFT, None, name="phone", place=ada)
    done = run("erase-again", path)
    assert "1 of 1 customers were there again" in done.output
    assert json.loads(run("list", "--json").stdout) == []


def test_erasing_again_says_when_it_may_not(
    run: Run, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = stored(redis_url, tmp_path, "Ada")
    path = tmp_path / "audit.jsonl"
    AuditLog(path, "customers").note(LEFT, None, name="phone", place=ada)
    as_stand = as_user(redis_url.replace("db=0", "db=7"), "stand")
    monkeypatch.setenv("VITRINE_REDIS_URL", as_stand)
    assert "does not let the user 'stand'" in str(run("erase-again", path).exception)


@pytest.mark.parametrize("text", ["[]", "{", "{}", '{"name": "Ada"}', "\udcff"])
def test_erasures_are_read_from_receipts_or_an_audit_log_only(
    run: Run, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "erasures"
    path.write_text(text, errors="surrogateescape")
    assert str(path) in str(run("erase-again", path).exception)


def test_what_has_expired_is_swept_away(
    run: Run, redis_url: str, tmp_path: Path
) -> None:
    ada = stored(redis_url, tmp_path, "Ada")
    with connect(redis_url.replace("db=0", "db=7")) as redis:
        redis.delete(f"customer:{ada}")
    assert "1 customers whose consent has expired, 0 without" in run("sweep").output
    stored(redis_url, tmp_path, "Bob")
    assert "1 customers erased" in run("sweep", "--begin-anew").output
    assert json.loads(run("list", "--json").stdout) == []


def test_tags_level_and_name_are_changed_later(
    run: Run, redis_url: str, tmp_path: Path
) -> None:
    ada = stored(redis_url, tmp_path, "Ada", "recognise", "profile")
    changed = run(
        "change", ada, "--tag", "runner", "--tag", "runner", "--level", "gold"
    )
    assert changed.exit_code == 0, changed.output
    assert told(redis_url, tmp_path) == [("Ada", ("runner",), "gold")]
    run("change", ada, "--name", "Ada B")
    run("change", ada, "--tag", "", "--level", "")
    assert told(redis_url, tmp_path) == [("Ada B", (), "")]
    noted = next(iter(AuditLog(tmp_path / "audit.jsonl", "").newest()))
    assert (noted.what, noted.place) == ("changed a customer", ada)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ([], "nothing to change"),
        (["--level", "gold"], "grant the purpose `profile`"),
        (["--name", "\x1b[2J"], "characters"),
    ],
)
def test_a_change_that_cannot_be_made_says_why(
    run: Run, redis_url: str, tmp_path: Path, change: list[str], says: str
) -> None:
    ada = stored(redis_url, tmp_path, "Ada")
    assert says in str(run("change", ada, *change).exception)
    assert told(redis_url, tmp_path) == [("Ada", (), "")]


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "\udcff\udc89PNG"])
def test_what_is_no_receipt_is_said_to_be_none(
    run: Run, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "receipt.json"
    path.write_text(text, errors="surrogateescape")
    refused = run("verify-receipt", path, "--public-key", "A" * 43 + "=")
    assert "this is no receipt" in str(refused.exception)


GOOD = "Ada,ada.jpg,recognise,v2"


@pytest.mark.parametrize(
    ("header", "row", "says"),
    [
        ("name,pictures,purposes", GOOD, "expected name, pictures, purposes, text"),
        (
            "name,pictures,purposes,text,age",
            GOOD,
            "as you like days, consented, tags, level",
        ),
        ("name,name,pictures,purposes,text", GOOD, "has the columns"),
        ("", "", "has the columns of nothing"),
        ('name,"pictures', "", "members.csv:1: unexpected end of data"),
        ("name,pictures,purposes,text", 'Ada,"ada', "unexpected end of data"),
        ("\udcff\udcfen", "", "save it as `CSV UTF-8`"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_whole(
    run: Run, tmp_path: Path, header: str, row: str, says: str
) -> None:
    table = tmp_path / "members.csv"
    table.write_text(f"{header}\n{row}", errors="surrogateescape")
    assert says in str(run("import", table).exception)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("Ada,ada.jpg,,v2", "found the purposes ''"),
        ("Ada,ada.jpg,everything,v2", "found the purposes 'everything'"),
        ("Ada,ada.jpg,recognise,", "no version of the text"),
        ("Ada,ada.jpg", "found the purposes ''"),
        ("Ada,ada.jpg,recognise,v2,0", "found '0' days"),
        ("Ada,ada.jpg,recognise,v2,many", "found 'many' days"),
        ("Ada,ada.jpg,recognise,v2,,yesterday", "the time of consent 'yesterday'"),
        ("Ada,ada.jpg,recognise,v2,,,a/b", "found 'a/b'"),
        (",ada.jpg,recognise,v2", "found the name ''"),
        ("Ada,,recognise,v2", "none of the pictures can be used"),
    ],
)
@pytest.mark.shared
def test_a_row_that_cannot_be_enrolled_says_why(
    run: Run, tmp_path: Path, row: str, says: str
) -> None:
    table = tmp_path / "members.csv"
    table.write_text(f"name,pictures,purposes,text,days,consented,tags\n{row}")
    done = run("import", table)
    assert f"{table}:2: " in done.output
    assert says in done.output
    assert "1 rows were left" in str(done.exception)


@pytest.mark.parametrize("name", ["", "  ", "\x1b[2J", "A\u202eda", "a\nb", "x" * 201])
def test_a_name_that_a_list_cannot_show_is_refused(
    run: Run, tmp_path: Path, name: str
) -> None:
    refused = run("enrol", name, tmp_path / "ada.jpg")
    assert "characters" in str(refused.exception)


def test_a_name_of_another_system_controls_no_terminal(
    run: Run, redis_url: str, tmp_path: Path
) -> None:
    for name in ("[/x] [bold]Ada", "\x1b[2J\x9bBob\u202e"):
        stored(redis_url, tmp_path, name)
    listed = run("list").output
    assert "[/x] [bold]Ada" in listed
    assert "\N{REPLACEMENT CHARACTER}[2J" in listed
    as_json = run("list", "--json").output
    for text in (listed, as_json):
        assert not set("\x1b\x9b\u202e") & set(text)
    assert {each["name"] for each in json.loads(as_json)} >= {"[/x] [bold]Ada"}


@pytest.mark.shared
class TestWithModels:
    """Real faces, real models."""

    @pytest.fixture(
        params=[[YUNET_FILE], [YUNET_FILE, PUBLIC_EMBEDDING_FILE]],
        ids=["ours", "public"],
    )
    def _models(
        self,
        request: pytest.FixtureRequest,
        monkeypatch: pytest.MonkeyPatch,
        shared: Path,
        tmp_path: Path,
    ) -> None:
        folder = tmp_path / "models"
        folder.mkdir()
        for name in request.param:
            (folder / name).symlink_to(shared / "models" / name)
        monkeypatch.setenv("VITRINE_MODELS", str(folder))

    @pytest.mark.usefixtures("_models")
    def test_enrol_list_erase(self, run: Run, shared: Path, tmp_path: Path) -> None:
        (front,) = faces(shared, tmp_path, 1)
        mirrored = save(tmp_path / "mirrored.png", read_picture(front)[:, ::-1])
        agreed = ("--purpose", "recognise", "--purpose", "offers")
        # Said twice, it is agreed to once.
        done = run("enrol", "Ada Example", front, mirrored, *agreed, *agreed)
        assert done.exit_code == 0, done.output
        assert "2 of 2 pictures, consent to recognise, offers" in done.output
        customer_id = done.output.split()[0]
        assert "Ada Example" in run("list").output
        receipt = json.loads(run("erase", customer_id).stdout)
        assert (receipt["customer_id"], receipt["templates"]) == (customer_id, 2)
        assert "Ada Example" not in run("list").output
        noted = list(AuditLog(tmp_path / "audit.jsonl", "").newest())
        assert [each.what for each in noted[::2]] == ["listed the customers"] * 2
        erased, enrolled = noted[1::2]
        assert (erased.what, erased.place) == ("erased a customer", customer_id)
        assert (enrolled.what, enrolled.place) == ("enrolled a customer", customer_id)
        assert "Ada" not in (tmp_path / "audit.jsonl").read_text()

    @pytest.mark.usefixtures("_models")
    def test_pictures_without_exactly_one_face_are_left_out(
        self, run: Run, shared: Path, tmp_path: Path
    ) -> None:
        (good,) = faces(shared, tmp_path, 1)
        picture = read_picture(good)
        two = save(tmp_path / "two.png", np.hstack([picture, picture]))
        none = save(tmp_path / "none.png", EMPTY)
        done = run("enrol", "Ada", good, two, none)
        assert "1 of 3 pictures" in done.output
        assert "two.png: left out, 2 faces in it" in done.output
        assert "none.png: left out, no face in it" in done.output

    @pytest.mark.usefixtures("_models")
    def test_files_that_are_damaged_are_left_out(
        self, run: Run, shared: Path, tmp_path: Path
    ) -> None:
        (good,) = faces(shared, tmp_path, 1)
        content = good.read_bytes()
        cut = tmp_path / "cut.jpg"
        cut.write_bytes(content[:500])
        large = tmp_path / "large.jpg"
        # The size in the header of its frame.
        place = content.index(b"\xff\xc0") + 5
        large.write_bytes(content[:place] + b"\x7f\xff\x7f\xff" + content[place + 4 :])
        done = run("enrol", "Ada", cut, large, tmp_path, good)
        assert done.exit_code == 0, done.output
        assert "1 of 4 pictures" in done.output
        assert "too large" in done.output

    @pytest.mark.usefixtures("_models")
    def test_a_poor_picture_is_left_out_with_what_to_do_better(
        self, run: Run, shared: Path, tmp_path: Path
    ) -> None:
        (good,) = faces(shared, tmp_path, 1)
        picture = read_picture(good)
        without_detail = cv2.GaussianBlur(picture, (0, 0), 12)
        blurred = save(tmp_path / "blurred.png", np.asarray(without_detail, np.uint8))
        done = run("enrol", "Ada", good, blurred)
        assert "1 of 2 pictures" in done.output
        assert "blurred.png: left out, hold still" in done.output

    @pytest.mark.usefixtures("_models")
    def test_pictures_of_two_people_are_not_enrolled_under_one_name(
        self, run: Run, shared: Path, tmp_path: Path
    ) -> None:
        pictures = faces(shared, tmp_path, 2)
        refused = run("enrol", "Ada", *pictures)
        assert "seem to show 2 people" in str(refused.exception)
        for picture in pictures:
            assert picture.name in str(refused.exception)
        assert "Ada" not in run("list").output

    @pytest.mark.usefixtures("_models")
    def test_a_second_record_of_a_face_is_refused_and_an_override_is_noted(
        self, run: Run, shared: Path, tmp_path: Path
    ) -> None:
        (picture,) = faces(shared, tmp_path, 1)
        first = run("enrol", "Ada", picture).output.split()[0]
        refused = run("enrol", "Ada again", picture)
        assert f"looks like the customer {first}" in str(refused.exception)
        done = run("enrol", "Ada again", picture, "--even-so")
        assert done.exit_code == 0, done.output
        noted = next(iter(AuditLog(tmp_path / "audit.jsonl", "").newest()))
        assert noted.what == "enrolled a customer against the advice"

    @pytest.mark.usefixtures("_models")
    def test_members_are_imported_row_by_row(
        self, run: Run, shared: Path, tmp_path: Path, redis_url: str
    ) -> None:
        ada, bob, eve = faces(shared, tmp_path, 3)
        save(tmp_path / "none.png", EMPTY)
        table = tmp_path / "members.csv"
        rows = [
            "\N{ZERO WIDTH NO-BREAK SPACE}name;pictures;purposes;text;days;consented;tags;level"
            ";interests",
            f"Ada;{ada.name};recognise profile;v2;30;{TODAY};staff;gold;running coffee",
            "Nobody;none.png;recognise;v2;;;",
            f"Bob;{bob.name}|none.png;recognise offers;v2;;;",
            f"Ada again;{ada.name};recognise;v2;;;",
            f"Eve;{eve.name};recognise;v2;30;2020-01-01;",
            f"Eve;{eve.name};recognise;v2;;2999-01-01;",
        ]
        table.write_text("\r\n".join(rows))
        done = run("import", table)
        assert "2 of 6 members were enrolled" in done.output
        assert "4 rows were left" in str(done.exception)
        assert "members.csv:3: nobody was enrolled: none of the" in done.output
        assert "members.csv:5: nobody was enrolled:" in done.output
        assert "members.csv:6: their consent of 30 days has expired" in done.output
        assert "members.csv:7: they consent at a time to come only" in done.output
        listed = json.loads(run("list", "--json").stdout)
        agreed = {each["name"]: each["agreed_to"] for each in listed}
        assert agreed == {
            "Ada": ["recognise", "profile"],
            "Bob": ["recognise", "offers"],
        }
        with opened(redis_url, tmp_path) as store:
            interests = {}
            for customer in store.customers():
                interests[customer.name] = customer.interests
                assert {each.method for each in customer.consents} == {"import"}
            assert interests == {"Ada": ("running", "coffee"), "Bob": ()}
        assert set(told(redis_url, tmp_path)) == {
            ("Ada", ("staff",), "gold"),
            ("Bob", (), ""),
        }

    def test_without_a_good_picture_nobody_is_enrolled(
        self, run: Run, tmp_path: Path
    ) -> None:
        none = save(tmp_path / "none.png", EMPTY)
        result = run("enrol", "Ada", none)
        assert "nobody was enrolled" in str(result.exception)


def save(path: Path, picture: Image) -> Path:
    cv2.imwrite(str(path), picture)
    return path


def faces(shared: Path, folder: Path, count: int) -> list[Path]:
    """Photographs of one face each, with some room around it."""
    found = []
    with ZipFile(shared / "data" / "helen_afw_68.zip") as archive:
        for name in sorted(archive.namelist()):
            if not name.startswith("helen/") or not name.endswith(".jpg"):
                continue
            path = folder / Path(name).name
            path.write_bytes(archive.read(name))
            found.append(path)
            if len(found) == count:
                break
    return found
