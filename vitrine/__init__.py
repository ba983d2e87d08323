"""Run interactive advertising stands: cameras in, adapted screens and figures out."""

import os

# OpenCV reads its limits once, when it is loaded: nothing of Vitrine can load it before this.
# They are a wall behind the checks of vitrine/vision/headers.py, whose bounds they repeat.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", "64000000")
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_WIDTH", "16384")
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_HEIGHT", "16384")
