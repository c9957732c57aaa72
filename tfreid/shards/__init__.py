"""Vectors of images in Parquet files, as bulk embedding writes them and other engines read them."""
