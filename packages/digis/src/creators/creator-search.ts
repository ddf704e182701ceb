import { SEARCHES } from '../cache/lifetimes.js'
import type { Statement } from '../database/database.js'
import type { Position } from '../paging/cursor.js'
import { USER_COLUMNS } from '../users/user-queries.js'

/** Of more matches than this, each kind comes newest first: to rank them would take a while. */
const RANKED = 200

/** Where the newest creators do not fill a page, up to so many matches are all read and put in order. */
const READ = 1_000

/** At most so many creators are guessed at, and these first among the newest ones. */
const GUESSES = { most: 200, newest: 1_000, enough: 20 }

/** With fewer matches than this, the words may be misspelt. */
const SCARCE = 5

/** How alike a known word has to be to what was typed, by pg_trgm's `word_similarity`. */
const ALIKE = 0.45

/** Known words have up to 30 letters, and alike ones at most two more. */
const LONGEST = 32

/** A term has few words that anybody misspelt. Counted with the operators between them. */
const MOST_PIECES = 32

/** The largest key: no row is behind it. */
const BEHIND_ALL = '9223372036854775807'

/**
 * So many of the newest creators are looked at one by one before an index is asked: it would give all matches of a
 * common word. For a page, ten more for each of its rows, `page` at most besides the rows themselves.
 */
const NEWEST = { first: 2_000, page: 10_000 }

/**
 * Not known while planning: what is read, and in which order, is written down here, and not left to what the planner
 * believes of how rare words are. Where it is wrong, it reads all creators.
 */
const QUERY = '(SELECT query FROM asked)'

const IS_FIRST_PAGE = "$4::real = 'infinity'"

const WANTED = '$2::bigint + $3'

interface Listed {
  readonly matching: string
  /** What has to be so for anything to be read. */
  readonly only: string
  /** The key behind which to begin. */
  readonly start: string
  readonly limit: string | number
}

/** The newest who match, of the newest creators alone: rare words cost no more than common ones. */
function near({ matching, only, start, limit }: Listed, creators: string | number = NEWEST.first): string {
  return `SELECT creator_id
      FROM (SELECT creator_id, names, document FROM creator_documents
             WHERE ${only} AND creator_id < ${start} ORDER BY creator_id DESC LIMIT ${creators}) AS newest
     WHERE ${matching} ORDER BY creator_id DESC LIMIT ${limit}`
}

/** The newest who match, of all: found through the index, where these are few. */
function far({ matching, only, start, limit }: Listed): string {
  return `SELECT creator_id FROM creator_documents
     WHERE ${matching} AND ${only} AND creator_id < ${start} ORDER BY creator_id + 0 DESC LIMIT ${limit}`
}

/**
 * Who matches what was typed: of common words, nobody yet. `whole`: these are all. A page behind a cursor is of the kind
 * that it began with, however many match by now.
 */
const TYPED = `
  asked AS MATERIALIZED (SELECT creator_query($1) AS query),
  recent AS MATERIALIZED (${near({ matching: `document @@ ${QUERY}`, only: IS_FIRST_PAGE, start: BEHIND_ALL, limit: RANKED + 1 })}),
  seen AS MATERIALIZED (
    SELECT count(*) > ${RANKED} AS common, CASE WHEN count(*) < ${WANTED} THEN ${READ} ELSE ${RANKED} END AS most FROM recent),
  hits AS MATERIALIZED (
    SELECT creator_id, document, names @@ ${QUERY} AS named FROM creator_documents
     WHERE document @@ ${QUERY} AND CASE WHEN ${IS_FIRST_PAGE} THEN (SELECT NOT common FROM seen) ELSE $4 < 3 END
     LIMIT CASE WHEN ${IS_FIRST_PAGE} THEN (SELECT most + 1 FROM seen) END),
  typed AS MATERIALIZED (
    SELECT matches,
           CASE WHEN ${IS_FIRST_PAGE} THEN common OR matches > ${RANKED} ELSE $4 >= 3 END AS many,
           CASE WHEN ${IS_FIRST_PAGE} THEN NOT common AND matches <= most ELSE $4 < 3 END AS whole
      FROM seen, (SELECT count(*) AS matches FROM hits) AS h)`

/** The words that were typed and what stands between them, where nearly nobody has these words and nobody is called so. */
const PIECES = `
  pieces AS MATERIALIZED (
    SELECT parts[1] AS piece, place, btrim(parts[1], ''':*') AS word
      FROM typed, regexp_matches(creator_words($1)::text, '!?''[^'']+''(?::\\*)?|[^''!]+|!', 'g') WITH ORDINALITY AS m (parts, place)
     WHERE CASE WHEN matches < ${SCARCE} AND NOT many
                THEN (SELECT count(*) FROM creator_documents WHERE names @@ ${QUERY}) = 0 END),
  words AS MATERIALIZED (
    SELECT place, word, search_trigrams(word) AS trigrams FROM pieces
     WHERE place <= ${MOST_PIECES} AND piece LIKE '''%' AND char_length(word) BETWEEN 4 AND ${LONGEST})`

/**
 * Known words like the typed ones. Only those that share many trigrams are compared, because to compare takes longer than
 * to count: so alike words share {@link ALIKE} of the typed word's trigrams, of which two at most are in no index.
 */
const LIKES = `
  likes AS (
    SELECT place, alternatives
      FROM words, LATERAL (
        SELECT string_agg(quote_literal(alike.word), ' | ') AS alternatives
          FROM (SELECT candidate.word
                  FROM (SELECT known.word,
                               CASE WHEN count(*) >= ceil(${ALIKE} * (cardinality(words.trigrams) + 2)) - 2
                                    THEN search_similarity(words.word, known.word) END AS similarity
                          FROM unnest(words.trigrams) AS trigram, search_words AS known
                         WHERE known.trigrams @> ARRAY[trigram]
                           AND abs(char_length(known.word) - char_length(words.word)) <= 2
                         GROUP BY known.id) AS candidate
                 WHERE similarity >= ${ALIKE}
                 GROUP BY candidate.word, similarity ORDER BY similarity DESC, candidate.word LIMIT ${SCARCE}) AS alike) AS a)`

/** The words as typed or like them, as a query. Nothing where no word is like them: who types a name that exists means it. */
const MEANT = `
  meant AS MATERIALIZED (
    SELECT CASE WHEN count(alternatives) > 0
                THEN string_agg(coalesce('(' || piece || ' | ' || alternatives || ')', piece), '' ORDER BY place) END::tsquery AS query
      FROM pieces LEFT JOIN likes USING (place))`

/** Where many of the newest creators match what was meant, nobody looks for the others. */
const GUESSED = `
  newest_guesses AS (
    SELECT creator_id, ts_rank(document, query) AS rank
      FROM meant, (SELECT creator_id, document FROM creator_documents
                    WHERE (SELECT query IS NOT NULL FROM meant)
                    ORDER BY creator_id DESC LIMIT ${GUESSES.newest}) AS newest
     WHERE document @@ query AND NOT document @@ ${QUERY} LIMIT ${GUESSES.most}),
  guessed AS (
    SELECT creator_id, rank FROM newest_guesses
    UNION ALL
    (SELECT creator_id, ts_rank(document, query)
       FROM meant, creator_documents
      WHERE (SELECT count(*) < ${GUESSES.enough} FROM newest_guesses)
        AND document @@ query AND NOT document @@ ${QUERY}
        AND creator_id <> ALL (ARRAY(SELECT creator_id FROM newest_guesses)) LIMIT ${GUESSES.most}))`

/** All who match. Few are ranked, and after them come those who match what was meant; the keys of these are below 1. */
const WHOLE = `
    SELECT creator_id, (CASE WHEN NOT many THEN 1 + ts_rank(document, ${QUERY}) WHEN named THEN 4 ELSE 3 END)::real AS rank
      FROM hits, typed WHERE whole
    UNION ALL
    SELECT creator_id, rank FROM guessed`

/** Among so many of the newest creators are the first pages of what every tenth one has. */
const NEAR_PAGE = `${NEWEST.first} + LEAST(10 * (${WANTED}), ${NEWEST.page} + ${WANTED})`

/** Those with the words in their names. */
const NAMED: Listed = {
  // IS TRUE: found by the index of the names alone.
  matching: `names @@ ${QUERY} AND (document @@ ${QUERY}) IS TRUE`,
  only: '$4 >= 4 AND (SELECT NOT whole FROM typed)',
  start: `CASE WHEN $4 > 4 THEN ${BEHIND_ALL} ELSE $5::bigint END`,
  limit: WANTED,
}

/** All others. */
const OTHERS: Listed = {
  matching: `document @@ ${QUERY} AND NOT names @@ ${QUERY}`,
  only: `(SELECT NOT whole FROM typed) AND (SELECT count(*) FROM named) < ${WANTED}`,
  start: `CASE WHEN $4 > 3 THEN ${BEHIND_ALL} ELSE $5::bigint END`,
  limit: WANTED,
}

/** The newest who match: where the newest creators do not fill the page, all are asked. */
function nearOrFar(name: string, listed: Listed): string {
  const isShort = `(SELECT count(*) FROM near_${name}) < ${WANTED}`
  return `near_${name} AS MATERIALIZED (${near(listed, NEAR_PAGE)}),
  ${name} AS MATERIALIZED (
    SELECT creator_id FROM near_${name} WHERE NOT ${isShort}
    UNION ALL
    (${far({ ...listed, only: `${listed.only} AND ${isShort}` })}))`
}

/** Many: those with the words in their names, then all others, each newest first. */
const MANY = `
    SELECT creator_id, 4 FROM named
    UNION ALL
    SELECT creator_id, 3 FROM others`

/**
 * Creators by rank, the newest of equal ones first.
 *
 * $1 is the term, $2 and $3 limit and offset, $4 and $5 the rank and id behind which to begin.
 */
function search(columns: string): string {
  return `WITH ${TYPED}, ${PIECES}, ${LIKES}, ${MEANT}, ${GUESSED},
  ${nearOrFar('named', NAMED)},
  ${nearOrFar('others', OTHERS)},
  found AS (${WHOLE}
    UNION ALL${MANY}),
  page AS (
    SELECT creator_id, rank FROM found WHERE (rank, creator_id) < ($4, $5)
     ORDER BY rank DESC, creator_id DESC LIMIT $2 OFFSET $3)
SELECT ${columns} FROM page JOIN users ON users.id = creator_id
 WHERE users.is_creator = true ORDER BY rank DESC, users.id DESC`
}

const IN_NUMBERED_PAGES = search(USER_COLUMNS)
const BEHIND_A_POSITION = search(`${USER_COLUMNS}, rank::text AS page_key`)

/** Best match first, the newest of equal ones; in numbered pages. */
export function searchCreatorsFrom(term: string, limit: number, offset: number): Statement {
  const values = [term, limit, offset, 'infinity', BEHIND_ALL]
  return { text: IN_NUMBERED_PAGES, values, readOnly: true, cache: SEARCHES }
}

/** Best match first, behind a position. */
export function searchCreatorsAfter(term: string, limit: number, start: Position | undefined): Statement {
  const values = [term, limit, 0, start?.key ?? 'infinity', start?.id ?? BEHIND_ALL]
  return { text: BEHIND_A_POSITION, values, readOnly: true, cache: SEARCHES }
}
