"""What other libraries say, in our lines."""

from tfreid.errors import shorten, suggest


def test_the_words_of_another_library_become_one_short_line_that_says_something():
    assert shorten(OSError(" no\n\tspace ")) == "no space"
    assert shorten(KeyboardInterrupt()) == "KeyboardInterrupt"
    assert len(shorten("x" * 999)) < 210


def test_the_nearest_name_is_asked_about_whatever_its_case():
    names = ["sona_net", "sona2_net", "kvm_mn"]
    assert suggest("KVM-MN", names) == "did you mean kvm_mn? "
    assert suggest("sona_nte", names, most=2, end="") == "did you mean sona_net or sona2_net?"
    assert suggest("", names) == suggest("resnet50x", names) == ""
