import pg from 'pg'

/** First slice: replaced piece by piece. */
export class Pool extends pg.Pool {}
