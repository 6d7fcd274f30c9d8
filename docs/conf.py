"""Sphinx configuration."""

import dataclasses
import sys
import warnings
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import interpkd.audit
import interpkd.explanation
import interpkd.export
import interpkd.fidelity
import interpkd.learners
import interpkd.targets
import interpkd.teachers

project = "interpkd"
author = "The interpkd developers"
copyright = "2026, The interpkd developers"
version = release = installed_version("interpkd")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "auto_examples/*.ipynb"]
html_theme = "pydata_sphinx_theme"
html_title = "interpkd"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {
    "header_links_before_dropdown": 6,
    "navigation_with_keys": True,
    "show_nav_level": 2,
    "show_prev_next": False,
}
html_show_sourcelink = False
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["config.cache"]

templates_path = ["_templates"]
autosummary_generate = True
autodoc_typehints = "none"
autodoc_default_options = {
    "members": True,
    # what these bring is left out
    "inherited-members": "BaseEstimator,ClassifierMixin,RegressorMixin,TransformerMixin",
    "exclude-members": "get_metadata_routing,set_fit_request,set_output,set_score_request",
}
numpydoc_show_class_members = False
numpydoc_validation_checks = {
    "all",
    "ES01",  # a summary that says it all needs no more
    "EX01",  # checked for public objects by tests/test_public_api.py
    "GL01",  # text starts on the line of the quotes
    "GL02",  # and ends on a line of its own
    "GL08",  # attributes of dataclasses are described by the class
    "RT02",  # "self : object" as scikit-learn writes it
    "RT04",  # a table of fields may begin with a name
    "SA01",  # not everything has a neighbour
    "YD01",
}
# dataclasses are described by their attributes
DATACLASSES = {
    rf"\.{name}$"
    for room in (
        *(interpkd.audit, interpkd.explanation, interpkd.export, interpkd.fidelity),
        *(interpkd.learners, interpkd.targets, interpkd.teachers),
    )
    for name in room.__all__
    if dataclasses.is_dataclass(getattr(room, name))
}
numpydoc_validation_exclude = {
    r"\.__init__$",  # parameters are documented on the class
    r"^interpkd\.(audit\.Check|learners\.Blocks)$",  # protocols, which nobody calls
    r"\.statistic$",  # described once, by the base class of the scores
    r"^interpkd\.exceptions\.\w+\.",  # inherited from Python
    # inherited from scikit-learn
    r"\.(get_params|set_params|score|set_fit_request|set_score_request)$",
    *DATACLASSES,
}

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "min_reported_time": 3600,
    "show_memory": False,
    "remove_config_comments": True,
}

# shap on matplotlib 3.11, at import (2026-11)
warnings.filterwarnings("ignore", message="The set_(bad|over|under) function")
