"""What the library asks of a system, whichever it is."""

from tfreid.errors import InputError


class System:
    """A way to re-identify people, as training, evaluation, export, search and pictures see it.

    Nothing outside asks which system it has: it asks the system. A system derives from one of the
    two kinds, `EmbeddingSystem` or `MatchingSystem`, which bring all but the options and the
    network; whatever is special to it, it overrides. It is listed in `SYSTEMS`:

        SYSTEMS["mine"] = MySystem()

    Attributes:
      name: value of `--model`.
      title: its name as its paper writes it, for tables and pictures.
      options: `TrainOptions` of options classes, not instances: the flags that it has.
      loads_whole_networks: whether `load_initial_weights` sets every variable, not the backbone's
        alone.
      merges_requests: whether a server may answer the rows of several clients in one batch.
    """

    name = ""
    title = ""
    options = None
    loads_whole_networks = False
    merges_requests = True

    def make_network(self, options):
        """Returns the built network of `TrainOptions`, with its initial random weights.

        It is made under the Keras precision policy of the run.

        Raises:
          InputError: for options that contradict each other.
        """
        raise NotImplementedError

    def load_initial_weights(self, network, path):
        """Loads pretrained weights into a network; returns facts for the provenance.

        Args:
          network: of `make_network`.
          path: a file, or "imagenet" where `name_imagenet_weights` has left it so.

        Raises:
          InputError: for a file of another network, or a damaged one.
        """
        return network.backbone.load_weights(path)

    def name_imagenet_weights(self, options):
        """Returns the key of `WEIGHTS` that `--initial_weights=imagenet` stands for.

        "" hands the word "imagenet" to `load_initial_weights`.

        Args:
          options: `TrainOptions`.

        Raises:
          InputError: where there are none for this network.
        """
        return ""

    def make_task(self, options, dataset, workdir):
        """Returns the `Task` of a training: its batches, learner and optimizer.

        Args:
          options: `TrainOptions`.
          dataset: `Dataset` to learn from.
          workdir: `Workdir` of the run.

        Raises:
          InputError: for data that cannot be learned from.
        """
        raise NotImplementedError

    def evaluate(self, network, dataset, options):
        """Measures a network on a data set.

        Args:
          network: of `make_network`, trained.
          dataset: `Dataset` with query and gallery.
          options: `TrainOptions`; their data and evaluation options are used.

        Returns:
          An object with `measures`, a `Measures`, and `options`, the evaluation options as they
          took effect; the system's pictures are drawn from it.

        Raises:
          InputError: without query or gallery images, or where no query has a match.
        """
        raise NotImplementedError

    def check_multi_query(self, dataset):
        """Raises `InputError` where `measure_multi_query` cannot be: told before an evaluation."""
        raise InputError(
            f"multi_query=true: {self.title} compares two images and has no embedding to average; "
            "leave the flag out."
        )

    def measure_multi_query(self, network, retrieval, options):
        """Measures again with several images for each query.

        Args:
          network: of `make_network`, trained.
          retrieval: what `evaluate` returned.
          options: `TrainOptions`; their data and evaluation options are used.

        Returns:
          (`Measures`, number of images that stand for the queries).
        """
        raise NotImplementedError

    def check_rerank(self):
        """Raises `InputError` where `measure_reranked` cannot be: told before an evaluation."""
        raise InputError(
            f"rerank=true: {self.title} compares two images, and the whole gallery with itself "
            "would take days; leave the flag out."
        )

    def measure_reranked(self, retrieval):
        """Returns the `Measures` after re-ranking what `evaluate` returned."""
        raise NotImplementedError

    def complete_options(self, options, dataset):
        """Returns the `TrainOptions` of a training with what they leave to the data filled in."""
        return options

    def draw_pictures(self, evaluation):
        """Draws ranked sheets, and where the network looks.

        Args:
          evaluation: has `network`, `retrieval` (of `evaluate`) and the `options` of the run.

        Returns:
          {"ranked/<dataset>/best": uint8[H, W, 3], ...}.

        Raises:
          InputError: for an image that is missing or cannot be read.
        """
        raise NotImplementedError

    def write_projector(self, logdir, retrieval, step):
        """Writes embeddings for TensorBoard's projector; returns its file, None without any."""
        return None

    def make_signatures(self, network, options):
        """Returns {name: concrete function}, the signatures of the exported model.

        "pixels" takes uint8[B, h, w, 3]; the others take the bytes of JPEG and PNG files.

        Args:
          network: built network.
          options: `TrainOptions` of its run.
        """
        raise NotImplementedError

    def make_requests(self, signatures, contents):
        """Returns [(signature, {input: numpy array})]: a request of one batch for each signature.

        Args:
          signatures: of `make_signatures`.
          contents: object[B], bytes of JPEG files, all of one size.
        """
        raise NotImplementedError

    def make_model(self, name, card, signatures):
        """Returns the `LoadedModel` that answers by signatures; see `tfreid.load`.

        Args:
          name: folder that it was loaded from.
          card: dict of `make_card`.
          signatures: {name: function}, of `make_signatures` or of an export.
        """
        raise NotImplementedError
