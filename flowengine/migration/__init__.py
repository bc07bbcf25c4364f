"""Migration: a running execution moved to another release of its flow, planned before it is done.

`plan_migration` says where an execution goes and what would be lost; it changes nothing, so a plan
of all running executions is the dry run. `migrate_state` carries a plan out.
"""

from flowengine.migration.plan import Loss, Move, Plan
from flowengine.migration.planning import migrate_state, plan_migration
from flowengine.migration.text import describe

__all__ = ["Loss", "Move", "Plan", "describe", "migrate_state", "plan_migration"]
