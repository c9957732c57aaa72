"""KVM-MN as a system."""

from tfreid.systems.kvm_mn.options import KvmMnAugmentOptions, KvmMnDataOptions, KvmMnOptions
from tfreid.systems.matching.system import MatchingSystem


class KvmMnSystem(MatchingSystem):
    """Inception-V1, key-value memory and co-attention matching; see `network.KvmMn`."""

    name = "kvm_mn"
    title = "KVM-MN"
    options = MatchingSystem.options._replace(
        data=KvmMnDataOptions, augment=KvmMnAugmentOptions, model=KvmMnOptions
    )

    def name_imagenet_weights(self, options):
        return "inception_v1_imagenet"

    def make_network(self, options):
        from tfreid.systems.kvm_mn.network import make_kvm_mn  # loads TensorFlow

        return make_kvm_mn(options.model, options.data.height, options.data.width)

    def list_backbone_facts(self, model):
        return {"final_endpoint": model.final_endpoint}


KVM_MN = KvmMnSystem()
