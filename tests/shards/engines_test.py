"""docs/vectors.md loads shards into other engines; each snippet runs where its engine is there."""

import re

import numpy as np
import pytest

from tests.shards.folder_test import write

pytest.importorskip("pyarrow", reason="pyarrow, of the extra tfreid[parquet], is not installed")

ENGINES = {
    "qdrant_client": lambda names, query: [
        point.payload["path"]
        for point in names["client"].query_points("people", query=query, limit=9).points
    ],
    "pymilvus": lambda names, query: [
        match["entity"]["path"]
        for match in names["client"].search("people", [query], limit=9, output_fields=["path"])[0]
    ],
    "lancedb": lambda names, query: [
        match["path"] for match in names["people"].search(query).limit(9).to_list()
    ],
}
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.filterwarnings("ignore")  # theirs
@pytest.mark.parametrize("engine", ENGINES)
def test_a_snippet_finds_the_nearest(engine, repository, tmp_path, monkeypatch, rng):
    pytest.importorskip(engine, reason=f"{engine} is not installed")
    blocks = BLOCK.findall((repository / "docs" / "vectors.md").read_text(encoding="utf-8"))
    (block,) = [block for block in blocks if engine in block]
    monkeypatch.chdir(tmp_path)
    vectors = rng.standard_normal((9, 5)).astype(np.float32)
    columns = {"vectors": {"dtype": "<f4", "shape": [5]}}
    rows = write(tmp_path / "vectors", {"vectors": vectors}, columns)
    names = {}
    exec(compile(block, engine, "exec"), names)
    nearest = np.argsort(((vectors - vectors[4]) ** 2).sum(axis=1))
    assert ENGINES[engine](names, vectors[4].tolist()) == [rows[place].path for place in nearest]
