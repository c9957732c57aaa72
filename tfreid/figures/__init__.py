"""Pictures of data, results and attention, as arrays, PNG files and in TensorBoard."""
