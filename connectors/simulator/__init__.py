"""The simulator: a connector, and the honest provider that it talks to.

`Network` is the provider, `application` its HTTP side, `SimulatorConnector` ours. Between the two
there is nothing but HTTP: webhooks in, sends out.
"""

from connectors.simulator.app import application
from connectors.simulator.connector import SimulatorConnector
from connectors.simulator.inbound import Unsayable
from connectors.simulator.network import Network, UnknownNumber
from connectors.simulator.settings import SimulatorSettings
from connectors.simulator.words import Change, Day, Entry, Fault, Line, Saying, Transcript

__all__ = [
    "Change",
    "Day",
    "Entry",
    "Fault",
    "Line",
    "Network",
    "Saying",
    "SimulatorConnector",
    "SimulatorSettings",
    "Transcript",
    "UnknownNumber",
    "Unsayable",
    "application",
]
