import type { DeliverableBody, Fact } from '@ropewalk/core/contract/work-order'

/** As many as a deliverable may hold. */
const MAX_FACTS = 5000
const MAX_CLAIMS = 500
const MAX_SOURCES = 50

const rename = (batch: number, names: ReadonlySet<string>, source: string): string => {
  const bare = source.startsWith('facts.') ? source.slice('facts.'.length) : source
  if (!names.has(bare)) return source
  return source === bare ? `b${batch}.${bare}` : `facts.b${batch}.${bare}`
}

/**
 * Bodies of several batches as one, for workers whose results we cannot add up: facts keep their values under
 * the name of their batch, claims cite them there, and it is as sure as the least sure of them.
 */
export const joinBatches = (bodies: readonly DeliverableBody[]): DeliverableBody => {
  const facts: Fact[] = []
  const claims: DeliverableBody['claims'] = []
  for (const [index, body] of bodies.entries()) {
    const batch = index + 1
    const names = new Set(body.facts.map(({ name }) => name))
    facts.push(
      ...body.facts.map((fact) => ({
        ...fact,
        name: `b${batch}.${fact.name}`.slice(0, 64),
        from: fact.from.map((source) => rename(batch, names, source)),
      })),
    )
    claims.push(
      ...body.claims.map(({ text, sources }) => ({
        text,
        sources: sources.slice(0, MAX_SOURCES).map((source) => rename(batch, names, source)),
      })),
    )
  }
  const [first] = bodies
  return {
    type: first?.type ?? 'batches',
    agent: first?.agent ?? 'unknown',
    confidence: Math.min(1, ...bodies.map(({ confidence }) => confidence)),
    simulated: bodies.some(({ simulated }) => simulated),
    facts: facts.slice(0, MAX_FACTS),
    claims: claims.slice(0, MAX_CLAIMS),
    content: { batches: bodies.map(({ content }) => content) },
  }
}
