"""Every filter by its name: the table of contents."""

from flowengine.expressions.filters.dates import DATE_FILTERS
from flowengine.expressions.filters.lists import LIST_FILTERS
from flowengine.expressions.filters.numbers import NUMBER_FILTERS
from flowengine.expressions.filters.texts import TEXT_FILTERS
from flowengine.expressions.spec import Spec

FILTERS: dict[str, Spec] = {**TEXT_FILTERS, **NUMBER_FILTERS, **DATE_FILTERS, **LIST_FILTERS}
