"""The page over an archive, as a web application."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import BaseModel, Field

from vitrine.errors import ConfigurationError, Invalid
from vitrine.lab.archive.map import chosen, laid_out
from vitrine.lab.archive.people import (
    LONGEST_NAME,
    ArchivePerson,
    merge_people,
    name_person,
    people_of,
    split_person,
    undo,
)
from vitrine.lab.archive.progress_shown import draw_chart, progress_of_person
from vitrine.lab.archive.searching import people_by_photo
from vitrine.lab.archive.store import Store, StoredFace, StoredPhoto
from vitrine.lab.archive.thumbnails import PHOTO_SIDE, SMALL_SIDE, Box, Thumbnails
from vitrine.lab.archive.walking import shown
from vitrine.web.application import application
from vitrine.web.files import PageFiles
from vitrine.web.guard import PageGuard

PAGES: Final = Path(__file__).parent / "pages"
COOKIE: Final = "vitrine-archive"
MOST_AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Desk:
    """Hold what the routes need; they take the lock, as they share a connection."""

    name: str
    store: Store
    thumbnails: Thumbnails
    lock: Lock = field(default_factory=Lock)
    map_lock: Lock = field(default_factory=Lock)
    maps: dict[tuple[int, ...], list[list[float]]] = field(default_factory=dict)
    """The latest map, by the faces on it."""


class Name(BaseModel):
    """Hold a name."""

    name: str = Field(max_length=LONGEST_NAME)


class Chosen(BaseModel):
    """Hold people to merge, or photos to split off."""

    ids: list[int] = Field(min_length=1, max_length=MOST_AT_ONCE)


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


DeskOf = Annotated[Desk, Depends(_desk)]


def create_app(desk: Desk, guard: PageGuard) -> FastAPI:
    """Return the application."""
    app = application("Vitrine archive")
    app.state.desk = desk
    router = APIRouter(dependencies=[Depends(guard)])
    router.add_api_route("/", page, response_class=FileResponse)
    router.add_api_route("/overview", overview)
    router.add_api_route("/map", face_map)
    router.add_api_route("/people/{person}", faces_of)
    router.add_api_route("/people/{person}/progress.png", progress)
    router.add_api_route("/people/{person}/name", rename, methods=["POST"])
    router.add_api_route("/people/{person}/merge", merge, methods=["POST"])
    router.add_api_route("/people/{person}/split", split, methods=["POST"])
    router.add_api_route("/undo", undo_latest, methods=["POST"])
    router.add_api_route("/photos", photos)
    router.add_api_route("/photos/{photo}", photo_details)
    router.add_api_route("/photos/{photo}/picture.jpg", photo_picture)
    router.add_api_route("/faces/{face}/picture.jpg", face_picture)
    app.include_router(router)
    app.mount("/static", PageFiles(directory=PAGES))
    return app


def page() -> FileResponse:
    """Return the page."""
    return FileResponse(PAGES / "archive.html")


def overview(desk: DeskOf) -> JSONResponse:
    """Return the people, and how much was left out and why."""
    with desk.lock:
        people = people_of(desk.store)
        covers = _covers(desk.store)
        everything = desk.store.photos()
        dropped = desk.store.execute(
            "SELECT dropped FROM faces WHERE dropped IS NOT NULL"
        )
        latest = desk.store.execute("SELECT said FROM actions ORDER BY id DESC LIMIT 1")
    problems = [
        {"path": shown(photo.path), "reason": photo.problem}
        for photo in everything
        if photo.problem is not None
    ]
    reasons = Counter(reason.partition(" (")[0] for (reason,) in dropped)
    return JSONResponse(
        {
            "archive": desk.name,
            "photos": len(everything) - len(problems),
            "faces": sum(person.faces for person in people),
            "people": [_plain(person, covers) for person in people],
            "problems": problems,
            "dropped": reasons.most_common(),
            "undo": latest[0][0] if latest else None,
        }
    )


def _plain(person: ArchivePerson, covers: dict[int, int]) -> dict[str, Any]:
    return {**asdict(person), "title": person.title, "cover": covers.get(person.id)}


def _covers(store: Store) -> dict[int, int]:
    """Return the best face of each person."""
    rows = store.execute(
        "SELECT person, id, MAX(quality) FROM faces WHERE person IS NOT NULL GROUP BY person"
    )
    return {person: face for person, face, _ in rows}


def faces_of(desk: DeskOf, person: int) -> JSONResponse:
    """Return the faces of a person, by date."""
    with desk.lock:
        by_id = {photo.id: photo for photo in desk.store.photos()}
        faces = [face for face in desk.store.faces() if face.person == person]
    told = []
    for face in faces:
        photo = by_id[face.photo]
        told.append(
            {
                "id": face.id,
                "photo": photo.id,
                "path": shown(photo.path),
                "taken": photo.taken,
            }
        )
    told.sort(key=lambda one: (one["taken"] == "", str(one["taken"]), str(one["path"])))
    return JSONResponse(told)


def photos(
    desk: DeskOf,
    person: Annotated[list[int] | None, Query(max_length=50)] = None,
) -> JSONResponse:
    """Return the photos on which all these people are, by date; without any, all photos."""
    wanted = set(person or ())
    with desk.lock:
        present = people_by_photo(desk.store)
        everything = desk.store.photos()
    found = [
        {"id": photo.id, "path": shown(photo.path), "taken": photo.taken}
        for photo in everything
        if photo.problem is None and wanted <= present[photo.id]
    ]
    found.sort(
        key=lambda one: (one["taken"] == "", str(one["taken"]), str(one["path"]))
    )
    return JSONResponse(found)


def photo_details(desk: DeskOf, photo: int) -> JSONResponse:
    """Return where on a photo which faces are, as shares of its sides. 404 without it."""
    with desk.lock:
        stored = desk.store.photo(photo)
        faces = [face for face in desk.store.faces() if face.photo == photo]
        titles = {person.id: person.title for person in people_of(desk.store)}
    if stored is None:
        raise HTTPException(404)
    boxes = [
        {
            "box": _shares(face.box, stored),
            "person": face.person,
            "title": titles.get(face.person or 0, ""),
            "dropped": face.dropped,
        }
        for face in faces
    ]
    return JSONResponse(
        {
            "path": shown(stored.path),
            "taken": stored.taken,
            "camera": stored.camera,
            "faces": boxes,
        }
    )


def _shares(box: Box, photo: StoredPhoto) -> list[float]:
    """Return left, top, width and height of what a photo has of a box, as shares of its sides."""
    x, y, wide, high = box
    left, right = np.clip([x, x + wide], 0, photo.width) / photo.width
    top, low = np.clip([y, y + high], 0, photo.height) / photo.height
    return [float(left), float(top), float(right - left), float(low - top)]


def photo_picture(desk: DeskOf, photo: int, small: bool = False) -> Response:
    """Return a photo as JPEG, made for this answer. 404 where it cannot be shown."""
    with desk.lock:
        stored = desk.store.photo(photo)
    if stored is None:
        raise HTTPException(404)
    try:
        content = desk.thumbnails.photo(
            stored.path, SMALL_SIDE if small else PHOTO_SIDE
        )
    except Invalid as error:
        raise HTTPException(404, str(error)) from None
    return Response(content, media_type="image/jpeg")


def face_picture(desk: DeskOf, face: int) -> Response:
    """Return a face as JPEG, cut out of its photo for this answer. 404 without it."""
    with desk.lock:
        rows = desk.store.execute(
            "SELECT p.path, f.box FROM faces f JOIN photos p ON p.id = f.photo WHERE f.id = ?",
            face,
        )
    if not rows:
        raise HTTPException(404)
    path, box = rows[0]
    x, y, wide, high = (float(side) for side in box.strip("[]").split(","))
    try:
        content = desk.thumbnails.face(path, (x, y, wide, high))
    except Invalid as error:
        raise HTTPException(404, str(error)) from None
    return Response(content, media_type="image/jpeg")


def face_map(desk: DeskOf) -> JSONResponse:
    """Return face, person and place of each face on the map."""
    with desk.lock:
        kept = [face for face in desk.store.faces() if face.dropped is None]
        qualities = np.array([face.quality for face in kept], np.float32)
        on_map = [kept[place] for place in chosen(qualities)]
        vectors = desk.store.vectors(on_map, desk.store.fact("model") or "")
    places = _places(desk, on_map, vectors)
    rows = []
    for face, (x, y) in zip(on_map, places, strict=True):
        rows.append([face.id, face.person, round(x, 4), round(y, 4)])
    return JSONResponse({"faces": rows, "left": len(kept) - len(on_map)})


def _places(
    desk: Desk, faces: list[StoredFace], vectors: np.ndarray[Any, Any]
) -> list[list[float]]:
    """Return the places of faces; they are laid out once for the same faces."""
    key = tuple(face.id for face in faces)
    with desk.map_lock:
        if key not in desk.maps:
            desk.maps.clear()
            desk.maps[key] = laid_out(vectors).tolist()
        return desk.maps[key]


def progress(desk: DeskOf, person: int) -> Response:
    """Return the chart of a person's progress; 422 with the reason where there is none."""
    with desk.lock:
        found = progress_of_person(desk.store, person)
        titles = {one.id: one.title for one in people_of(desk.store)}
    if found.problem is not None:
        raise HTTPException(422, f"Nothing can be said: {found.problem}.")
    chart = draw_chart(found, titles.get(person, ""), "png")
    return Response(chart, media_type="image/png")


def rename(desk: DeskOf, person: int, given: Name) -> JSONResponse:
    """Name a person. 422 with the reason."""
    return _done(desk, lambda: name_person(desk.store, person, given.name))


def merge(desk: DeskOf, person: int, given: Chosen) -> JSONResponse:
    """Merge others into a person. 422 with the reason."""
    return _done(desk, lambda: merge_people(desk.store, person, given.ids))


def split(desk: DeskOf, person: int, given: Chosen) -> JSONResponse:
    """Make somebody else of a person's faces on some photos. 422 with the reason."""
    return _done(desk, lambda: split_person(desk.store, person, given.ids))


def undo_latest(desk: DeskOf) -> JSONResponse:
    """Take the latest step back. 422 without one."""
    return _done(desk, lambda: undo(desk.store))


def _done(desk: Desk, step: Any) -> JSONResponse:
    with desk.lock:
        try:
            result = step()
        except ConfigurationError as error:
            raise HTTPException(422, str(error)) from None
    return JSONResponse({"done": result})
