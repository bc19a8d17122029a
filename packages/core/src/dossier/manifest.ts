import { z } from 'zod'
import { Artifact } from '../contract/artifact.ts'
import { Rtm, Requirement } from '../contract/documents/prd.ts'
import { SECURITY_SECTIONS } from '../contract/documents/security.ts'
import { SeverityCounts } from '../contract/documents/shared.ts'
import { WaiverView } from '../contract/api/waivers.ts'
import { GuardOutcome } from '../contract/guard-report.ts'
import { QuestionKind } from '../contract/question.ts'
import { RunRepo } from '../contract/run-plan.ts'

const VerdictWord = z.enum(['verified', 'gaps', 'unverified'])
const Severity = z.enum(['info', 'minor', 'major', 'critical'])

/**
 * Something the verdict lacks. `not-run`: a check that could not run and was optional; `waiver`: a rubric
 * somebody was let off; `unconfined`: agents' code was checked without a sandbox; `assumed`: a question of
 * risk that nobody answered; `open`: a question nobody decided; `stale-scan`: a scan of other code than the
 * accepted one, never repeated.
 */
export const Gap = z.strictObject({
  kind: z.enum(['not-run', 'waiver', 'unconfined', 'assumed', 'open', 'stale-scan']),
  /** What is missing, as one sentence. */
  text: z.string(),
  /** Why, in the words of whoever knows: the check, the waiver, the question. */
  reason: z.string(),
  phase: z.string().nullable(),
  rubric: z.string().nullable(),
  /** Where to look: a file of the dossier, or `#anchor` on its page. */
  source: z.string().nullable(),
})
export type Gap = z.infer<typeof Gap>

/** What a reader should know and what takes nothing from the verdict. */
export const Remark = z.strictObject({
  kind: z.enum([
    'simulated',
    'independence',
    'approval',
    'assumption',
    'older-code',
    'self-approval',
    'unused-waiver',
  ]),
  text: z.string(),
  source: z.string().nullable(),
})
export type Remark = z.infer<typeof Remark>

const Evidence = z.strictObject({
  phase: z.string(),
  round: z.int(),
  packId: z.string(),
  guard: z.string(),
  rubric: z.string(),
  digest: z.string(),
  /** The whole report in this dossier. */
  file: z.string(),
  outcome: GuardOutcome,
  score: z.number(),
  severity: Severity,
  reasons: z.array(z.string()),
  artifacts: z.array(z.string()),
  tool: z.string(),
  toolVersion: z.string(),
  /** Without the folders of the machine it ran on; the report has it whole. */
  command: z.array(z.string()).nullable(),
  exitCode: z.int().nullable(),
  /** The commit it looked at; null where it looked at documents. */
  revision: z.string().nullable(),
  /** Whether that commit is the accepted one; null without a commit. */
  isOfAccepted: z.boolean().nullable(),
  /** Whether the verdict of requirements rests on it. */
  counts: z.boolean(),
  confined: z.enum(['yes', 'no', 'not-needed']),
  outputs: z.array(z.string()),
})
export type Evidence = z.infer<typeof Evidence>

const RubricScore = z.strictObject({
  rubric: z.string(),
  score: z.number().nullable(),
  min: z.number(),
  weight: z.number(),
  passed: z.boolean(),
  optional: z.boolean(),
  waived: z.boolean(),
})
export type RubricScore = z.infer<typeof RubricScore>

/** What one artifact became in a round: from which version, to which. */
const Change = z.strictObject({
  artifact: z.string(),
  by: z.string(),
  fromVersion: z.int().nullable(),
  toVersion: z.int(),
  commit: z.string().nullable(),
  /** Changed files of code, or changed members of a document; null where nothing could be compared. */
  parts: z.array(z.string()).nullable(),
})
export type Change = z.infer<typeof Change>

const Gate = z.strictObject({
  phase: z.string(),
  round: z.int(),
  packId: z.string(),
  passed: z.boolean(),
  /** Whether this is the judgement by which the phase stands; earlier ones are history. */
  isLast: z.boolean(),
  score: z.number(),
  passMark: z.number(),
  at: z.string(),
  reasons: z.array(z.string()),
  requiredActions: z.array(z.string()),
  rubrics: z.array(RubricScore),
  waivers: z.array(z.string()),
  /** What a failed gate asked for; null where it passed. */
  strategy: z.string().nullable(),
  changes: z.array(Change),
})
export type GateRecord = z.infer<typeof Gate>

const Phase = z.strictObject({
  phase: z.string(),
  title: z.string(),
  status: z.string(),
  rounds: z.int(),
  openings: z.int(),
  score: z.number().nullable(),
  startedAt: z.string().nullable(),
  completedAt: z.string().nullable(),
  needs: z.array(z.string()),
  agents: z.array(z.string()),
})
export type PhaseRecord = z.infer<typeof Phase>

const Review = z.strictObject({
  phase: z.string(),
  artifact: z.string(),
  version: z.int(),
  reviewer: z.string(),
  reviewerModel: z.string(),
  authors: z.array(z.string()),
  authorModel: z.string(),
  independence: z.enum(['none', 'identity', 'model', 'unknown']),
  verdict: z.enum(['accept', 'reject']),
  summary: z.string(),
  findings: z.array(z.strictObject({ severity: z.string(), text: z.string(), cites: z.array(z.string()) })),
  document: z.string(),
  isLast: z.boolean(),
})
export type ReviewRecord = z.infer<typeof Review>

const Question = z.strictObject({
  id: z.string(),
  kind: QuestionKind,
  phase: z.string(),
  askedBy: z.string(),
  text: z.string(),
  category: z.string(),
  priority: z.string(),
  decisionImpact: z.string(),
  answer: z.string().nullable(),
  status: z.string(),
  decidedBy: z.string().nullable(),
  decidedKind: z.string().nullable(),
  decidedAt: z.string().nullable(),
})
export type QuestionRecord = z.infer<typeof Question>

const SecuritySection = z.strictObject({
  section: z.enum(SECURITY_SECTIONS),
  status: z.enum(['done', 'not-run', 'none', 'missing']),
  reason: z.string().nullable(),
  counts: SeverityCounts,
  artifact: z.string().nullable(),
  document: z.string().nullable(),
  tool: z.string().nullable(),
  /** The commit its findings speak of; null where it speaks of documents. */
  revision: z.string().nullable(),
  isOfAccepted: z.boolean().nullable(),
  simulated: z.boolean(),
})
export type SecuritySection = z.infer<typeof SecuritySection>

/** One measured figure in words, with the commit it was measured at. */
const Figure = z.strictObject({
  topic: z.enum(['tests', 'coverage', 'performance', 'load', 'accessibility', 'compatibility', 'canary']),
  name: z.string(),
  value: z.string(),
  tone: z.enum(['good', 'gap', 'bad', 'plain']),
})

const Measurement = z.strictObject({
  topic: z.enum(['tests', 'coverage', 'performance', 'load', 'accessibility', 'compatibility', 'canary']),
  artifact: z.string(),
  document: z.string(),
  tool: z.string(),
  outcome: z.enum(['done', 'not-run']),
  reason: z.string().nullable(),
  revision: z.string().nullable(),
  isOfAccepted: z.boolean().nullable(),
  figures: z.array(Figure.omit({ topic: true })),
})
export type Measurement = z.infer<typeof Measurement>

const Picture = z.strictObject({
  page: z.string(),
  width: z.int(),
  height: z.int(),
  moment: z.enum(['before', 'after']),
  file: z.string(),
  revision: z.string().nullable(),
})
export type PictureRecord = z.infer<typeof Picture>

/** A document artifact as people read it: the newest version of one phase, older ones beside it. */
const DocumentPage = z.strictObject({
  name: z.string(),
  title: z.string(),
  phase: z.string(),
  version: z.int(),
  maker: z.string(),
  simulated: z.boolean(),
  html: z.string(),
  markdown: z.string(),
  json: z.string(),
  /** Whether a later phase made a newer version of it. */
  isNewest: z.boolean(),
  older: z.array(z.strictObject({ version: z.int(), html: z.string(), json: z.string() })),
})
export type DocumentPage = z.infer<typeof DocumentPage>

const CostRow = z.strictObject({
  phase: z.string(),
  model: z.string(),
  calls: z.int(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  micros: z.int(),
  assumedMicros: z.int(),
})

const range = {
  lowTokens: z.int(),
  tokens: z.int(),
  highTokens: z.int(),
  lowMicros: z.int(),
  highMicros: z.int(),
} as const

const PhaseCost = z.strictObject({
  phase: z.string(),
  /** What was expected before the run; null where the plan said nothing of this phase. */
  estimate: z.strictObject(range).nullable(),
  tokens: z.int(),
  micros: z.int(),
  calls: z.int(),
})
export type PhaseCost = z.infer<typeof PhaseCost>

/** `dossier.json`: everything the page of a dossier says, as data. Money in millionths of a US dollar. */
export const DossierManifest = z.strictObject({
  version: z.literal(1),
  run: z.strictObject({
    id: z.string(),
    title: z.string(),
    idea: z.string(),
    status: z.string(),
    verdict: VerdictWord,
    simulated: z.boolean(),
    clarification: z.string(),
    planHash: z.string(),
    playbook: z.strictObject({ name: z.string(), hash: z.string() }),
    models: z.array(z.string()),
    startedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    commit: z.string().nullable(),
    /** The repository that the run began from. */
    repo: RunRepo.nullable(),
    failure: z.string().nullable(),
    forkOf: z.string().nullable(),
  }),
  gaps: z.array(Gap),
  remarks: z.array(Remark),
  requirements: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      statement: z.string(),
      priority: Requirement.shape.priority,
      verdict: VerdictWord,
      reasons: z.array(z.string()),
    }),
  ),
  stories: z.array(z.strictObject({ id: z.string(), text: z.string() })),
  traceability: Rtm.nullable(),
  phases: z.array(Phase),
  gates: z.array(Gate),
  evidence: z.array(Evidence),
  waivers: z.array(WaiverView),
  reviews: z.array(Review),
  questions: z.array(Question),
  security: z.array(SecuritySection),
  measurements: z.array(Measurement),
  pictures: z.array(Picture),
  documents: z.array(DocumentPage),
  artifacts: z.array(Artifact),
  cost: z.strictObject({
    capMicros: z.int(),
    spentMicros: z.int(),
    tokens: z.int(),
    estimate: z.strictObject({ ...range, basis: z.string(), runs: z.int() }),
    phases: z.array(PhaseCost),
    rows: z.array(CostRow),
  }),
  /** Commands that take the code out of this folder, run it and check it. */
  how: z.array(z.string()),
  files: z.array(z.strictObject({ path: z.string(), about: z.string() })),
})
export type DossierManifest = z.infer<typeof DossierManifest>
