// Checks a receipt with the key of this site: by the browser itself where it knows Ed25519.
//
// What is signed is the JSON without the signature, its keys in order, as Python writes it. The
// values are taken as they stand in the text: a time in nanoseconds is no number of JavaScript. So
// the whole text has to be such pairs, each once: else what it says could be another than is signed.

const PAIR = String.raw`"([^"\\]*)"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)`;
const PAIRS = new RegExp(PAIR, "g");
const WHOLE = new RegExp(String.raw`^\{\s*${PAIR}(?:\s*,\s*${PAIR})*\s*\}$`);

const texts = JSON.parse(document.querySelector("#data").textContent);
const field = document.querySelector("#receipt");
const verdict = document.querySelector("#verdict");

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

// Returns the signature and what it is of; null for a text that is no receipt.
function signedText(text) {
  if (!WHOLE.test(text)) return null;
  const found = [...text.matchAll(PAIRS)].map(([, key, value]) => [key, value]);
  const pairs = new Map(found);
  if (pairs.size < found.length || !pairs.has("signature")) return null;
  const signature = JSON.parse(pairs.get("signature"));
  pairs.delete("signature");
  const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = sorted.map(([key, value]) => `"${key}": ${value}`);
  return { signature, content: `{${lines.join(", ")}}` };
}

async function onPhone(text) {
  const signed = signedText(text);
  if (signed === null) return false;
  const key = await crypto.subtle.importKey("raw", bytesOf(texts.key), "Ed25519", false, ["verify"]);
  const content = new TextEncoder().encode(signed.content);
  return crypto.subtle.verify("Ed25519", key, bytesOf(signed.signature), content);
}

async function onServer(text) {
  const answer = await fetch("/receipt/check", { method: "POST", body: text });
  return (await answer.json()).genuine;
}

async function canCompute() {
  try {
    await crypto.subtle.importKey("raw", bytesOf(texts.key), "Ed25519", false, ["verify"]);
    return true;
  } catch {
    // An older browser, or a page that is not at https://.
    return false;
  }
}

async function check() {
  const text = field.value.trim();
  const byPhone = await canCompute();
  let genuine = false;
  try {
    genuine = await (byPhone ? onPhone(text) : onServer(text));
  } catch {
    genuine = false;
  }
  verdict.className = `verdict ${genuine ? "genuine" : "forged"}`;
  verdict.textContent = `${genuine ? texts.genuine : texts.forged} ${byPhone ? texts.byPhone : texts.byServer}`;
}

document.querySelector("#check").addEventListener("click", check);
document.querySelector("#file").addEventListener("change", async (event) => {
  const chosen = event.target.files[0];
  if (!chosen) return;
  field.value = await chosen.text();
  await check();
});
