"""The pages of the lab's app, as Streamlit runs them, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from tests.lab_builders import (
    AT,
    SEED,
    drawn_jpeg,
    drawn_video,
    empty_jpeg,
    video_of_no_frames,
)
from training.curves import MetricsFile
from vitrine.lab.app import navigation, shapes_shown
from vitrine.lab.app.nets import FIVE_POINTS
from vitrine.lab.app.pictures import drawn

pytestmark = pytest.mark.timeout(300)

LIMIT_S = 200
JPEG = "image/jpeg"
CHECKOUT = Path(__file__).parents[2]
BOMB = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\0\xea\x60" * 2 + b"\0" * 9
HEIC = b"\0\0\0\x18ftypheic" + b"\0" * 99


def opened(page: str, folder: Path) -> AppTest:
    """A page that was opened, with files in this folder."""

    def script(page: str, folder: str) -> None:
        from pathlib import Path

        from vitrine.lab.app import navigation
        from vitrine.lab.app.places import Places

        show_page = getattr(navigation, f"show_{page}")
        show_page(Places(Path(folder), None))

    # Imported already: its libraries take a minute on a busy machine, and a page has a limit.
    assert hasattr(navigation, f"show_{page}")
    app = AppTest.from_function(
        script, args=(page, str(folder)), default_timeout=LIMIT_S
    )
    app.run()
    assert not app.exception
    return app


def looking_at(kind: str, page: str, folder: Path) -> AppTest:
    app = opened(page, folder)
    app.segmented_control[0].set_value(kind).run()
    return app


def choice(app: AppTest, label: str) -> Selectbox[str]:
    return next(box for box in app.selectbox if box.label == label)


def rows_of(app: AppTest) -> list[dict[str, Any]]:
    (table,) = app.dataframe
    rows: list[dict[str, Any]] = table.value.to_dict("records")
    return rows


def test_a_drawn_face_is_found_and_compared_with_the_truth(tmp_path: Path) -> None:
    app = opened("faces", tmp_path)
    first, *_ = rows_of(app)
    assert first["confidence"] > 0.8
    assert 0 < first["error % of eyes"] < 10
    labels = [button.label for button in app.download_button]
    assert labels[:2] == ["CSV, all faces", "JSON, all faces"]
    choice(app, "Net").set_value(FIVE_POINTS).run()
    assert "yaw °" not in rows_of(app)[0]


def test_shapes_are_shown_step_by_step(tmp_path: Path) -> None:
    app = opened("faces", tmp_path)
    for step, said in shapes_shown.SAID.items():
        app.select_slider[0].set_value(step).run()
        assert not app.exception
        assert said in [caption.value for caption in app.caption]
    words = [text.value for text in app.markdown]
    assert any(text.startswith("Face 0: ") for text in words)


def test_a_higher_confidence_leaves_no_face_and_says_what_to_do(tmp_path: Path) -> None:
    app = opened("faces", tmp_path)
    confidence = next(s for s in app.slider if s.label == "Least confidence")
    confidence.set_value(1.0).run()
    assert "No face was found. Lower the least confidence" in app.warning[0].value
    assert not app.exception


def test_the_webcams_picture_is_looked_at(tmp_path: Path) -> None:
    app = looking_at("Webcam", "faces", tmp_path)
    assert "nothing of it is stored" in app.info[0].value
    app.camera_input[0].set_value(("shot.jpg", drawn_jpeg(), JPEG)).run()
    assert len(rows_of(app)) == 1


def test_a_frame_of_a_video_is_chosen(tmp_path: Path) -> None:
    app = looking_at("Video", "faces", tmp_path)
    film = ("drawn.mp4", drawn_video(tmp_path), "video/mp4")
    app.file_uploader[0].set_value(film).run()
    assert "0.00 s of 0.50 s" in [caption.value for caption in app.caption]
    app.slider[0].set_value(4).run()
    assert "0.40 s of 0.50 s" in [caption.value for caption in app.caption]
    assert rows_of(app)


@pytest.mark.parametrize(
    ("kind", "name", "content", "reason"),
    [
        ("Picture", "half.jpg", drawn_jpeg()[:9000], "damaged or cut off"),
        ("Picture", "phone.heic", HEIC, "a HEIC picture that is damaged"),
        ("Picture", "bomb.png", BOMB, "60000×60000 is too large"),
        ("Picture", "words.jpg", b"no picture", "not a picture that can be read"),
        ("Video", "words.mp4", b"no video" * 50, "no video that can be read"),
    ],
)
def test_the_app_goes_on_after_bad_input(
    tmp_path: Path, kind: str, name: str, content: bytes, reason: str
) -> None:
    app = looking_at(kind, "faces", tmp_path)
    app.file_uploader[0].set_value((name, content, JPEG)).run()
    assert reason in app.error[0].value
    assert not app.exception
    app.segmented_control[0].set_value("Drawn face").run()
    assert not app.error
    assert rows_of(app)


def test_a_video_without_frames_and_a_picture_without_faces_are_told(
    tmp_path: Path,
) -> None:
    app = looking_at("Video", "faces", tmp_path)
    film = ("none.avi", video_of_no_frames(tmp_path), "video/avi")
    app.file_uploader[0].set_value(film).run()
    assert "holds no frames" in app.error[0].value
    app.segmented_control[0].set_value("Picture").run()
    app.file_uploader[0].set_value(("grey.jpg", empty_jpeg(), JPEG)).run()
    assert "No face was found" in app.warning[0].value


def test_two_nets_are_compared_on_one_face(tmp_path: Path) -> None:
    app = opened("nets", tmp_path)
    told = {metric.label: metric.value for metric in app.metric}
    ours = float(told["Error of the first"].rstrip("%"))
    mean_face = float(told["Error of the second"].rstrip("%"))
    assert 0 < ours < mean_face < 20
    assert told["Distance of the two"].endswith("%")
    choice(app, "Second net").set_value(FIVE_POINTS).run()
    assert "One net has 68 points, the other 5" in app.info[0].value


def test_runs_are_drawn_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    app = opened("runs", tmp_path)
    assert "python -m training train" in app.info[0].value
    for name in ("landmarks/1-first", "landmarks/2-next"):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        metrics = MetricsFile(folder / "metrics.csv", keep=0)
        metrics.add(1, {"loss": 0.5, "nme": 0.1})
        metrics.add(2, {"loss": 0.4, "nme": 0.05})
    (folder / "metrics.csv").write_text("epoch,loss\n1,much\n")
    app = opened("runs", tmp_path)
    assert app.multiselect[0].value == ["landmarks/1-first", "landmarks/2-next"]
    assert "row 2, loss: 'much' is no number" in app.error[0].value
    assert len(app.get("vega_lite_chart")) == 2


def test_the_cards_of_shipped_models_are_shown(tmp_path: Path) -> None:
    app = opened("cards", tmp_path)
    assert {row["file is"] for row in rows_of(app)} == {"as shipped"}
    app.selectbox[0].set_value("quality_56.onnx").run()
    assert app.subheader[0].value == "quality_56.onnx"
    assert len(app.markdown[0].value) > 500


def test_the_accuracy_report_is_shown_in_parts(tmp_path: Path) -> None:
    app = opened("accuracy", tmp_path)
    assert "python -m training report" in app.info[0].value
    app = opened("accuracy", CHECKOUT)
    app.pills[0].set_value("Detector").run()
    assert not app.exception
    assert any("recall on" in text.value for text in app.markdown)


def test_a_map_of_drawn_people_tells_how_much_it_may_be_trusted(tmp_path: Path) -> None:
    app = opened("map", tmp_path)
    assert "at least 3 faces" in app.info[0].value
    for slider, value in zip(app.slider, (3, 5, 2), strict=True):
        slider.set_value(value)
    app.button[0].click().run()
    assert not app.exception
    assert len(app.get("vega_lite_chart")) == 1
    told = {metric.label: metric.value for metric in app.metric}
    assert told["Alike, by the embedding"].endswith("%")
    assert told["Alike, on the map"].endswith("%")
    app.radio[0].set_value("PCA").run()
    assert len(app.get("vega_lite_chart")) == 1
    forget = next(button for button in app.button if button.label.startswith("Forget"))
    forget.click().run()
    assert "at least 3 faces" in app.info[0].value


def test_pictures_that_cannot_be_mapped_are_left_out_with_the_reason(
    tmp_path: Path,
) -> None:
    app = looking_at("Pictures", "map", tmp_path)
    given = [
        ("anna-1.jpg", drawn_jpeg(), JPEG),
        ("half-1.jpg", drawn_jpeg()[:9000], JPEG),
        ("grey-1.jpg", empty_jpeg(), JPEG),
    ]
    app.file_uploader[0].set_value(given).run()
    app.button[0].click().run()
    left_out = [warning.value for warning in app.warning]
    assert "half-1.jpg is left out: it is damaged or cut off." in left_out
    assert "grey-1.jpg is left out: no face was found." in left_out


def test_the_tour_shows_what_was_measured_and_the_reports_that_are_there(
    tmp_path: Path,
) -> None:
    app = opened("tour", tmp_path)
    assert "yet: run the commands above" in app.info[0].value
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/studies.md").write_text(
        "# Studies\n\n## Landmark networks\n\nA table.\n"
    )
    (tmp_path / "identity.html").write_text("<h1>Who is it</h1>")
    app = opened("tour", tmp_path)
    assert app.expander[0].label == "Measured: Landmark networks"
    app.radio[0].set_value(1).run()
    assert not app.expander
    assert "`identity.html`" in app.caption[1].value
    assert not app.info
    (tmp_path / "pictures").mkdir()
    picture = drawn(3, SEED, AT).image
    assert cv2.imwrite(str(tmp_path / "pictures/missing.png"), picture)
    app.radio[0].set_value(3).run()
    assert "`missing.png`" in app.caption[1].value
    assert not app.exception


def test_what_is_out_of_scope_is_named(tmp_path: Path) -> None:
    told = opened("limits", tmp_path).markdown[1].value
    for use in ("Augmented reality", "Driver attention", "Security"):
        assert use in told


def test_the_script_opens_the_first_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["main.py", str(tmp_path)])
    script = CHECKOUT / "lab/app/main.py"
    app = AppTest.from_file(str(script), default_timeout=LIMIT_S).run()
    assert not app.exception
    assert app.title[0].value == "Faces"


def test_a_wrong_setting_is_told_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["main.py", str(tmp_path)])
    monkeypatch.setenv("VITRINE_NO_SUCH_SETTING", "1")
    script = CHECKOUT / "lab/app/main.py"
    app = AppTest.from_file(str(script), default_timeout=LIMIT_S).run()
    assert "VITRINE_NO_SUCH_SETTING is no setting" in app.error[0].value
