"""From options to the task of their system."""

from tfreid.options import KVM_MN
from tfreid.training.identity_task import IdentityTask
from tfreid.training.setwise_task import SetwiseTask


def make_task(options, dataset, workdir):
    """Returns the `Task` of `TrainOptions`.

    Args:
      options: `TrainOptions`.
      dataset: `Dataset` to learn from.
      workdir: `Workdir` of the run.

    Raises:
      InputError: for data that the task cannot be learned from.
    """
    if options.model.model == KVM_MN:
        return SetwiseTask(options, dataset, workdir)
    return IdentityTask(options, dataset)
