import type { Artifact } from '@ropewalk/core/contract/artifact'
import type { PackReport } from '@ropewalk/core/contract/evidence-pack'
import type { PhaseDefinition } from '@ropewalk/core/contract/playbook'
import type { Change, Evidence, GateRecord, RubricScore } from '@ropewalk/core/dossier/manifest'
import { judgeGate } from '@ropewalk/core/run/gate/judge-gate'
import type { GateView } from '../../contract.ts'
import type { DossierData } from '../collect-dossier.ts'
import { getEvidencePath, getOutputPath } from '../paths.ts'
import { listCounting, listLedgerEvents } from '../run-record.ts'

/** Files that changed between two commits of a run's code; null where nobody can tell. Null stands for no code. */
export type ListChangedFiles = (base: string | null, commit: string) => readonly string[] | null

/** One rubric by itself, judged by the gate's own rule, so that both always say the same. */
const scoreRubric = (
  definition: PhaseDefinition,
  [name, rubric]: [string, PhaseDefinition['rubrics'][string]],
  pack: GateView['pack'],
): RubricScore => {
  const own = pack.guard_reports.filter(({ type }: PackReport) => type === name)
  const alone = judgeGate(
    { ...definition, rubrics: { [name]: rubric }, required_artifacts: [] },
    { reports: own, handedIn: [] },
  )
  const omitted = rubric.optional && own.every(({ outcome }) => outcome === 'not-run')
  const waived = pack.waivers.some((waiver) => waiver.rubric === name)
  return {
    rubric: name,
    score: omitted ? null : alone.score,
    min: rubric.min,
    weight: rubric.weight,
    passed: waived || alone.failingRubrics.length === 0,
    optional: rubric.optional,
    waived,
  }
}

/** The names of the members in which two versions of a document differ. */
const listChangedMembers = (before: unknown, after: unknown): string[] | null => {
  const isPlain = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isPlain(before) || !isPlain(after)) return null
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
}

const makeChange = (data: DossierData, artifact: Artifact, listChanged: ListChangedFiles): Change => {
  const before = data.artifacts.find(
    ({ name, version }) => name === artifact.name && version === artifact.version - 1,
  )
  const getParts = (): string[] | null => {
    if (artifact.commit !== null) {
      const files = listChanged(before?.commit ?? null, artifact.commit)
      return files === null ? null : [...files]
    }
    return before === undefined
      ? null
      : listChangedMembers(data.contents.get(before.id), data.contents.get(artifact.id))
  }
  return {
    artifact: artifact.name,
    by: artifact.lineage.maker.name,
    fromVersion: before?.version ?? null,
    toVersion: artifact.version,
    commit: artifact.commit,
    parts: getParts(),
  }
}

/**
 * What was made for each judgement after the first of its phase: between the judgement before and this one,
 * which also tells the rounds of a phase that was opened again apart.
 */
const listChanges = (data: DossierData, gate: GateView, listChanged: ListChangedFiles): Change[] => {
  const earlier = data.gates.filter(({ phase, at }) => phase === gate.phase && at < gate.at)
  const from = earlier.at(-1)?.at
  if (from === undefined) return []
  return data.artifacts
    .filter(
      ({ phase, lineage }) =>
        phase === gate.phase && lineage.createdAt > from && lineage.createdAt <= gate.at,
    )
    .map((artifact) => makeChange(data, artifact, listChanged))
}

/** Which strategy each failed judgement asked for, by the id of its pack. */
const findStrategies = (data: DossierData): Map<string, string> =>
  new Map(
    listLedgerEvents(data.ledger)
      .filter(({ type }) => type === 'phase.gate.failed')
      .map(({ data: { evidencePackId, autoFixStrategy } }) => [
        String(evidencePackId),
        String(autoFixStrategy),
      ]),
  )

/** The judgements of every gate, in the order of phases and rounds, with what changed between them. */
export const makeGates = (data: DossierData, listChanged: ListChangedFiles): GateRecord[] => {
  const strategies = findStrategies(data)
  return data.gates.map((gate) => {
    const definition = data.view.plan.phases.find(({ phase }) => phase === gate.phase)?.definition
    return {
      phase: gate.phase,
      round: gate.round,
      packId: gate.pack.id,
      passed: gate.passed,
      isLast: data.gates.findLast(({ phase }) => phase === gate.phase) === gate,
      score: gate.score,
      passMark: definition?.gate.pass ?? 1,
      at: gate.at,
      reasons: [...gate.reasons],
      requiredActions: [...gate.requiredActions],
      rubrics: Object.entries(definition?.rubrics ?? {}).flatMap((rubric) =>
        definition === undefined ? [] : [scoreRubric(definition, rubric, gate.pack)],
      ),
      waivers: gate.pack.waivers.map(({ waiverId }) => waiverId),
      strategy: strategies.get(gate.pack.id) ?? null,
      changes: listChanges(data, gate, listChanged),
    }
  })
}

/** A word of a command without the folders of the machine that it ran on: `--out=…/report.json`. */
const cutFolders = (word: string): string => word.replace(/^((?:--?[\w-]+=)?)\/(?:[^/]+\/)+/u, '$1…/')

/** Every report of every gate. `extensions` says how the outputs' files end, by digest. */
export const makeEvidence = (data: DossierData, extensions: ReadonlyMap<string, string>): Evidence[] => {
  const counting = new Set(listCounting(data))
  const { acceptedCommit } = data.view.run
  return data.reports.map((kept) => {
    const { report } = kept
    return {
      phase: kept.phase,
      round: kept.round,
      packId: kept.packId,
      guard: report.guard,
      rubric: report.rubric,
      digest: kept.digest,
      file: getEvidencePath(kept),
      outcome: report.outcome,
      score: report.score,
      severity: report.severity,
      reasons: [...report.reasons],
      artifacts: [...report.artifacts],
      tool: report.tool,
      toolVersion: report.toolVersion,
      command: report.argv === null ? null : report.argv.map(cutFolders),
      exitCode: report.exitCode,
      revision: report.revision,
      isOfAccepted: report.revision === null ? null : report.revision === acceptedCommit,
      counts: counting.has(kept),
      confined: report.confined,
      outputs: report.outputDigests.map((digest) =>
        getOutputPath(kept, digest, extensions.get(digest) ?? 'bin'),
      ),
    }
  })
}
