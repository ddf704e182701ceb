import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where systems put servers, and where the PATH of ordinary users often does not lead. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin']

/** The path of a program that the shell would find, or of a server where systems put them; or `undefined`. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...SERVER_FOLDERS]
  const names = process.platform === 'win32' ? [`${name}.exe`, `${name}.cmd`] : [name]
  return folders.flatMap(folder => names.map(each => join(folder, each))).find(isExecutable)
}

/** Whether this user may run the file. */
function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
