/** Carries the reports of each process to all others. */
export interface ReportChannel {
  /** Never rejects: a report that is lost is followed by the next one. @returns whether it was sent */
  publish(report: string): Promise<boolean>
  close(): Promise<void>
}

/** The name of the channel, in Redis and in PostgreSQL. */
export const CHANNEL = 'holdfast_live'
