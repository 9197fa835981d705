"""Decisions made by plug-ins: what they are asked, what they may answer, and what becomes of the answer.

`questions` and `interfaces` are what a plug-in's author sees, through `progenitor_controller.plugins`; `asked` runs
the plug-in's code, apart from any transaction, and checks its answer (`answers`); `decisions` reads the history.
"""
