/**
 * One question to the model: `settings` are its preprocessor symbols, `expected` the answer that keeps the promise.
 *
 * @typedef {'holds' | 'violated' | 'reached'} Answer
 * @typedef {{ name: string, tags: 1 | 2, settings: readonly string[], expected: Answer }} Variant
 */

/**
 * What holds takes every state, and two tags show that their stamps need not be read in one step. What is violated
 * is violated with one tag.
 *
 * @type {readonly Variant[]}
 */
export const VARIANTS = [
  holds('the protocol, two tags', 2),
  holds('visible writes, Redis keeps its memory, two tags', 2, 'STRONG', 'NO_LOSS'),
  holds('visible writes, a new Redis waits, two tags', 2, 'STRONG', 'BIRTH'),
  holds('the protocol, one tag', 1),
  holds('visible writes, Redis keeps its memory', 1, 'STRONG', 'NO_LOSS'),
  holds('visible writes, a new Redis waits', 1, 'STRONG', 'BIRTH'),
  holds('values read before the stamps', 1, 'PLAIN'),
  holds('visible writes, values read before the stamps', 1, 'STRONG', 'NO_LOSS', 'PLAIN'),
  holds('no mark, but invalidated before the answer', 1, 'NO_MARK'),
  violated('naive cache-aside', 'NAIVE'),
  violated('no mark, visible writes', 'NO_MARK', 'STRONG', 'NO_LOSS'),
  violated('stamps read after the load', 'STAMPS_LATE'),
  violated('H1 loads shared by key alone', 'H1'),
  violated('H1 loads that bypass are shared', 'H1_BYPASS'),
  violated('H3 a clock ends a mark', 'H3'),
  violated('H4 one flag for all writers', 'H4'),
  violated('H5 no run_id in the namespace', 'H5'),
  violated('H22 marked tags are evicted', 'H22'),
  violated('no check after COMMIT', 'NO_CHECK'),
  violated('visible writes, Redis loses its memory', 'STRONG'),
  violated('a writer alone is cut off', 'CUT_OFF'),
  reached('a hit that reflects both writes', 'REACH_HIT'),
  reached('a hit of a value read before the stamps', 'REACH_HIT', 'PLAIN'),
  reached('a load that is joined after both writes', 'REACH_JOIN'),
  reached('a hit after a writer died with its mark', 'REACH_RECOVERY', 'NO_LOSS'),
  reached('a hit although a new Redis waits', 'REACH_HIT', 'BIRTH'),
]

/**
 * @param {string} name
 * @param {1 | 2} tags
 * @param {string[]} settings
 * @returns {Variant}
 */
function holds(name, tags, ...settings) {
  return { name, tags, settings, expected: 'holds' }
}

/** @param {string} name @param {string[]} settings @returns {Variant} */
function violated(name, ...settings) {
  return { name, tags: 1, settings, expected: 'violated' }
}

/** @param {string} name @param {string[]} settings @returns {Variant} */
function reached(name, ...settings) {
  return { name, tags: 1, settings, expected: 'reached' }
}
