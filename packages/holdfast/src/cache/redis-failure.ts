import { OptionsError } from '../base/errors.js'

/**
 * What kind of trouble it is. `down`: no connection. `slow`: no answer in time. `gone`: the server answered that it is
 * not, or no longer, the one to ask. `incarnation`: it holds another cache than the caller knows. `refused`: it will
 * refuse until somebody changes its settings. `busy`: it could not do this one thing.
 */
export type RedisTrouble = 'down' | 'slow' | 'gone' | 'incarnation' | 'refused' | 'busy'

/** Why Redis gave no answer, in words that repeat nothing of what was sent and no address. */
export class RedisFailure extends Error {
  override readonly name = 'RedisFailure'
  readonly trouble: RedisTrouble
  /** The server's error code, such as `OOM`; empty when it said nothing. */
  readonly code: string

  constructor(trouble: RedisTrouble, message: string, code = '') {
    super(message)
    this.trouble = trouble
    this.code = code
  }
}

/** The server holds another cache than the caller knows. */
export function anotherIncarnation(): RedisFailure {
  return new RedisFailure(...(BY_CODE.INCARNATION as Meaning), 'INCARNATION')
}

type Meaning = readonly [RedisTrouble, string]

const MOVED: Meaning = ['gone', 'another node of the cluster holds the cache']
const PASSWORD: Meaning = ['refused', 'Redis refuses the user or password']

/** By the first word of the server's error. */
const BY_CODE: Readonly<Record<string, Meaning>> = {
  INCARNATION: ['incarnation', 'Redis was restarted, flushed or failed over'],
  WRONGTYPE: ['incarnation', 'a key of the cache holds something else'],
  READONLY: ['gone', 'the server is a replica'],
  MASTERDOWN: ['gone', 'the server is a replica without its primary'],
  LOADING: ['gone', 'Redis is loading its data'],
  CLUSTERDOWN: ['gone', 'the cluster is down'],
  MOVED,
  ASK: MOVED,
  NOAUTH: PASSWORD,
  WRONGPASS: PASSWORD,
  NOPERM: ['refused', 'the user may not run the commands of the cache'],
  NOREPLICAS: ['busy', 'too few replicas confirm writes'],
  OOM: ['busy', 'the memory of Redis is full'],
  MISCONF: ['busy', 'Redis cannot save to disk and refuses writes'],
  TRYAGAIN: ['busy', 'slots are moving'],
  BUSY: ['busy', 'Redis is busy with a script'],
}

/** By the code of the system or of node-redis. */
const BY_SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at the address',
  ENOTFOUND: 'the host name does not resolve',
  EAI_AGAIN: 'the host name does not resolve now',
  ETIMEDOUT: 'no connection in time',
  ECONNRESET: 'the connection was lost',
  EPIPE: 'the connection was lost',
}

/** What an error of node-redis or of the server means. Its message is not kept: it repeats commands and addresses. */
export function failureOf(error: unknown): RedisFailure {
  if (error instanceof RedisFailure) return error
  if (error instanceof OptionsError) return new RedisFailure('refused', error.message.replace(/\.$/, ''))
  const { message = '', code } = error as { message?: string; code?: string }
  if (code !== undefined && BY_SYSTEM[code] !== undefined) return new RedisFailure('down', BY_SYSTEM[code])
  const word = /^-?([A-Z]{2,})\b/.exec(message)?.[1] ?? ''
  const known = BY_CODE[word]
  if (known !== undefined) return new RedisFailure(known[0], known[1], word)
  // Only servers begin their errors with a word in capitals; names of classes do not survive bundlers.
  if (word !== '') return new RedisFailure('busy', `Redis refused a command (${word})`, word)
  return new RedisFailure('down', code === undefined ? 'the connection was lost' : `no connection (${code})`)
}

/** Whether the script is unknown to the server: its script cache was flushed. */
export function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}
