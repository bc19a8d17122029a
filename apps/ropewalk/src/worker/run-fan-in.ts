import { NO_USAGE } from '@ropewalk/core/contract/budget'
import { PhaseDefinition } from '@ropewalk/core/contract/playbook'
import { RopewalkError } from '@ropewalk/core/errors'
import { fanIn, type FanInPart } from '@ropewalk/core/fan-in/fan-in'
import { FAN_IN } from '@ropewalk/core/run/plan/expand-phase'
import type { AgentJob, AgentResult, JobInput } from './agent-runtime.ts'

const VERSION = '1'

/** Whether a task is the joining of what several agents handed in under one name. */
export const isFanIn = (target: string): boolean => target.startsWith(`${FAN_IN}.`)

const readPart = ({ ref, bytes, json }: JobInput): FanInPart => {
  if (json !== undefined) return { name: ref.name, json }
  try {
    return { name: ref.name, json: JSON.parse(bytes.toString('utf8')) as unknown }
  } catch (cause) {
    throw new RopewalkError('INVALID_ARGUMENT', `Only JSON can be joined; ${ref.name} is none.`, { cause })
  }
}

/**
 * Joins the parts among the job's inputs into its output, by the aggregation of the phase. The same parts give
 * the same bytes, in whatever order they came. Simulated where one of them is.
 * Throws INVALID_ARGUMENT for a part that is not there or no JSON.
 */
export const runFanIn = (job: AgentJob): AgentResult => {
  const { agent } = job.context
  const { output } = job.task.spec
  if (agent === null || output === null)
    throw new RopewalkError('INVARIANT_BROKEN', 'A fan-in is an agent of its plan and has an output.')
  const strategy = PhaseDefinition.shape.aggregation.parse(agent.settings['strategy'])
  const inputs = job.inputs.filter(({ ref }) => agent.inputs.includes(ref.name))
  const absent = agent.inputs.filter((name) => !inputs.some(({ ref }) => ref.name === name))
  if (absent.length > 0)
    throw new RopewalkError('INVALID_ARGUMENT', `There is nothing to join of ${absent.join(', ')}.`)
  job.log('note', `joins ${agent.inputs.join(', ')} by ${strategy}`)
  return {
    outputs: [
      {
        name: output,
        mediaType: 'application/json',
        bytes: Buffer.from(fanIn(strategy, inputs.map(readPart)), 'utf8'),
        simulated: inputs.some(({ ref }) => ref.artifact.simulated),
      },
    ],
    usage: NO_USAGE,
    tool: 'ropewalk-fan-in',
    toolVersion: VERSION,
  }
}
