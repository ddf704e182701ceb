/** What the doctor needs of a connection; the clients of Holdfast and of pg have it. */
export interface DoctorClient {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: Record<string, unknown>[] }>
}

/** A connection that was borrowed from a pool. */
export interface BorrowedDoctorClient extends DoctorClient {
  release(destroy?: boolean): void
}

/** What the doctor needs of a pool; Holdfast's and pg's have it. */
export interface DoctorPool {
  readonly totalCount: number
  readonly options?: object
  connect(): Promise<BorrowedDoctorClient>
}

/** Tells a pool from a connection: both can connect, but only a pool counts. */
export function isPool(given: DoctorClient | DoctorPool): given is DoctorPool {
  return 'totalCount' in given && typeof given.totalCount === 'number'
}
