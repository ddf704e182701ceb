import type { Command } from './command.js'
import { completion } from './commands/completion.js'
import { doctor } from './commands/doctor.js'
import { doctorExplain } from './commands/doctor-explain.js'
import { migrateBaseline } from './commands/migrate-baseline.js'
import { migratePlan } from './commands/migrate-plan.js'
import { migrateRepair } from './commands/migrate-repair.js'
import { migrateStatus } from './commands/migrate-status.js'
import { migrateUp } from './commands/migrate-up.js'
import { migrateVerify } from './commands/migrate-verify.js'
import { top } from './commands/top.js'

/** Every command, in the order of the help. A new one is a file in `commands` and a line here. */
export const COMMANDS: readonly Command[] = [
  migrateStatus,
  migratePlan,
  migrateUp,
  migrateVerify,
  migrateRepair,
  migrateBaseline,
  // Before the command that is the first of its two words.
  doctorExplain,
  doctor,
  top,
  completion,
]
