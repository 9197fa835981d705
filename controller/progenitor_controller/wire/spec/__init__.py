"""A study's specification by groups of its messages, a module for each.

Each has up to three functions: `check` names what is wrong, `spell_out` sets every default, `record` gives what
decisions read. A message that is checked may hold anything; one that is spelled out is valid; a record is made
of one that is spelled out.
"""
