import type { Command } from './command.js'
import { completion } from './commands/completion.js'
import { migrateUp } from './commands/migrate-up.js'

/** Every command, in the order of the help. A new one is a file in `commands` and a line here. */
export const COMMANDS: readonly Command[] = [migrateUp, completion]
