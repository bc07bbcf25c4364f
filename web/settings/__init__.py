"""What a workspace sets: one page a subject, each with its list and its forms."""

from web.settings.audit import AuditLog
from web.settings.dead_letters import DeadLetters
from web.settings.keys import ApiKeys
from web.settings.knowledge import Knowledge
from web.settings.message_templates import MessageTemplates
from web.settings.model_profiles import ModelProfiles
from web.settings.people import People
from web.settings.policies import PolicySettings
from web.settings.queues import Queues
from web.settings.schedules import Schedules
from web.settings.subscriptions import Subscriptions
from web.settings.vocabulary import Vocabulary
from web.settings.workspace import WorkspaceSettings

SETTINGS = [
    WorkspaceSettings,
    PolicySettings,
    Queues,
    Schedules,
    Vocabulary,
    ModelProfiles,
    Knowledge,
    MessageTemplates,
    People,
    ApiKeys,
    AuditLog,
    Subscriptions,
    DeadLetters,
]
"""The table of contents."""

__all__ = ["SETTINGS"]
