import type { Comparison, PhaseSide } from '@ropewalk/core/contract/api/comparison'
import { isJsonMediaType, type Artifact } from '@ropewalk/core/contract/artifact'
import { Prd } from '@ropewalk/core/contract/documents'
import { getElapsedMs } from '@ropewalk/core/decision'
import type { DossierData } from '../../dossier/collect-dossier.ts'
import { findContent, getNewest, listCounting, listStanding } from '../../dossier/run-record.ts'
import { diffDocuments } from '../document-diff.ts'
import { mergeNames } from './compare-plans.ts'

/** Lines of one document's differences at most: enough to see what it is about. */
const DIFF_LINES = 24

const getPhaseSide = ({ view }: DossierData, name: string): PhaseSide | null => {
  const phase = view.phases.find((each) => each.phase === name)
  if (phase === undefined) return null
  const { status, round, score, startedAt, completedAt, usage } = phase
  return {
    status,
    rounds: round,
    score,
    ms: startedAt === null || completedAt === null ? null : getElapsedMs(startedAt, completedAt),
    tokens: usage.inputTokens + usage.outputTokens,
    usd: usage.costMicros / 1_000_000,
    inherited: view.run.forkOf !== null && status === 'passed' && startedAt === null,
  }
}

/** Each phase of either, with how it went in both. */
export const comparePhases = (a: DossierData, b: DossierData): Comparison['phases'] =>
  mergeNames(
    a.view.plan.phases.map(({ phase }) => phase),
    b.view.plan.phases.map(({ phase }) => phase),
  ).map((phase) => ({ phase, a: getPhaseSide(a, phase), b: getPhaseSide(b, phase) }))

/** What a requirement says, as one line, so that only its words count. */
const getWords = (requirement: Prd['requirements'][number]): string => {
  const { id: _id, ...rest } = requirement
  return JSON.stringify(rest).toLowerCase().replaceAll(/\s+/gu, ' ')
}

type Requirement = Comparison['requirements'][number]

/** Requirements of both. One that says the same under another id is the same; one id with other words is changed. */
export const compareRequirements = (a: DossierData, b: DossierData): Requirement[] => {
  const [ours, theirs] = [a, b].map((data) => findContent(data, 'PRD', Prd)?.value.requirements ?? [])
  const verdictOf = (data: DossierData, id: string) =>
    data.judgement.requirements.find((judged) => judged.id === id)?.verdict ?? null
  const left = new Map((theirs ?? []).map((requirement) => [requirement.id, requirement]))
  const pairs = (ours ?? []).map((requirement) => {
    const own = left.get(requirement.id)
    const same =
      own !== undefined && getWords(own) === getWords(requirement)
        ? own
        : [...left.values()].find((other) => getWords(other) === getWords(requirement))
    if (same !== undefined) left.delete(same.id)
    return { requirement, same }
  })
  const rows = pairs.map(({ requirement: { id, title }, same }): Requirement => {
    const changed = same === undefined ? left.get(id) : undefined
    if (changed !== undefined) left.delete(id)
    const other = same ?? changed
    return {
      id,
      title,
      state: same !== undefined ? 'same' : changed !== undefined ? 'changed' : 'only-a',
      idInB: other === undefined || other.id === id ? null : other.id,
      verdictA: verdictOf(a, id),
      verdictB: other === undefined ? null : verdictOf(b, other.id),
    }
  })
  const added = [...left.values()].map(({ id, title }): Requirement => ({
    id,
    title,
    state: 'only-b',
    idInB: null,
    verdictA: null,
    verdictB: verdictOf(b, id),
  }))
  return [...rows, ...added]
}

const getArtifactSide = (artifact: Artifact | undefined) =>
  artifact === undefined
    ? null
    : {
        version: artifact.version,
        digest: artifact.digest,
        bytes: artifact.bytes,
        maker: artifact.lineage.maker.name,
      }

/** The newest version of each artifact, by name, with what differs in documents that both have. */
export const compareArtifacts = (a: DossierData, b: DossierData): Comparison['artifacts'] => {
  const [ours, theirs] = [getNewest(a.artifacts), getNewest(b.artifacts)]
  const names = mergeNames([...ours.keys()], [...theirs.keys()]).toSorted()
  const differing = names.filter((name) => ours.get(name)?.digest !== theirs.get(name)?.digest)
  const items = differing.map((name): Comparison['artifacts']['items'][number] => {
    const [one, other] = [ours.get(name), theirs.get(name)]
    const isDocument =
      one !== undefined &&
      other !== undefined &&
      isJsonMediaType(one.mediaType) &&
      isJsonMediaType(other.mediaType)
    return {
      name,
      state: one === undefined ? 'only-b' : other === undefined ? 'only-a' : 'changed',
      a: getArtifactSide(one),
      b: getArtifactSide(other),
      diff: isDocument
        ? diffDocuments(name, { before: a.contents.get(one.id), after: b.contents.get(other.id) }, DIFF_LINES)
        : null,
    }
  })
  return { same: names.length - differing.length, items }
}

type Found = {
  readonly kind: 'check' | 'test'
  readonly phase: string
  readonly name: string
  readonly outcome: string
}

/** What the checks of the gates that stand said, and the tests of requirements among them. */
const listFound = (data: DossierData): Map<string, Found> => {
  const checks = listStanding(data).flatMap(({ phase, pack }) =>
    pack.guard_reports.map(({ guard, artifacts, outcome }): Found => ({
      kind: 'check',
      phase,
      name: `${guard} on ${artifacts.join(', ')}`,
      outcome,
    })),
  )
  const tests = listCounting(data).flatMap(({ phase, report }) =>
    report.requirements.map(({ requirementId, test, outcome }): Found => ({
      kind: 'test',
      phase,
      name: `${requirementId}: ${test}`,
      outcome,
    })),
  )
  return new Map([...checks, ...tests].map((found) => [`${found.kind}/${found.phase}/${found.name}`, found]))
}

/** What came out otherwise; a phase that one of them took over or never reached has nothing to compare. */
export const compareEvidence = (a: DossierData, b: DossierData): Comparison['evidence'] => {
  const [ours, theirs] = [listFound(a), listFound(b)]
  const judged = [a, b].map((data) => new Set(listStanding(data).map(({ phase }) => phase)))
  return mergeNames([...ours.keys()], [...theirs.keys()]).flatMap((key) => {
    const [one, other] = [ours.get(key), theirs.get(key)]
    const found = one ?? other
    if (found === undefined || one?.outcome === other?.outcome) return []
    if (!judged.every((phases) => phases.has(found.phase))) return []
    const { kind, phase, name } = found
    return [{ kind, phase, name, a: one?.outcome ?? null, b: other?.outcome ?? null }]
  })
}
