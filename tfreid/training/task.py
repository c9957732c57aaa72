"""What a training is made of, whatever the system."""


class Task:
    """Which batches, which learner, for how long.

    `System.make_task` returns it. Subclasses set
    `images_per_step`, `total_steps` and `evaluate_steps`, and implement the methods.

    Attributes:
      options: `TrainOptions`.
      split: the training images that are used.
      images_per_step: images of a global batch.
      total_steps: training steps of the whole run.
      evaluate_steps: steps between two evaluations; 0 for one at the end.
      refresh_steps: steps after which a sampler is out of date; 0 for never.
    """

    refresh_steps = 0

    def __init__(self, options, split):
        self.options = options
        self.split = split

    def make_learner(self, network):
        """Returns the `Learner` of a network."""
        raise NotImplementedError

    def make_optimizer(self):
        """Returns the optimizer, with the schedule of its learning rate."""
        raise NotImplementedError

    def make_sampler(self, step, network):
        """Returns the sampler of the steps from `step` on, until the next refresh.

        Args:
          step: steps done.
          network: as trained in these steps.
        """
        raise NotImplementedError

    def describe(self):
        """Returns a few words about the steps, for the log."""
        raise NotImplementedError

    def find_next_stop(self, step):
        """Returns the step at which training pauses next, to evaluate or for a new sampler."""
        stops = [self.total_steps]
        stops += [
            (step // every + 1) * every
            for every in (self.evaluate_steps, self.refresh_steps)
            if every
        ]
        return min(stops)

    def resize_batches(self, dataset, step):
        """Returns the batches of steps from `step` to the next stop, their images of another size.

        Here they stay as they are.
        """
        return dataset

    def is_evaluated(self, step):
        """Returns whether the run is evaluated after this step."""
        every = self.evaluate_steps
        return step > 0 and (step == self.total_steps or (every > 0 and step % every == 0))
