// Shows a chosen picture as the square that it becomes, to be moved and enlarged, and uploads only that square. Whatever this browser cannot read is
// uploaded as it is, and the server cuts out the middle.
"use strict";

const form = document.getElementById("avatar");
const input = form.querySelector("input[type=file]");
const crop = form.querySelector("[data-crop]");
const canvas = crop.querySelector("canvas");
const zoom = crop.querySelector("input");
let picture = null;
let middle = { x: 0.5, y: 0.5 };

input.addEventListener("change", async () => {
  picture?.close();
  picture = null;
  middle = { x: 0.5, y: 0.5 };
  zoom.value = zoom.min;
  const [file] = input.files;
  try {
    picture = file ? await createImageBitmap(file) : null;
  } catch {
    picture = null;
  }
  crop.hidden = !picture;
  draw();
});

zoom.addEventListener("input", draw);

canvas.addEventListener("pointermove", event => {
  if (event.buttons & 1)
    move(event.movementX / canvas.clientWidth, event.movementY / canvas.clientHeight);
});
canvas.addEventListener("pointerdown", event => canvas.setPointerCapture(event.pointerId));
canvas.addEventListener("keydown", event => {
  const step = { ArrowLeft: [0.05, 0], ArrowRight: [-0.05, 0], ArrowUp: [0, 0.05], ArrowDown: [0, -0.05] }[event.key];
  if (step) {
    event.preventDefault();
    move(...step);
  }
});

form.addEventListener("submit", async event => {
  if (!picture)
    return;

  event.preventDefault();
  const square = await new Promise(done => canvas.toBlob(done, "image/webp", 0.95));
  if (square) {
    const files = new DataTransfer();
    files.items.add(new File([square], "picture", { type: square.type }));
    input.files = files.files;
  }
  form.submit();
});

// Moves the picture by a part of the square's side.
function move(right, down) {
  const side = visible();
  middle = { x: middle.x - right * side / picture.width, y: middle.y - down * side / picture.height };
  draw();
}

// The side of the square in pixels of the picture.
function visible() {
  return Math.min(picture.width, picture.height) / zoom.value;
}

function draw() {
  if (!picture)
    return;

  const side = visible();
  const keep = (value, length) => Math.min(Math.max(value, side / 2 / length), 1 - side / 2 / length);
  middle = { x: keep(middle.x, picture.width), y: keep(middle.y, picture.height) };
  canvas.width = canvas.height = Math.min(512, Math.round(side));
  const to = canvas.getContext("2d");
  to.imageSmoothingQuality = "high";
  to.drawImage(picture, middle.x * picture.width - side / 2, middle.y * picture.height - side / 2, side, side, 0, 0, canvas.width, canvas.height);
}
