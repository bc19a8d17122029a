import { Prd, UserStories } from '@ropewalk/core/contract/documents'
import { GuardReport, type RequirementCheck } from '@ropewalk/core/contract/guard-report'
import { NO_USAGE } from '@ropewalk/core/contract/budget'
import { RopewalkError } from '@ropewalk/core/errors'
import { makeRtm, type Proof } from '@ropewalk/core/trace/make-rtm'
import type { z } from 'zod'
import type { Engine } from '../engine/contract.ts'
import type { AgentJob, AgentRuntime } from './agent-runtime.ts'

const TOOL = 'ropewalk-trace-matrix'
const TOOL_VERSION = '1'

/** The page of a dossier that has a line for each requirement. */
const DOSSIER_PAGE = 'index.html'

/** The guard whose reports say what each test proved. */
const TEST_GUARD = 'tests'

/**
 * The tool that computes the traceability matrix from requirements, stories and, once a gate has run them,
 * test results. Simulated where one of its documents is.
 */
export const makeTraceMatrix =
  (engine: Engine): AgentRuntime =>
  async (job) => {
    const prd = readDocument(job, 'PRD', Prd)
    const stories = readDocument(job, 'UserStories', UserStories)
    const { checks, proofs } = await readChecks(engine, job)
    const documents = new Map(job.inputs.map(({ ref, json }) => [ref.name, json]))
    const rtm = makeRtm({ prd, stories, checks, documents, proofs, dossier: DOSSIER_PAGE })
    job.log('note', `${rtm.rows.length} requirements traced, ${checks.length} test results`)
    return {
      outputs: [
        {
          name: job.task.spec.output ?? 'RTM',
          mediaType: 'application/json',
          bytes: Buffer.from(`${JSON.stringify(rtm, null, 2)}\n`, 'utf8'),
          simulated: job.inputs.some(({ ref }) => ref.artifact.simulated),
        },
      ],
      usage: NO_USAGE,
      tool: TOOL,
      toolVersion: TOOL_VERSION,
    }
  }

const readDocument = <T extends z.ZodType>(job: AgentJob, name: string, contract: T): z.infer<T> => {
  const input = job.inputs.find(({ ref }) => ref.name === name)
  if (input === undefined)
    throw new RopewalkError('NOT_FOUND', `The matrix needs ${name}, and there is none.`)
  const parsed = contract.safeParse(input.json)
  if (parsed.success) return parsed.data
  throw new RopewalkError(
    'INVALID_ARGUMENT',
    `${name} breaks its contract: ${parsed.error.issues[0]?.message ?? ''}`,
  )
}

type Checked = { readonly checks: readonly RequirementCheck[]; readonly proofs: readonly Proof[] }

/** What the newest evidence of another phase proved by tests; nothing before there is code. */
const readChecks = async (engine: Engine, job: AgentJob): Promise<Checked> => {
  const { workspaceId, runId, spec } = job.task
  const phases = job.context.plan.phases.map(({ phase }) => phase).filter((phase) => phase !== spec.phase)
  for (const phase of phases.toReversed()) {
    const gates = await engine.listGates(workspaceId, runId, phase)
    const gate = gates.at(-1)
    const reports = gate?.pack.guard_reports.filter(({ guard }) => guard === TEST_GUARD) ?? []
    if (gate === undefined || reports.length === 0) continue
    const checks: RequirementCheck[] = []
    const proofs: Proof[] = []
    for (const { digest } of reports) {
      const bytes = await engine.blobs.read(workspaceId, digest)
      const { guard, outcome, requirements } = GuardReport.parse(JSON.parse(bytes.toString('utf8')))
      checks.push(...requirements)
      proofs.push({
        phase,
        guard,
        round: gate.round,
        digest,
        outcome,
        requirements: requirements.map(({ requirementId }) => requirementId),
      })
    }
    return { checks, proofs }
  }
  return { checks: [], proofs: [] }
}
