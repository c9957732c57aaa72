"""KVM-MN: key-value memory and co-attention matching (AAAI 2019)."""
