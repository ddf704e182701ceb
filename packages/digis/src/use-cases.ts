import { type CreatorService, creatorService } from './creators/creator-service.js'
import type { Database } from './database/database.js'
import { type Ledger, ledgerOn } from './ledger/ledger-service.js'
import { type PaymentService, paymentService } from './payments/payment-service.js'
import { type SessionService, sessionService } from './sessions/session-service.js'
import { type CreatorDayService, creatorDayService } from './stats/creator-day-service.js'
import { type EarningsService, earningsService } from './stats/earnings-service.js'
import { type TokenService, tokenService } from './tokens/token-service.js'
import { type UserService, userService } from './users/user-service.js'

/** What can be done with users, creators, sessions, payments and tokens. */
export interface UseCases
  extends UserService,
    CreatorService,
    SessionService,
    PaymentService,
    EarningsService,
    CreatorDayService,
    TokenService {
  /** Moves tokens and money between accounts. */
  readonly ledger: Ledger
}

/** All use cases on one database: a pool's, or a transaction's. */
export function useCasesOn(database: Database): UseCases {
  return {
    ...userService(database),
    ...creatorService(database),
    ...sessionService(database),
    ...paymentService(database),
    ...earningsService(database),
    ...creatorDayService(database),
    ...tokenService(database),
    ledger: ledgerOn(database),
  }
}
