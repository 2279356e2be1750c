"""The tests, and what they share."""

import pkgutil

import pytest

# Before any of them is imported, so that an assertion that fails in a helper shows its values, as in a test.
pytest.register_assert_rewrite(*(f"tests.{module.name}" for module in pkgutil.iter_modules(__path__)))
