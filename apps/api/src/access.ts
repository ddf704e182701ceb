/**
 * Who may call a route. Every route says it; one that does not prevents the start.
 *
 * `public`: anyone. `authenticated`: a person or the service role. `person`: someone with a valid token, profile or
 * not. `member`: a person with a profile. `creator`: a member who is a creator. `service`: the service role alone.
 * Whether a member may see a certain thing is the route's own question, asked of its data.
 */
export type Access = 'public' | 'authenticated' | 'person' | 'member' | 'creator' | 'service'
