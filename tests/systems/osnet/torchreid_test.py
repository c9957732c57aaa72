"""Every variant against torchreid itself, where it and PyTorch are at hand.

    TFREID_TORCH_PYTHON=~/torch/bin/python TFREID_TORCHREID=~/deep-person-reid/torchreid/models

The first is a Python with PyTorch, the second the folder of torchreid's networks.
"""

import os
import subprocess

import numpy as np
import pytest

from tfreid.systems.osnet.network import make_osnet
from tfreid.systems.osnet.options import VARIANTS, OsnetOptions

PYTHON, FOLDER = (os.environ.get(f"TFREID_{name}") for name in ("TORCH_PYTHON", "TORCHREID"))
PROGRAM = """if True:
    import sys
    import numpy as np, torch
    folder, out, *variants = sys.argv[1:]
    sys.path.insert(0, folder)
    import osnet, osnet_ain
    torch.manual_seed(3)
    for variant in variants:
        module = osnet_ain if variant.startswith("ain") else osnet
        network = getattr(module, f"osnet_{variant}")(num_classes=5, pretrained=False).eval()
        for name, tensor in network.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 1.5)
            elif name.endswith(("running_mean", "bias")):
                tensor.normal_(0, 0.1)
            elif tensor.dim() == 1:
                tensor.uniform_(0.5, 1.5)
            elif tensor.dim() > 1:
                tensor.normal_(0, (0.5 / tensor[0].numel()) ** 0.5)
        optimizer = torch.optim.Adam(network.parameters(), amsgrad=True)
        state = {"state_dict": network.state_dict(), "epoch": 3, "rank1": np.float64(0.5)}
        state["optimizer"] = optimizer.state_dict()
        state["scheduler"] = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3]).state_dict()
        torch.save(state, f"{out}/{variant}.pth")
        old = {"_use_new_zipfile_serialization": False}
        torch.save(network.state_dict(), f"{out}/{variant}.pt", **old)
        images = torch.randn(8, 3, 96, 56)
        with torch.no_grad():
            eight, one = network(images).numpy(), network(images[:1]).numpy()
        np.savez(f"{out}/{variant}.npz", images=images.permute(0, 2, 3, 1), eight=eight, one=one)
"""


@pytest.mark.skipif(not (PYTHON and FOLDER), reason="TFREID_TORCH_PYTHON, TFREID_TORCHREID")
def test_every_variants_embeddings_are_torchreids(tmp_path):
    """From a training's checkpoint and from a bare state dict in PyTorch's older form."""
    command = [PYTHON, "-c", PROGRAM, FOLDER, str(tmp_path), *VARIANTS]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": ""})
    for variant in VARIANTS:
        network = make_osnet(OsnetOptions(variant=variant), 64, 32)
        with np.load(tmp_path / f"{variant}.npz") as theirs:
            for ending in (".pth", ".pt"):
                network.load_torch_file(str(tmp_path / f"{variant}{ending}"))
                for name, count in (("eight", 8), ("one", 1)):
                    ours = network.embed(theirs["images"][:count])
                    np.testing.assert_allclose(ours, theirs[name], atol=1e-4, err_msg=variant)
