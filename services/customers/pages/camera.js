// A picture of a camera or a file, as the server takes it.

const canvas = document.createElement("canvas");

// Returns a promise of a JPEG, made smaller by `scale` where that is below 1.
export function jpegOf(source, width, height, scale, quality) {
  const shrunk = Math.min(1, scale);
  canvas.width = Math.round(width * shrunk);
  canvas.height = Math.round(height * shrunk);
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
}
