import type { Artifact } from '@ropewalk/core/contract/artifact'
import { findDocumentContract, Prd, RepoManifest, UserStories } from '@ropewalk/core/contract/documents'
import type { DocumentPage, DossierManifest, PhaseCost } from '@ropewalk/core/dossier/manifest'
import { renderDocument } from '@ropewalk/core/render/render-document'
import type { DossierData } from '../collect-dossier.ts'
import { getArtifactPath, getDocumentPath } from '../paths.ts'
import { findContent, getNewest } from '../run-record.ts'
import { type ListChangedFiles, makeEvidence, makeGates } from './gates.ts'
import { makeMeasurements, makePictures } from './measurements.ts'
import { makeRemarks } from './remarks.ts'
import { makeReviews } from './reviews.ts'
import { makeSecurity } from './security.ts'

/** What a manifest says beside the run: how outputs' files end, what changed in the code, the files there are. */
export type ManifestFacts = {
  readonly extensions: ReadonlyMap<string, string>
  readonly listChanged: ListChangedFiles
  readonly files: DossierManifest['files']
}

/** Whether people read it: a JSON artifact, by its contract or by its shape alone. */
export const isDocument = (data: Pick<DossierData, 'contents'>, { id, name }: Artifact): boolean =>
  data.contents.has(id) || findDocumentContract(name) !== undefined

const getTitle = (data: DossierData, artifact: Artifact): string => {
  const [first] = renderDocument(artifact.name, data.contents.get(artifact.id))
  return first?.type === 'heading' ? first.text : artifact.name
}

/** One page a document and phase: its newest version there, with the older ones of that phase. */
export const makeDocuments = (data: DossierData): DocumentPage[] => {
  const newest = getNewest(data.artifacts)
  const documents = data.artifacts.filter((artifact) => isDocument(data, artifact))
  const groups = [...Map.groupBy(documents, ({ phase, name }) => `${phase} ${name}`).values()]
  const pages = groups.flatMap((group): DocumentPage[] => {
    const [top, ...older] = group.toSorted((a, b) => b.version - a.version)
    if (top === undefined) return []
    return [
      {
        name: top.name,
        title: getTitle(data, top),
        phase: top.phase,
        version: top.version,
        maker: top.lineage.maker.name,
        simulated: top.simulated,
        html: getDocumentPath(top, 'html'),
        markdown: getDocumentPath(top, 'md'),
        json: getArtifactPath(top),
        isNewest: newest.get(top.name) === top,
        older: older.map((one) => ({
          version: one.version,
          html: getDocumentPath(one, 'html', one.version),
          json: getArtifactPath(one),
        })),
      },
    ]
  })
  const order = new Map(data.view.plan.phases.map(({ phase }, index) => [phase, index]))
  return pages.toSorted((a, b) => (order.get(a.phase) ?? 99) - (order.get(b.phase) ?? 99))
}

type Range = Omit<DossierManifest['cost']['estimate'], 'basis' | 'runs'>

const getRange = ({ lowTokens, tokens, highTokens, lowMicros, highMicros }: Range): Range => ({
  lowTokens,
  tokens,
  highTokens,
  lowMicros,
  highMicros,
})

const makeCosts = ({ view, cost }: DossierData): DossierManifest['cost'] => {
  const { estimate } = view.plan
  const phases = view.phases.map(({ phase, usage }): PhaseCost => {
    const rows = cost.rows.filter((row) => row.phase === phase)
    const expected = estimate.phases.find((one) => one.phase === phase)
    return {
      phase,
      estimate: expected === undefined ? null : getRange(expected),
      tokens: usage.inputTokens + usage.outputTokens,
      micros: rows.reduce((sum, { micros }) => sum + micros, 0),
      calls: rows.reduce((sum, { calls }) => sum + calls, 0),
    }
  })
  return {
    capMicros: cost.capMicros,
    spentMicros: cost.spentMicros,
    tokens: cost.tokens,
    estimate: { ...getRange(estimate), basis: estimate.basis, runs: estimate.runs },
    phases,
    rows: cost.rows.map((row) => ({ ...row })),
  }
}

/** The command lines that a reader may copy; only plain words become one, so that nothing needs quoting. */
const getHow = (data: DossierData): string[] => {
  const { acceptedCommit, id } = data.view.run
  const code = data.artifacts.findLast(({ commit }) => commit !== null && commit === acceptedCommit)
  const check = ['# check this folder, offline', `ropewalk dossier verify ${id}`]
  if (code === undefined) return ['# this run accepted no code', '', ...check]
  const manifest = findContent(data, 'RepoManifest', RepoManifest)?.value
  const show = (title: string, argv: readonly string[] | null | undefined): string[] =>
    argv && argv.every((word) => /^[\w./:=@+-]+$/u.test(word)) ? [`# ${title}`, argv.join(' '), ''] : []
  return [
    `# take the code (commit ${acceptedCommit ?? 'unknown'})`,
    `git clone -b main ${getArtifactPath(code)} product && cd product`,
    '',
    ...show('run it; it prints its address', manifest?.start),
    ...show(
      'run its tests yourself',
      manifest?.commands?.test ?? (manifest?.language === 'node' ? ['node', '--test'] : null),
    ),
    ...check,
  ]
}

const makeRun = ({ view, judgement, ledger }: DossierData): DossierManifest['run'] => {
  const { run, plan } = view
  return {
    id: run.id,
    title: run.title,
    idea: plan.idea,
    // A run that closes becomes a success by this very dossier.
    status: run.closing ? 'succeeded' : run.status,
    verdict: judgement.verdict,
    simulated: run.simulated,
    clarification: run.mode,
    planHash: run.planHash,
    playbook: { ...plan.playbook },
    models: [...plan.models],
    startedAt: run.startedAt,
    endedAt: run.endedAt ?? ledger.at(-1)?.at ?? null,
    commit: run.acceptedCommit,
    repo: plan.repo,
    failure: run.failureMessage,
    forkOf: run.forkOf,
  }
}

const makePhases = ({ view }: DossierData): DossierManifest['phases'] =>
  view.phases.map(({ phase, status, round, openings, score, startedAt, completedAt }) => {
    const definition = view.plan.phases.find((one) => one.phase === phase)?.definition
    return {
      phase,
      title: definition?.title ?? phase,
      status,
      rounds: round,
      openings,
      score,
      startedAt,
      completedAt,
      needs: [...(view.plan.dependencies[phase] ?? [])],
      agents: [...(definition?.agents ?? [])],
    }
  })

const makeRequirements = (data: DossierData): DossierManifest['requirements'] => {
  const prd = findContent(data, 'PRD', Prd)?.value
  return data.judgement.requirements.flatMap(({ id, title, verdict, reasons }) => {
    const found = prd?.requirements.find((requirement) => requirement.id === id)
    if (found === undefined) return []
    return [
      { id, title, statement: found.statement, priority: found.priority, verdict, reasons: [...reasons] },
    ]
  })
}

const makeQuestions = ({ questions }: DossierData): DossierManifest['questions'] =>
  questions.map((question) => ({
    id: question.id,
    kind: question.kind,
    phase: question.phase,
    askedBy: question.askedBy,
    text: question.text,
    category: question.category,
    priority: question.priority,
    decisionImpact: question.decisionImpact,
    answer: question.answer,
    status: question.status,
    decidedBy: question.decidedBy,
    decidedKind: question.decidedKind,
    decidedAt: question.decidedAt,
  }))

/** Everything the dossier says, as data. Pure: the same run gives the same manifest. */
export const makeManifest = (data: DossierData, facts: ManifestFacts): DossierManifest => {
  const stories = findContent(data, 'UserStories', UserStories)?.value.stories ?? []
  const parts = {
    security: makeSecurity(data),
    measurements: makeMeasurements(data),
    reviews: makeReviews(data),
    waivers: data.waivers.map(({ approvals, ...waiver }) => ({
      ...waiver,
      approvals: approvals.map((one) => ({ ...one })),
    })),
  }
  return {
    version: 1,
    run: makeRun(data),
    gaps: data.gaps.map((gap) => ({ ...gap })),
    remarks: makeRemarks(data, parts),
    requirements: makeRequirements(data),
    stories: stories.map(({ id, as, want, so_that: reason }) => ({
      id,
      text: `As ${as}, I want ${want} so that ${reason}`,
    })),
    traceability: data.rtm,
    phases: makePhases(data),
    gates: makeGates(data, facts.listChanged),
    evidence: makeEvidence(data, facts.extensions),
    questions: makeQuestions(data),
    ...parts,
    pictures: makePictures(data),
    documents: makeDocuments(data),
    artifacts: [...data.artifacts],
    cost: makeCosts(data),
    how: getHow(data),
    files: facts.files,
  }
}
