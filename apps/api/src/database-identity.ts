import { ANONYMOUS, APP_SERVICE, personIdentity } from '@holdfast/digis'
import type { IdentityOptions } from 'holdfast'
import type { Identity } from './verify-token.js'

/**
 * As whom a request asks the database. A token that proves nothing is nobody's; whether that is enough for the route is
 * decided before.
 */
export function databaseIdentity(identity: Identity): IdentityOptions {
  switch (identity.kind) {
    case 'person':
      return personIdentity(identity.supabaseId)
    case 'service':
      return APP_SERVICE
    case 'anonymous':
    case 'rejected':
    case 'undecided':
      return ANONYMOUS
  }
}
