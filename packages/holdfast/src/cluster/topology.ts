import type { SessionAttrs } from '../driver/hosts.js'
import type { NodeStatus, NodeUp } from './node-status.js'
import { fits } from './session-role.js'

/**
 * What is known of the hosts of one cluster, and which of them takes the writes. Pure: replaced whole by
 * {@link observe}.
 */
export interface Topology {
  readonly attrs: SessionAttrs
  /** What each host said last; `undefined` before the first look. */
  readonly nodes: readonly (NodeStatus | undefined)[]
  /** Whether a choice may be made although some hosts have not said anything yet. */
  readonly settled: boolean
  /** The host that connections are opened on; `undefined` while there is none that can be used. */
  readonly primary: number | undefined
  /** The newest history that a chosen host has written. */
  readonly history: { readonly system: string; readonly timeline: number } | undefined
}

/** Something was learned: what a host says, or that the others have had their time. */
export type Observation = { readonly node: number; readonly status: NodeStatus } | 'settled'

/** Nothing is known yet. */
export function unknownTopology(count: number, attrs: SessionAttrs): Topology {
  const nodes = Array.from({ length: count }, () => undefined)
  return { attrs, nodes, settled: false, primary: undefined, history: undefined }
}

/**
 * The topology after an observation. The primary is, among the hosts that fit and do not write an outdated history, the
 * one on the newest timeline; among equals the one it was before, then the first in the list.
 */
export function observe(before: Topology, observation: Observation): Topology {
  const nodes =
    observation === 'settled'
      ? before.nodes
      : before.nodes.map((known, index) => (index === observation.node ? observation.status : known))
  const settled = before.settled || observation === 'settled' || nodes.every(status => status !== undefined)
  const known = { ...before, nodes, settled }
  const primary = settled ? choose(known) : undefined
  if (primary === undefined) return { ...known, primary }
  const { system, position } = nodes[primary] as NodeUp
  const isSame = system === before.history?.system
  const timeline = Math.max(position.timeline, isSame ? (before.history?.timeline ?? 0) : 0)
  return { ...known, primary, history: { system, timeline } }
}

/** Whether a host that takes writes must not be given any: a newer history is known. */
export function isOutdated({ history }: Topology, { system, position }: NodeUp): boolean {
  return history !== undefined && history.system === system && position.timeline < history.timeline
}

/** Whether some host answers, so that a primary may be made of it. */
export function someoneAnswers({ nodes }: Topology): boolean {
  return nodes.some(status => status === undefined || status.kind === 'up')
}

function choose(topology: Topology): number | undefined {
  const { nodes, attrs, primary, history } = topology
  const candidates = [...nodes.entries()].flatMap(([index, status]) =>
    status?.kind === 'up' && fits(attrs, status) && !isOutdated(topology, status) ? [{ index, status }] : [],
  )
  const rank = ({ index, status }: { index: number; status: NodeUp }) => [
    // Another cluster's timelines say nothing about ours: it counts only when nobody of ours is left.
    history !== undefined && status.system !== history.system ? 1 : 0,
    -status.position.timeline,
    index === primary ? 0 : 1,
    index,
  ]
  return candidates.map(each => ({ ...each, rank: rank(each) })).sort(byRank)[0]?.index
}

function byRank(a: { rank: number[] }, b: { rank: number[] }): number {
  const differing = a.rank.findIndex((value, place) => value !== b.rank[place])
  return differing === -1 ? 0 : (a.rank[differing] as number) - (b.rank[differing] as number)
}
