import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from attention_course.data import photographs


@pytest.mark.parametrize(("name", "shape"), [("astronaut", (512, 512, 3)), ("coffee", (400, 600, 3))])
def test_photographs_come_with_the_environment(name, shape):
    image = photographs.photograph(name)
    assert image.shape == shape and image.dtype == np.float64
    assert image.min() >= 0 and 0.9 < image.max() <= 1
    assert all(len(text) > 10 for text in photographs.PHOTOGRAPHS[name])  # what it shows, whose it is


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="astronaut, coffee"):
        photographs.photograph("lena")


def test_a_data_address_holds_the_picture():
    image = np.broadcast_to([0.8, 0.2, 0.4], (30, 60, 3))
    address, size = photographs.data_address(image, width=20)
    assert size == (10, 20) and address.startswith("data:image/jpeg;base64,")
    back = np.asarray(Image.open(BytesIO(base64.b64decode(address.split(",")[1]))))
    assert back.shape == (10, 20, 3)
    np.testing.assert_allclose(back / 255, np.broadcast_to(image[0, 0], back.shape), atol=0.02)
