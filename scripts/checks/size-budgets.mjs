/**
 * The budgets. One that hurts a good design is changed here, in a commit that says why; none is dodged.
 *
 * A share is the part of all measured things that may exceed its limit.
 */
export const BUDGETS = {
  /** Lines of a file, sources and tests together. */
  file: { median: 100, most: 300, share: 0.1, max: 500 },
  /** Lines of a function: the share counts sources only, so that many tiny test functions cannot hide long ones. */
  function: { most: 25, share: 0.1, max: 60 },
  /** Parameters of a function, `this` not counted. */
  parameters: { max: 3 },
  /** Lines that carry a comment, as a part of all lines of one source tree. */
  comments: { min: 0.15, max: 0.3 },
  /** Lines of tests per line of source. Told, never failed: failing it would pay for padding. */
  tests: { min: 1, max: 2 },
  /** A source tree below this many lines is too small for a percentage to mean anything. */
  smallTree: 200,
}

/** Words that name nothing: a file or a declaration that needs one has not found its concept yet. */
export const EMPTY_WORDS = ['util', 'utils', 'helper', 'helpers', 'manager', 'managers']
