"""A gallery that answers: an index folder of images, searched by a trained model."""
