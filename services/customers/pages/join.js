// The camera of the page that joins: sends small pictures, says what the server wants to see next.
// Each picture leaves the page's memory with its answer; nothing is kept.

import { jpegOf } from "./camera.js";

const WIDTH = 480;
const QUALITY = 0.85;
// Pauses, in milliseconds: after an answer, and where the server is away or busy.
const PAUSE_MS = 80;
const AWAY_MS = 1000;
const TURNS = { left: "left", right: "right" };

const texts = JSON.parse(document.querySelector("#texts").textContent);
const stage = document.querySelector(".stage");
const video = document.querySelector("video");
const hint = document.querySelector(".hint");
const share = document.querySelector(".share");
const arrow = document.querySelector(".arrow");
const start = document.querySelector("#start");
const single = document.querySelector("#single");
const file = document.querySelector("#file");
const finish = document.querySelector("#finish");
const again = document.querySelector("#again");

function say(code) {
  if (hint.textContent !== texts[code]) hint.textContent = texts[code];
  arrow.hidden = !(code in TURNS);
  // The picture is a mirror: a turn to one's left goes to the left.
  arrow.className = `arrow ${TURNS[code] ?? ""}`;
  arrow.textContent = code === "right" ? "→" : "←";
}

function show(answer) {
  say(answer.hint);
  share.style.strokeDashoffset = String(100 - 100 * answer.share);
  stage.classList.toggle("passed", answer.passed);
}

function pictureOf(source, width, height) {
  return jpegOf(source, width, height, WIDTH / Math.min(width, height), QUALITY);
}

// Returns what the server says of a picture; null where it could not say anything.
async function ask(picture) {
  try {
    const answer = await fetch("/join/look", { method: "POST", body: picture });
    if (answer.status === 410) return { hint: "over", share: 0, passed: false, over: true };
    if (!answer.ok) return null;
    return await answer.json();
  } catch {
    return null;
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function end(answer) {
  start.hidden = true;
  single.hidden = true;
  again.hidden = answer.passed;
  if (!answer.passed) return;
  finish.hidden = false;
  finish.querySelector("input").focus();
}

async function watch(stream) {
  for (;;) {
    const answer = await ask(await pictureOf(video, video.videoWidth, video.videoHeight));
    if (answer === null) {
      await pause(AWAY_MS);
      continue;
    }
    show(answer);
    if (answer.passed || answer.over) {
      stream.getTracks().forEach((track) => track.stop());
      return end(answer);
    }
    await pause(PAUSE_MS);
  }
}

function withoutCamera() {
  start.hidden = true;
  single.hidden = false;
  say("front");
}

async function open() {
  if (!navigator.mediaDevices?.getUserMedia) return withoutCamera();
  const wanted = { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } };
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  } catch {
    return withoutCamera();
  }
  start.hidden = true;
  stage.hidden = false;
  // On a small screen the face and the hint are seen together.
  document.querySelector(".lead").hidden = true;
  video.srcObject = stream;
  await video.play();
  say("front");
  return watch(stream);
}

async function take() {
  const chosen = file.files[0];
  if (!chosen) return;
  let answer = null;
  try {
    const bitmap = await createImageBitmap(chosen);
    answer = await ask(await pictureOf(bitmap, bitmap.width, bitmap.height));
    bitmap.close();
  } catch {
    answer = { hint: "none", share: 0, passed: false };
  }
  file.value = "";
  if (answer === null) return say("away");
  show(answer);
  if (answer.passed || answer.over) end(answer);
}

start.addEventListener("click", open);
file.addEventListener("change", take);
if (!navigator.mediaDevices?.getUserMedia) withoutCamera();
