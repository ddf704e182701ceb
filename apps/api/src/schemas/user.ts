import type { ProfileChanges, User } from '@holdfast/digis'
import Type, { type Static } from 'typebox'
import { amount, DisplayName, Id, line, Moment, money, Username } from './fields.js'

/** The bounds here are those of the database, so that a violation is told by field. */
const Bio = line({
  maxLength: 5000,
  description: 'What a creator tells about themself.',
  examples: ['Salsa teacher in Lisbon'],
})
const PictureUrl = line({
  maxLength: 2048,
  description: 'The address of a picture.',
  examples: ['https://cdn.example.com/a.jpg'],
})
const PRICE = ['What a minute costs.', '2.50'] as const
const IsCreator = Type.Boolean({ description: 'Whether they offer sessions.' })

/** The fields that the public and the own profile share. */
const profile = {
  id: Id,
  display_name: DisplayName,
  username: Username,
  is_creator: IsCreator,
  bio: Bio,
  profile_pic_url: PictureUrl,
  price_per_min: money(...PRICE),
}

/** What anyone may know of a user. */
export const PublicProfile = Type.Object(profile, {
  $id: 'PublicProfile',
  description: 'A user as others see them.',
})

/** What a user may know of themself. */
export const OwnProfile = Type.Object(
  {
    ...profile,
    supabase_id: Type.String({ format: 'uuid', description: 'The `sub` of their tokens.' }),
    created_at: Moment,
    updated_at: Moment,
  },
  { $id: 'OwnProfile', description: 'A user as they see themself.' },
)

/** A user may say this of themself when they join, all of it optional. */
export const NewProfile = Type.Object(
  {
    is_creator: Type.Optional(IsCreator),
    bio: Type.Optional(Bio),
    profile_pic_url: Type.Optional(PictureUrl),
    price_per_min: Type.Optional(amount(...PRICE)),
    display_name: Type.Optional(DisplayName),
    username: Type.Optional(Username),
  },
  {
    additionalProperties: false,
    examples: [
      {
        is_creator: true,
        bio: 'Salsa teacher in Lisbon',
        price_per_min: '2.50',
        display_name: 'Ana Bela',
        username: 'ana.bela',
      },
    ],
  },
)

/** What a user changes of themself: at least one field. What was read of a name can be sent: `null` takes it away. */
export const ProfileChange = Type.Object(NewProfile.properties, {
  additionalProperties: false,
  minProperties: 1,
  examples: [{ bio: 'Salsa and bachata' }],
})

/**
 * The change as the data module takes it: there `null` is a field that is not given, and an empty text takes a name
 * away.
 */
export function profileChanges(change: Static<typeof ProfileChange>): ProfileChanges {
  const { display_name, username, ...others } = change
  return { ...others, display_name: nameOrEmpty(display_name), username: nameOrEmpty(username) }
}

/** `undefined` stays what it is: not given. */
function nameOrEmpty(name: string | null | undefined): string | undefined {
  return name === null ? '' : name
}

/** What of a row anyone may see. */
export function publicProfile(user: User): Static<typeof PublicProfile> {
  const { id, display_name, username, is_creator, bio, profile_pic_url, price_per_min } = user
  return { id, display_name, username, is_creator, bio, profile_pic_url, price_per_min }
}

/** What of a row its user may see. */
export function ownProfile(user: User): Static<typeof OwnProfile> {
  return {
    ...publicProfile(user),
    supabase_id: user.supabase_id,
    created_at: user.created_at.toISOString(),
    updated_at: user.updated_at.toISOString(),
  }
}
