"""How the outside is reached: one provider a module; knows `flowengine.messages` and nothing else.

Start at `base` (what a connector is) and `registry` (which ones there are); README.md says how to
add one.
"""
