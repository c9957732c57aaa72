"""What pyproject.toml cannot say: recipes, pages and our weights travel inside the package."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["tfreid", "tfreid.*"]), "tfreid.recipes"],
    package_dir={"tfreid.recipes": "configs"},
    package_data={
        "tfreid.recipes": ["*.cfg"],
        "tfreid.app": ["page/*"],
        "tfreid.index": ["*.html"],
        "tfreid.weights": ["files/*"],
    },
)
