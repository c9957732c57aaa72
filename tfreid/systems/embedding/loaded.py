"""A trained model that embeds, for Python programs."""

import numpy as np

from tfreid.data.images import describe_item, read_image
from tfreid.errors import InputError
from tfreid.frames.boxes import cut_boxes
from tfreid.serving.loaded import LoadedModel, is_one


class EmbeddingModel(LoadedModel):
    """One embedding per image; near ones, by Euclidean distance, show alike people."""

    @property
    def dim(self):
        """Size of an embedding."""
        return self.signatures["pixels"].structured_outputs["embedding"].shape[1]

    def embed(self, items):
        """Embeds one image, or several.

        Args:
          items: one image, as `prepare` takes it; a list of N; or uint8[N, h, w, 3].

        Returns:
          float32[dim] of one image, float32[N, dim] of a list (also of one); flip-averaged as in
          the run's evaluation.

        Raises:
          InputError: naming the first item that is no usable image.
        """
        parts = [self.embed_prepared(batch) for batch in self.prepare_batches(items)]
        # The empty part is for a list without items.
        rows = np.concatenate([np.zeros([0, self.dim], np.float32), *parts])
        return rows[0] if is_one(items) else rows

    def embed_boxes(self, frame, boxes):
        """Embeds the people in a frame.

        Args:
          frame: one image, as `prepare` takes it; an array has the colors in the order RGB.
          boxes: float[N, 4], left, top, right, bottom in pixels; or anything that has them as
            `xyxy`, such as supervision's `Detections`. Boxes end where the frame does.

        Returns:
          float32[N, dim].

        Raises:
          InputError: for a frame that is no usable image, or naming the first box that is not
            finite, without extent or outside the frame.
        """
        return self.embed(cut_boxes(np.asarray(read_image(frame)), boxes))

    def extract_embeddings(self, detections, frame, *, batch_size=32):
        """`embed_boxes` by the name, and in the color order, that trackers ask Roboflow's reid for.

        Args:
          detections: supervision's `Detections`, or anything with `xyxy`; or the boxes themselves.
          frame: uint8[h, w, 3] in the order BGR, as OpenCV and supervision read videos.
          batch_size: people of a forward pass; 64 at most.

        Returns:
          float32[N, dim].

        Raises:
          InputError: as `embed_boxes`.
        """
        # Only an array can be BGR: the colors of a path or a PIL image would be turned around.
        if not (isinstance(frame, np.ndarray) and frame.ndim == 3):
            raise InputError(
                f"frame: {describe_item(frame)}; extract_embeddings takes uint8 arrays [h, w, 3] "
                "in the order BGR, as OpenCV reads them; embed_boxes takes RGB, paths and others."
            )
        crops = cut_boxes(np.asarray(read_image(frame))[..., ::-1], detections)
        return self._embed_by(batch_size, crops)

    def extract_embeddings_from_paths(self, image_paths, *, batch_size=32, num_workers=0):
        """`embed` of a list of files, by the name that Roboflow's reid has for it.

        Args:
          image_paths: list of N JPEG or PNG files, each of one person.
          batch_size: images of a forward pass; 64 at most.
          num_workers: has no effect: threads read ahead in any case.

        Returns:
          float32[N, dim].

        Raises:
          InputError: naming the first file that is no usable image.
        """
        return self._embed_by(batch_size, list(image_paths))

    def _embed_by(self, batch_size, items):
        if batch_size < 1:
            raise InputError(f"batch_size={batch_size}: must be at least 1.")
        starts = range(0, len(items), batch_size)
        parts = [self.embed(items[start : start + batch_size]) for start in starts]
        return np.concatenate([np.zeros([0, self.dim], np.float32), *parts])

    def embed_prepared(self, pixels):
        """Embeds what `prepare` returned: uint8[B, height, width, 3] -> float32[B, dim]."""
        return self.call("pixels", pixels=pixels)["embedding"]
