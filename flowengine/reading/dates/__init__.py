"""Dates and times as people write them, in Portuguese, Spanish and English.

"amanhã às 10h", "próxima segunda", "dia 15", "15/3", "daqui a 2 horas", "el lunes a las 3 de la
tarde", "next Friday at noon". The grammar is ours, because no library reads these rightly; what
it does not know is given to dateparser, whose answer must hold every number of the question.
Nothing is guessed: with two dates, a "no" or "or" in it, or a number that was not understood, an
answer is no date.

Slashed dates are day first, but for English of the United States. What has no year, or is a
weekday, is the next one; a midnight ends its day.
"""

from flowengine.reading.dates.grammar import (
    instant_of,
    read_date,
    read_datetime,
    read_moment,
    read_time,
)
from flowengine.reading.dates.moment import Moment

__all__ = ["Moment", "instant_of", "read_date", "read_datetime", "read_moment", "read_time"]
