"""How the outside is reached. Knows `flowengine.messages` and nothing else of ours."""
