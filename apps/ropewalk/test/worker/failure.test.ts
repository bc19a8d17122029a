import { expect, it } from 'vitest'
import { NO_USAGE } from '@ropewalk/core/contract/budget'
import { RopewalkError } from '@ropewalk/core/errors'
import { AgentError } from '../../src/worker/agent-runtime.ts'
import { getCleanText, getFailure } from '../../src/worker/failure.ts'

it.each([
  ['BUDGET_EXCEEDED', 'budget'],
  ['AGENT_UNREACHABLE', 'transient'],
  ['TASK_CEILING', 'fatal'],
  ['RATE_LIMITED', 'rate_limit'],
  ['INVALID_ARGUMENT', 'schema'],
  ['SANDBOX_UNAVAILABLE', 'tool_infra'],
] as const)('%s ends an attempt as %s', (code, errorClass) => {
  expect(getFailure(new RopewalkError(code, 'why'))).toMatchObject({ errorClass, message: 'why' })
})

it("an agent's own word on its failure is kept", () => {
  const failure = {
    errorClass: 'refusal',
    message: 'no',
    usage: { ...NO_USAGE, modelCalls: 1 },
    tool: 'm',
    toolVersion: '1',
  } as const
  expect(getFailure(new AgentError(failure))).toEqual(failure)
})

it('an error that is not ours is a fault of our tools', () => {
  expect(getFailure(new TypeError('x is not a function')).errorClass).toBe('tool_infra')
})

it('a message is cut, and freed of what the store cannot keep', () => {
  const { message } = getFailure(new Error(`a\0b\ud800${'x'.repeat(2000)}`))
  expect(message.startsWith('ab\ufffdx')).toBe(true)
  expect(message).toHaveLength(1000)
  expect(getCleanText('😀😀', 3).isWellFormed()).toBe(true)
  expect(getFailure(new Error('')).message).toBe('tool_infra')
})
