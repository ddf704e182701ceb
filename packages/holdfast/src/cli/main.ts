import { runCommandLine } from './run-command-line.js'

// Whoever reads the output may stop reading: `holdfast … | head` is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exitCode = await runCommandLine(process.argv.slice(2), process)
