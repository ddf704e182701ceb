import { checkDocs } from './checks/docs.mjs'
import { runCheck } from './checks/report.mjs'

await runCheck({ name: 'check-docs', check: checkDocs, flags: ['write'] })
