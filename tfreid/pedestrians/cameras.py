"""The cameras of the synthetic world, described as data, and what each does to colors."""

import dataclasses

import numpy as np

from tfreid.pedestrians.tubes import Light


@dataclasses.dataclass(frozen=True)
class Camera:
    """One camera and the place it watches.

    Attributes:
      scene: name of its background, a key of `backgrounds.SCENES`.
      yaw: radians from the walking people's way to the camera: 0 sees them from ahead or, walking
        the other way, from behind; pi/2 from the side.
      pitch: radians that it looks down.
      near: perspective, see `tubes.View`.
      light: where light comes from.
      white_balance: factors of red, green and blue.
      exposure: factor of brightness.
      contrast: factor of the distance from middle gray.
      gamma: exponent of brightness; below 1 lifts the shadows.
      saturation: 0 is gray, 1 as it is.
      size: body height over picture height, least and greatest.
      shift: greatest misalignment of the box, share of the picture's width and height.
      occlusion: chance that something or someone stands in front.
      blur: radius in thousandths of the picture's height.
      noise: standard deviation of sensor noise, 0..1.
      quality: JPEG quality.
    """

    scene: str
    yaw: float
    pitch: float
    near: float
    light: Light
    white_balance: tuple
    exposure: float
    contrast: float
    gamma: float
    saturation: float
    size: tuple
    shift: tuple
    occlusion: float
    blur: float
    noise: float
    quality: int


CAMERAS = (
    Camera(  # a sunlit square, people come and go along the line of sight
        "plaza", 0.25, 0.12, 0.10, Light((0.6, 0.6, 0.5), 0.60, 0.56), (1.03, 1.0, 0.96),
        1.03, 1.06, 0.97, 1.06, (0.86, 0.93), (0.05, 0.025), 0.10, 2.0, 0.010, 90,
    ),
    Camera(  # a shopping street in the shade, bluish, from above
        "street", 0.75, 0.32, 0.16, Light((-0.3, 0.8, 0.5), 0.66, 0.40), (0.94, 0.99, 1.07),
        0.92, 0.96, 1.03, 0.92, (0.84, 0.92), (0.06, 0.035), 0.15, 2.5, 0.014, 85,
    ),
    Camera(  # a park in the evening, warm and contrasty, from the side
        "park", 1.30, 0.10, 0.06, Light((-0.8, 0.3, 0.5), 0.52, 0.62), (1.08, 1.0, 0.90),
        0.96, 1.07, 1.03, 1.00, (0.85, 0.94), (0.06, 0.03), 0.15, 2.5, 0.012, 86,
    ),
    Camera(  # a station hall in greenish lamp light, from high above
        "station", 0.45, 0.45, 0.22, Light((0.1, 0.9, 0.4), 0.62, 0.45), (0.97, 1.03, 0.95),
        0.98, 0.92, 0.95, 0.90, (0.86, 0.95), (0.07, 0.04), 0.15, 3.0, 0.016, 82,
    ),
    Camera(  # market stalls, hazy and overexposed
        "stalls", -0.55, 0.22, 0.12, Light((0.2, 0.7, 0.7), 0.70, 0.42), (1.02, 1.0, 0.99),
        1.07, 0.88, 0.90, 0.88, (0.84, 0.93), (0.06, 0.035), 0.20, 3.0, 0.012, 84,
    ),
    Camera(  # steps at dusk: dark, noisy, cold
        "steps", -1.05, 0.26, 0.12, Light((-0.4, 0.7, 0.6), 0.55, 0.50), (0.95, 0.98, 1.06),
        0.84, 1.00, 1.06, 0.95, (0.85, 0.93), (0.06, 0.03), 0.12, 3.0, 0.018, 80,
    ),
)  # fmt: skip


def expose(picture, camera, rng):
    """Returns a picture as a camera's sensor renders it.

    Args:
      picture: float32[H, W, 3], 0..1.
      camera: a `Camera`.
      rng: a numpy Generator; exposure and balance wander a little, and the noise is drawn from it.

    Returns:
      uint8[H, W, 3].
    """
    gain = camera.exposure * rng.uniform(0.92, 1.08)
    balance = np.asarray(camera.white_balance) * rng.uniform(0.97, 1.03, 3)
    value = picture * (gain * balance).astype(np.float32)
    gray = value.mean(-1, keepdims=True)
    value = gray + (value - gray) * np.float32(camera.saturation)
    value = np.maximum(value, 1e-4) ** np.float32(camera.gamma)
    value = 0.5 + (value - 0.5) * np.float32(camera.contrast)
    value = value + rng.standard_normal(value.shape, np.float32) * np.float32(camera.noise)
    return (np.clip(value, 0, 1) * 255 + 0.5).astype(np.uint8)
