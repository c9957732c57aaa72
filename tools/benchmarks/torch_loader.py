"""The input pipeline written a second time: Pillow, and PyTorch's DataLoader with its processes."""

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


class AugmentedImages(Dataset):
    """Decodes, resizes, flips, normalizes and cuts out, as `augmentation.augment_image` does."""

    def __init__(self, paths, data, augment):
        self._paths, self._data, self._augment = list(paths), data, augment

    def __len__(self):
        return len(self._paths)

    def __getitem__(self, row):
        with Image.open(self._paths[row]) as file:
            size = (self._data.width, self._data.height)
            image = file.convert("RGB").resize(size, Image.Resampling.BILINEAR)
        if torch.rand(()) < self._augment.flip_probability:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
        pixels = pixels.to(torch.float32).div_(255).sub_(MEAN).div_(DEVIATION)
        return self._cut_out(pixels), row

    def _cut_out(self, pixels):
        if torch.rand(()) < self._augment.cutout_probability:
            height, width = self._augment.cutout_height, self._augment.cutout_width
            top = int(torch.randint(0, pixels.shape[1] - height + 1, ()))
            left = int(torch.randint(0, pixels.shape[2] - width + 1, ()))
            pixels[:, top : top + height, left : left + width] = 0
        return pixels


def make_loader(paths, batches, data, augment, num_workers):
    """Returns a DataLoader of the given batches of rows, decoded by so many processes.

    Args:
      paths: file names.
      batches: list of lists of rows.
      data: `DataOptions`.
      augment: `AugmentOptions`.
      num_workers: processes.
    """
    # Forked, as Linux does by default; a process that was itself spawned would spawn, slowly.
    context = "fork" if num_workers else None
    return DataLoader(
        AugmentedImages(paths, data, augment),
        batch_sampler=batches,
        num_workers=num_workers,
        multiprocessing_context=context,
    )
