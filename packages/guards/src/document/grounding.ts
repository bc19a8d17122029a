import { z } from 'zod'
import { judgeByScore, makeGuard, notRun } from '../make-guard.ts'
import { findUnresolved, listDocuments, parseCitation } from '../text/citations.ts'
import { listValues } from '../text/json-pointer.ts'

/** 0.7 is the figure of row DX-39. */
const Settings = z.strictObject({ min: z.number().min(0).max(1).default(0.7) })

type Claim = { readonly document: string; readonly pointer: string; readonly cites: readonly string[] }
type Target = { readonly document: string; readonly pointer: string }
type Weighed = { readonly claim: Claim; readonly problem: string | null; readonly restsOn: readonly Claim[] }

const getWhere = ({ document, pointer }: Target): string => `${document}#${pointer}`

const listClaims = (document: string, json: unknown): Claim[] =>
  listValues(json).flatMap(({ pointer, value }) => {
    if (typeof value !== 'object' || value === null || !('cites' in value) || !Array.isArray(value.cites))
      return []
    return [{ document, pointer, cites: value.cites.map(String) }]
  })

const isWithin = (inner: Target, outer: Target): boolean =>
  inner.document === outer.document &&
  (inner.pointer === outer.pointer || inner.pointer.startsWith(`${outer.pointer}/`))

const weigh = (claim: Claim, claims: readonly Claim[], lost: ReadonlySet<string>): Weighed => {
  if (claim.cites.length === 0) return { claim, problem: 'cites nothing', restsOn: [] }
  const restsOn: Claim[] = []
  for (const citation of claim.cites) {
    const target = parseCitation(citation)
    if (lost.has(citation)) return { claim, problem: `cites ${citation}, which does not exist`, restsOn }
    // A whole that holds the claim proves it no more than the claim itself.
    if (isWithin(target, claim) || isWithin(claim, target))
      return { claim, problem: `cites itself by ${citation}`, restsOn }
    const cited = claims.find((other) => isWithin(target, other))
    if (cited) restsOn.push(cited)
  }
  return { claim, problem: null, restsOn }
}

/** Claims that rest, step by step, on something other than each other: a ring of citations proves nothing. */
const getGrounded = (weighed: readonly Weighed[]): ReadonlySet<Claim> => {
  const grounded = new Set<Claim>()
  for (let before = -1; before < grounded.size;) {
    before = grounded.size
    for (const { claim, problem, restsOn } of weighed)
      if (problem === null && restsOn.every((other) => grounded.has(other))) grounded.add(claim)
  }
  return grounded
}

/** The share of claims whose every citation names something that exists in a document of the run or in the judged code. */
export const guard = makeGuard({
  name: 'grounding',
  version: '1.0.0',
  settings: Settings,
  judge: async (input, settings) => {
    const documents = listDocuments(input)
    const claims = input.judged.flatMap(({ artifact }) =>
      listClaims(artifact.name, documents.get(artifact.name)),
    )
    if (claims.length === 0) return notRun('The judged artifacts hold no claims with citations.')
    const lost = await findUnresolved(
      input,
      claims.flatMap(({ cites }) => cites),
    )
    const weighed = claims.map((claim) => weigh(claim, claims, lost))
    const grounded = getGrounded(weighed)
    const reasons = weighed
      .filter(({ claim }) => !grounded.has(claim))
      .map(
        ({ claim, problem }) =>
          `${getWhere(claim)} ${problem ?? 'rests only on claims that are not grounded'}.`,
      )
    return {
      ...judgeByScore(grounded.size / claims.length, settings.min, reasons),
      metrics: { claims: claims.length, grounded: grounded.size },
    }
  },
})
