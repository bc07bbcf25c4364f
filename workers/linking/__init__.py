"""Numbers that are linked as a phone's device: what runs the Baileys service, and stands before it.

`Linking` (`keeper.py`) is the whole. `node.py` is the Node process and `modules.py` what it needs;
`door.py` is what that process is given (its keys, and where it tells what happened); `front.py` is
what the connector asks. Both are HTTP on `serving.py`; `known.py` has the channels' settings. The
service itself and what the two sides say: `connectors/baileys/service/README.md`.
"""

from workers.linking.keeper import Linking

__all__ = ["Linking"]
