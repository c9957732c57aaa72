"""Keys of a batch, in one place."""

IMAGE = "image"  # float32[B, height, width, 3], normalized
LABEL = "label"  # int32[B], 0..identities-1, for the identity loss
PID = "pid"  # int32[B], the identity as the files name it
LIKENESS = "likeness"  # uint8[B, LENGTH], see `likeness`; of batches to evaluate
INDEX = "index"  # int32[B], row of the image in its split
