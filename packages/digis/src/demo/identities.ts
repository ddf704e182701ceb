/** A person of the demo whom its documents and tokens name. */
export interface DemoPerson {
  /** The key in `users`, whatever the size of the data set. */
  readonly id: number
  /** The `sub` of a token. */
  readonly supabase_id: string
}

/** The creator with the most sessions; one, with {@link demoFan}, is going on. */
export const demoCreator: DemoPerson = Object.freeze({
  id: 1,
  supabase_id: '00000000-0000-4000-8000-000000000001',
})

/** A fan with sessions, payments and {@link DEMO_TOKENS} tokens. */
export const demoFan: DemoPerson = Object.freeze({
  id: 2,
  supabase_id: '00000000-0000-4000-8000-000000000002',
})

/** The balance of {@link demoFan}. */
export const DEMO_TOKENS = 500
