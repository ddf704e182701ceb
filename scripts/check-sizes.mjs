import { runCheck } from './checks/report.mjs'
import { checkSizes } from './checks/sizes.mjs'

await runCheck({ name: 'check-sizes', check: checkSizes })
