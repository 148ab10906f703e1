"""The photographs of this course, which scikit-image's package carries: no download, credit beside each.

Pixels are RGB from 0 (black) to 1 (white), in the display's encoding (sRGB), rows from the top.
"""

import base64
from io import BytesIO

import numpy as np

# name → (what it shows, credit and licence); the first is the course's running photograph
PHOTOGRAPHS = {
    "astronaut": (
        "An astronaut in an orange suit, a flag on the left, a model of the space shuttle on the right, a white helmet in her lap",
        "Eileen Collins; NASA, public domain",
    ),
    "coffee": ("A red cup with coffee on a red saucer, a spoon beside it, on wood", "Rachel Michetti, CC0"),
}


def photograph(name: str = "astronaut") -> np.ndarray:
    """The photograph as floats ``(H, W, 3)`` from 0 to 1.

    "astronaut" is 512 × 512, "coffee" 400 × 600.  Raises ``ValueError`` for another name.
    Source: scikit-image (van der Walt et al. 2014), whose package holds the files.
    """
    if name not in PHOTOGRAPHS:
        raise ValueError(f"there is no photograph {name!r}; there are {', '.join(PHOTOGRAPHS)}")
    from skimage import data  # here, so that what needs no photograph needs no scikit-image

    return getattr(data, name)().astype(np.float64) / 255


def data_address(image: np.ndarray, width: int = 480, quality: int = 82) -> tuple[str, tuple[int, int]]:
    """A photograph as a page can carry it in its data: ``(data: address of a JPEG, (rows, columns))``.

    ``image (H, W, 3)`` from 0 to 1, brought to ``width`` pixels.
    """
    from PIL import Image

    picture = Image.fromarray(np.rint(np.asarray(image) * 255).astype(np.uint8))
    size = (width, round(width * picture.height / picture.width))
    file = BytesIO()
    picture.resize(size, Image.Resampling.LANCZOS).save(file, "jpeg", quality=quality)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode(), size[::-1]
