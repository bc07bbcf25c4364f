"""Reading what people write: numbers, dates, phones, documents, yes and no.

Every reader takes a customer's text and gives a value, or None where the text is no such thing;
none of them raises. They know no flow and no expression: answers, conditions and expressions are
built on them.
"""
