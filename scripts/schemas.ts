// Writes the JSON Schemas that others build against, or with --check compares them with the contracts.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  CheckpointRequest,
  ClaimedTasks,
  ClaimTasksRequest,
  CompleteTaskRequest,
  FailTaskRequest,
  HeartbeatRequest,
  HeartbeatView,
  LogRequest,
} from '../packages/core/src/contract/api/claims.ts'
import { Comparison } from '../packages/core/src/contract/api/comparison.ts'
import { EditPreview } from '../packages/core/src/contract/api/edits.ts'
import { CloudEvent } from '../packages/core/src/contract/api/events.ts'
import { GateDetail } from '../packages/core/src/contract/api/gates.ts'
import { Problem } from '../packages/core/src/contract/api/problem.ts'
import { AnswerRequest, QuestionView } from '../packages/core/src/contract/api/questions.ts'
import { CostDetail, DossierSummary } from '../packages/core/src/contract/api/records.ts'
import { Readiness, ReadinessList } from '../packages/core/src/contract/api/readiness.ts'
import {
  WaiverBody,
  WaiverList,
  WaiverReason,
  WaiverRequested,
  WaiverView,
} from '../packages/core/src/contract/api/waivers.ts'
import { BudgetRequest, PlanView, RunDetail, SignalRequest } from '../packages/core/src/contract/api/runs.ts'
import { StoryLine } from '../packages/core/src/contract/api/story.ts'
import { TaskDetail } from '../packages/core/src/contract/api/tasks.ts'
import { Artifact } from '../packages/core/src/contract/artifact.ts'
import { DOCUMENTS } from '../packages/core/src/contract/documents.ts'
import { Memo } from '../packages/core/src/contract/documents/memo.ts'
import { EvidencePack } from '../packages/core/src/contract/evidence-pack.ts'
import { GuardReport } from '../packages/core/src/contract/guard-report.ts'
import { PhaseContext } from '../packages/core/src/contract/phase-context.ts'
import { PhasePlan } from '../packages/core/src/contract/phase-plan.ts'
import { AgentFront, PhaseDefinition, Price } from '../packages/core/src/contract/playbook.ts'
import { RunPlan } from '../packages/core/src/contract/run-plan.ts'
import { EditRequest, ForkRequest, RunRequest } from '../packages/core/src/contract/run-request.ts'
import { TaskSpec } from '../packages/core/src/contract/task-spec.ts'
import { Envelope, Statement } from '../packages/core/src/dossier/envelope.ts'
import { DossierIndex } from '../packages/core/src/dossier/index-file.ts'
import { DossierManifest } from '../packages/core/src/dossier/manifest.ts'
import { LedgerEntry, SignedHead } from '../packages/core/src/ledger/entry.ts'
import { RunCommand } from '../packages/core/src/run/commands.ts'
import { RunEvent } from '../packages/core/src/run/events.ts'
import { z } from 'zod'

const root = path.join(import.meta.dirname, '..')
const target = path.join(root, 'schemas')

const CONTRACTS: Readonly<Record<string, Readonly<Record<string, z.ZodType>>>> = {
  playbook: { phase: PhaseDefinition, agent: AgentFront, price: Price },
  run: { RunPlan, PhasePlan, PhaseContext, TaskSpec, EvidencePack, Artifact, GuardReport },
  documents: { ...DOCUMENTS, Memo },
  events: Object.fromEntries(RunEvent.options.map((option) => [option.shape.type.value, option])),
  commands: Object.fromEntries(RunCommand.options.map((option) => [option.shape.type.value, option])),
  dossier: { Envelope, Statement, DossierIndex, DossierManifest, LedgerEntry, SignedHead },
  api: {
    AnswerRequest,
    BudgetRequest,
    CheckpointRequest,
    ClaimedTasks,
    ClaimTasksRequest,
    CloudEvent,
    Comparison,
    CompleteTaskRequest,
    CostDetail,
    DossierSummary,
    EditPreview,
    EditRequest,
    FailTaskRequest,
    ForkRequest,
    GateDetail,
    HeartbeatRequest,
    HeartbeatView,
    LogRequest,
    PlanView,
    Problem,
    QuestionView,
    Readiness,
    ReadinessList,
    RunDetail,
    RunRequest,
    SignalRequest,
    StoryLine,
    TaskDetail,
    WaiverBody,
    WaiverList,
    WaiverReason,
    WaiverRequested,
    WaiverView,
  },
}

const getText = (name: string, contract: z.ZodType): string =>
  `${JSON.stringify({ title: name, ...z.toJSONSchema(contract, { io: 'input', target: 'draft-2020-12' }) }, null, 2)}\n`

const wanted = new Map(
  Object.entries(CONTRACTS).flatMap(([folder, contracts]) =>
    Object.entries(contracts).map(([name, contract]) => [
      path.join(folder, `${name}.json`),
      getText(name, contract),
    ]),
  ),
)

const listPresent = (): string[] =>
  existsSync(target)
    ? readdirSync(target, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(target, path.join(entry.parentPath, entry.name)))
    : []

if (process.argv.includes('--check')) {
  const present = new Set(listPresent())
  const stale = [...wanted].filter(
    ([file, text]) => !present.has(file) || readFileSync(path.join(target, file), 'utf8') !== text,
  )
  const extra = [...present].filter((file) => !wanted.has(file))
  for (const [file] of stale)
    console.error(`schemas/${file} is not what the contract says. Run: npm run schemas`)
  for (const file of extra) console.error(`schemas/${file} has no contract. Run: npm run schemas`)
  process.exitCode = stale.length + extra.length > 0 ? 1 : 0
} else {
  rmSync(target, { recursive: true, force: true })
  for (const [file, text] of wanted) {
    mkdirSync(path.dirname(path.join(target, file)), { recursive: true })
    writeFileSync(path.join(target, file), text)
  }
  console.log(`${wanted.size} schemas written`)
}
