import type { Payment } from './schemas/payment.js'
import type { Session } from './schemas/session.js'
import type { User } from './schemas/user.js'

/** Rows of a query, as pg returns them. */
export interface Rows<T> {
  readonly rows: readonly T[]
}

/** A keyset page: its rows and the cursor of the next one. */
export interface RowPage<T> extends Rows<T> {
  readonly next: string | null
}

/** Where a keyset page starts: behind the cursor `after`, or at the beginning. */
export interface Cursor {
  readonly limit: number
  readonly after?: string
}

/** What a creator earned in all. */
export interface EarningsRow {
  readonly total_earnings: number | string | null
  readonly total_payments: number | string
  readonly unique_customers: number | string
  readonly average_payment: number | string | null
}

/** The fields of a profile that its user may change. */
export interface UserChange {
  readonly is_creator?: boolean
  readonly bio?: string
  readonly profile_pic_url?: string
  readonly price_per_min?: number
}

/** The part of the DIGIS data module that the service uses. */
export interface Digis {
  createUser(
    supabaseId: string,
    isCreator?: boolean,
    bio?: string,
    picture?: string,
    price?: number,
  ): Promise<Rows<User>>
  getUserById(id: number): Promise<User | null>
  getUserBySupabaseId(supabaseId: string): Promise<User | null>
  updateUserProfile(supabaseId: string, change: UserChange): Promise<Rows<User>>
  listCreators(cursor: Cursor): Promise<RowPage<User>>
  searchCreators(term: string, limit?: number, offset?: number): Promise<Rows<User>>
  searchCreatorsPage(term: string, cursor: Cursor): Promise<RowPage<User>>
  createSession(creatorId: number, fanId: number, type?: string): Promise<Rows<Session>>
  endSession(id: number): Promise<Rows<Session>>
  getSessionById(id: number): Promise<Session | null>
  getUserSessions(userId: number, limit?: number, offset?: number): Promise<Rows<Session>>
  listUserSessions(userId: number, cursor: Cursor): Promise<RowPage<Session>>
  getActiveSessions(userId: number): Promise<Rows<Session>>
  createPayment(sessionId: number, amount: number, tip?: number): Promise<Rows<Payment>>
  getPaymentHistory(userId: number, limit?: number, offset?: number): Promise<Rows<Payment>>
  listPayments(userId: number, cursor: Cursor): Promise<RowPage<Payment>>
  getCreatorEarnings(creatorId: number): Promise<Rows<EarningsRow>>
  getTokenBalance(userId: number): Promise<number>
  atomicTokenUpdate(userId: number, amount: number, operation: 'add' | 'subtract'): Promise<number>
}
