import type {
  Creator,
  Digis,
  Earnings,
  Page,
  Payment,
  Session,
  SessionWithPeople,
  UseCases,
  User,
} from '@holdfast/digis'
import type * as db from '@holdfast/digis/db'
import type { QueryResult } from 'pg'
import { expectTypeOf, test } from 'vitest'

// Checked by the compiler; running it proves that the names exist.

test('each function of the contract has the arguments and results that it names', () => {
  expectTypeOf<Digis['createUser']>().toEqualTypeOf<UseCases['createUser']>()
  expectTypeOf<Digis['createUser']>().returns.resolves.toEqualTypeOf<QueryResult<User>>()
  expectTypeOf<Digis['createUser']>().parameter(0).toEqualTypeOf<string>()
  expectTypeOf<[string, boolean, string, string, number]>().toExtend<Parameters<Digis['createUser']>>()
  expectTypeOf<Digis['createUser']>().parameter(6).toEqualTypeOf<string | null | undefined>()
  expectTypeOf<User['username']>().toEqualTypeOf<string | null>()
  expectTypeOf<Digis['getUserBySupabaseId']>().returns.resolves.toEqualTypeOf<User | null>()
  expectTypeOf<Digis['getCreators']>().returns.resolves.toEqualTypeOf<Creator[]>()
  expectTypeOf<Digis['searchCreators']>().returns.resolves.toEqualTypeOf<QueryResult<Creator>>()
  expectTypeOf<Digis['createSession']>().returns.resolves.toEqualTypeOf<QueryResult<Session>>()
  expectTypeOf<Digis['getSessionById']>().returns.resolves.toEqualTypeOf<SessionWithPeople | null>()
  expectTypeOf<Digis['listUserSessions']>().returns.resolves.toEqualTypeOf<Page<Session>>()
  expectTypeOf<Digis['getPaymentHistory']>().returns.resolves.toEqualTypeOf<QueryResult<Payment>>()
  expectTypeOf<Digis['getCreatorEarnings']>().returns.resolves.toEqualTypeOf<QueryResult<Earnings>>()
  expectTypeOf<Digis['atomicTokenUpdate']>().returns.resolves.toEqualTypeOf<number>()
  expectTypeOf<Digis['healthCheck']>().returns.resolves.toEqualTypeOf<boolean>()
})

test('the arguments of a use case are checked by the compiler', () => {
  type Update = Parameters<Digis['updateUserProfile']>[1]
  expectTypeOf<{ bio: string }>().toExtend<Update>()
  expectTypeOf<{ bio: number }>().not.toExtend<Update>()
  expectTypeOf<Parameters<Digis['createSession']>[2]>().toEqualTypeOf<
    'video' | 'voice' | 'text' | null | undefined
  >()
  expectTypeOf<Parameters<Digis['atomicTokenUpdate']>[2]>().toEqualTypeOf<'add' | 'subtract'>()
})

test('the compatible module has the same functions', () => {
  type Db = typeof db
  expectTypeOf<Db['createUser']>().toEqualTypeOf<Digis['createUser']>()
  expectTypeOf<Db['query']>().toEqualTypeOf<Digis['query']>()
  expectTypeOf<Db['transaction']>().toEqualTypeOf<Digis['transaction']>()
  expectTypeOf<Exclude<keyof Digis, 'pool' | 'with' | 'applyOnce' | 'forgetOldKeys' | 'ledger'>>().toExtend<
    keyof Db
  >()
})
