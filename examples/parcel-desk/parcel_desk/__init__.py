"""Back office of the shipping desk."""

__version__ = "2.7.1"
