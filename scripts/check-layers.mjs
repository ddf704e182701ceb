import { checkLayers } from './checks/layers.mjs'
import { runCheck } from './checks/report.mjs'

await runCheck({ name: 'check-layers', check: checkLayers })
