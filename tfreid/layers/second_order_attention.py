"""Second-order non-local attention: positions attend to each other by their covariance."""

import tensorflow as tf

from tfreid.layers.batch_norm import make_batch_norm
from tfreid.layers.bottleneck import build_chain

SCALES = ("paper", "covariance", "learned", "uniform")


@tf.keras.utils.register_keras_serializable("tfreid")
class SecondOrderNonLocalAttention(tf.keras.layers.Layer):
    """SONA(x) = x + p(softmax(Sigma / sqrt(d)) g(x)), with Sigma the covariance of theta(x).

    From "Second-order Non-local Attention Networks for Person Re-identification" (ICCV 2019),
    equations 1-3. With d = c / r channels, Sigma = theta I_bar theta^T and
    I_bar = (I - 11^T / d) / d. As I - 11^T / d is a projection, this is the product of theta,
    centered at each position over its channels, with itself, divided by d: the way it is computed
    here, since it never builds I_bar and costs no more than plain non-local attention.

    theta is a 1x1 convolution, batch norm and LeakyReLU; g and p are plain 1x1 convolutions.
    Where the paper is silent: theta's convolution has no bias (batch norm follows), g's and p's do.

    Input and output: [B, H, W, c], floating; H and W may vary from call to call. The softmax is
    taken in float32 under every precision policy.

    Args:
      reduction: r >= 1, a divisor of c. The paper uses 2.
      negative_slope: slope of the LeakyReLU below zero, in [0, 1]. 0.01 is the default of the
        paper's framework.
      identity_start: whether p's kernel starts at zero, so that the layer starts as the identity
        and leaves pretrained features as they are. False: p starts random.
      synchronized: whether batch-norm statistics are shared between replicas.
      scale: of the scores before the softmax. "paper": Sigma / sqrt(d), Eq. 2 as printed, whose map
        is nearly uniform (docs/attention.md). "covariance": Sigma. "learned": Sigma / sqrt(d) times
        a positive factor that is learned and starts at 1. "uniform": 0, so that every position gets
        the mean of g: global context, for comparison.
      **kwargs: of `tf.keras.layers.Layer`.

    Raises:
      ValueError: for a reduction below 1, an unknown scale or, when built, a reduction that does
        not divide c.
    """

    FOLDABLE = (("theta", "theta_norm"),)

    def __init__(
        self,
        reduction=2,
        negative_slope=0.01,
        identity_start=True,
        synchronized=False,
        scale="paper",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if scale not in SCALES:
            raise ValueError(f"scale is {scale!r}; it must be one of {', '.join(SCALES)}.")
        if reduction < 1:
            raise ValueError(f"reduction is {reduction}; it must be at least 1.")
        if not 0 <= negative_slope <= 1:
            raise ValueError(f"negative_slope is {negative_slope}; it must lie in [0, 1].")
        self.reduction = reduction
        self.negative_slope = negative_slope
        self.identity_start = identity_start
        self.synchronized = synchronized
        self.scale = scale

    def build(self, input_shape):
        channels = input_shape[-1]
        if channels % self.reduction:
            raise ValueError(
                f"The input has {channels} channels, which reduction={self.reduction} does not "
                "divide."
            )
        reduced = channels // self.reduction
        self.theta = self._make_pointwise(reduced, "theta", use_bias=False)
        self.theta_norm = make_batch_norm(
            "theta_norm", synchronized=self.synchronized, dtype=self.dtype_policy
        )
        self.g = self._make_pointwise(reduced, "g")
        kernel = "zeros" if self.identity_start else "he_normal"
        self.p = self._make_pointwise(channels, "p", kernel_initializer=kernel)
        if self.scale == "learned":
            # Its logarithm: one step of Adam then means the same at every depth.
            self.log_factor = self.add_weight("log_factor", (), tf.float32, "zeros")
        build_chain([self.theta, self.theta_norm], input_shape)
        build_chain([self.g, self.p], input_shape)
        super().build(input_shape)

    def call(self, inputs, training=False):
        shape = tf.shape(inputs)
        values = _flatten_positions(self.g(inputs))
        attended = self.attention(inputs, training=training) @ tf.cast(values, tf.float32)
        z = tf.reshape(
            tf.cast(attended, values.dtype), [shape[0], shape[1], shape[2], values.shape[-1]]
        )
        return inputs + self.p(z)

    def attention(self, inputs, training=False):
        """Returns the attention map, float32[B, H*W, H*W]; row i says where position i looks.

        Rows sum to one; positions are counted row by row (i = y * W + x).
        """
        theta = self.theta_norm(self.theta(inputs), training=training)
        theta = _flatten_positions(tf.nn.leaky_relu(theta, self.negative_slope))
        theta = tf.cast(theta, tf.float32)
        centered = theta - tf.reduce_mean(theta, axis=-1, keepdims=True)
        # On one factor: cheaper than on the map.
        scores = tf.matmul(centered * self._scale(centered.shape[-1]), centered, transpose_b=True)
        return tf.nn.softmax(scores)

    def _scale(self, depth):
        if self.scale == "uniform":
            return 0.0
        if self.scale == "covariance":
            return 1.0 / depth  # Eq. 1's alone
        paper = depth**-1.5  # 1/d of Eq. 1 and 1/sqrt(d) of Eq. 2
        return tf.exp(self.log_factor) * paper if self.scale == "learned" else paper

    def get_config(self):
        return {
            **super().get_config(),
            "reduction": self.reduction,
            "negative_slope": self.negative_slope,
            "identity_start": self.identity_start,
            "synchronized": self.synchronized,
            "scale": self.scale,
        }

    def _make_pointwise(self, filters, name, kernel_initializer="he_normal", use_bias=True):
        return tf.keras.layers.Conv2D(
            filters,
            1,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            name=name,
            dtype=self.dtype_policy,
        )


def _flatten_positions(inputs):
    shape = tf.shape(inputs)
    return tf.reshape(inputs, [shape[0], shape[1] * shape[2], inputs.shape[-1]])
