"""The cases by which an engine is proved: small tables, questions, and answers worked out by hand.

The rows of a case stand in its statement, so that it needs no table, and no right on any. A file of
`cases` is one topic: definitions, tables, and the questions asked of them.
"""
