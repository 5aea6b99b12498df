#!/usr/bin/env python3
"""How often off-the-shelf readers read a captcha right.

    cargo run --example captchas -- DIR 200
    python3 -m venv venv && venv/bin/pip install ddddocr
    venv/bin/python benches/captcha/ocr.py DIR/png DIR/jpg

A picture's file name ends in its code, as in 017-adk34.png. A picture counts as read where the whole
code is right, whatever the case of its letters. Each row is one reader, each column one way to prepare
the picture:

    as it is    as a stranger would use the reader who looks at nothing
    inverted    its negative
    red, …      one channel of its colours alone
    colour      its first principal colour: the axis along which its pixels differ most
    any         right in one of these: what a stranger reaches who may try each

Rows with "14 characters" know the characters that captchas use and read no others.
Tesseract is measured where it is installed.
"""

import io
import pathlib
import shutil
import subprocess
import sys

import ddddocr
import numpy as np
from PIL import Image

ALPHABET = "adekmptuwxy347"


def grey(values):
    low, high = np.percentile(values, 1), np.percentile(values, 99)
    scaled = (values - low) / max(high - low, 1) * 255
    return Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8))


def principal(pixels):
    flat = pixels.reshape(-1, 3)
    centred = flat - flat.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(centred.T))
    return (centred @ axes[:, -1]).reshape(pixels.shape[:2])


def prepared(path):
    picture = Image.open(path).convert("RGB")
    pixels = np.asarray(picture).astype(float)
    yield "as it is", picture
    yield "inverted", Image.fromarray(255 - np.asarray(picture))
    for index, name in enumerate(["red", "green", "blue"]):
        yield name, grey(pixels[:, :, index])
    values = principal(pixels)
    yield "colour", grey(values)
    yield "colour inverted", grey(-values)


def png(picture):
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def readers():
    for name, beta in [("ddddocr", False), ("ddddocr beta", True)]:
        reader = ddddocr.DdddOcr(show_ad=False, beta=beta)
        yield name, reader.classification
        limited = ddddocr.DdddOcr(show_ad=False, beta=beta)
        limited.set_ranges(ALPHABET)
        yield name + ", 14 characters", limited.classification
    if shutil.which("tesseract"):
        command = ["tesseract", "-", "-", "--psm", "8"]
        yield "tesseract", lambda data: subprocess.run(
            command, input=data, capture_output=True, check=False
        ).stdout.decode()


def measure(folder, all_readers):
    paths = sorted(path for path in pathlib.Path(folder).iterdir() if path.is_file())
    columns, rows = [], {name: {} for name, _ in all_readers}
    for path in paths:
        code = path.stem.rsplit("-", 1)[-1]
        pictures = [(name, png(picture)) for name, picture in prepared(path)]
        # The first as the server sent it, byte for byte.
        pictures[0] = (pictures[0][0], path.read_bytes())
        columns = [name for name, _ in pictures] + ["any"]
        for reader, read in all_readers:
            hit = False
            for column, data in pictures:
                right = str(read(data)).strip().lower() == code.lower()
                hit |= right
                rows[reader][column] = rows[reader].get(column, 0) + right
            rows[reader]["any"] = rows[reader].get("any", 0) + hit
    print(f"{folder}: {len(paths)} pictures, share read right in %")
    for reader, counts in rows.items():
        shares = ", ".join(f"{name} {counts[name] * 100 / len(paths):.0f}" for name in columns)
        print(f"  {reader}: {shares}")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    all_readers = list(readers())
    for folder in sys.argv[1:]:
        measure(folder, all_readers)


if __name__ == "__main__":
    main()
