"""Systems that embed an image: near embeddings show alike people."""
