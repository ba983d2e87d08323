// The enrolment desk: pictures of a customer, from files or the camera, are judged by the server
// one by one. It keeps what it saw of the good ones until somebody is enrolled, and no picture.

import { jpegOf } from "./camera.js";

const LONGEST = 1280;
const QUALITY = 0.88;

const list = document.querySelector("#views");
const file = document.querySelector("#file");
const open = document.querySelector("#open");
const take = document.querySelector("#take");
const stage = document.querySelector(".stage");
const video = document.querySelector("video");

function pictureOf(source, width, height) {
  return jpegOf(source, width, height, LONGEST / Math.max(width, height), QUALITY);
}

function tell(name, said) {
  const item = document.createElement("li");
  item.textContent = `${name}: ${said}`;
  list.append(item);
}

async function judge(name, source, width, height) {
  try {
    const body = await pictureOf(source, width, height);
    const answer = await fetch("/desk/look", { method: "POST", body });
    tell(name, (await answer.json()).said ?? "it could not be judged");
  } catch {
    tell(name, "there is no connection");
  }
}

file.addEventListener("change", async () => {
  for (const chosen of [...file.files]) {
    try {
      const bitmap = await createImageBitmap(chosen);
      await judge(chosen.name, bitmap, bitmap.width, bitmap.height);
      bitmap.close();
    } catch {
      tell(chosen.name, "not a picture that this browser can read");
    }
  }
  file.value = "";
});

open.addEventListener("click", async () => {
  try {
    const wanted = { width: { ideal: 1280 }, height: { ideal: 960 } };
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  } catch {
    tell("camera", "not allowed for this page, or it is not at https://");
    return;
  }
  stage.hidden = false;
  take.hidden = false;
  open.hidden = true;
  await video.play();
});

take.addEventListener("click", () => judge("camera", video, video.videoWidth, video.videoHeight));
