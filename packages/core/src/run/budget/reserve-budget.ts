import { refuse, type Refused } from '../../decision.ts'
import type { RunCommandOf } from '../commands.ts'
import { addEffect, answered, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectPlan, expectRun } from '../patch.ts'
import { getDefinition } from '../plan/find-in-plan.ts'
import type { Task } from '../state.ts'
import { findRunning, isRefused } from '../task/fence.ts'

type Command = RunCommandOf<'ReserveBudget'>
type Limit = { readonly unit: 'usd' | 'tokens'; readonly cap: number; readonly used: number }

/** Above this share of a limit a worker is asked to slow down (row DX-48). */
const THROTTLE_SHARE = 0.8
const THROTTLE_MS = 2000

const getMoney = (draft: Draft) => {
  const { capMicros: cap, spentMicros: spent, reservedMicros: reserved } = expectRun(draft.state)
  return { unit: 'usd' as const, cap, spent, reserved, used: spent + reserved }
}

const getTokens = (draft: Draft, phase: string) => {
  const { usage, reservedTokens: reserved } = expectPhase(draft.state, phase)
  const { tokens: cap } = getDefinition(expectPlan(draft.state), phase).budgets
  const spent = usage.inputTokens + usage.outputTokens
  return { unit: 'tokens' as const, cap, spent, reserved, used: spent + reserved }
}

const refuseLimit = (limit: ReturnType<typeof getMoney> | ReturnType<typeof getTokens>, asked: number) => {
  const { unit, cap, spent, reserved } = limit
  return refuse(
    'BUDGET_EXCEEDED',
    `The budget of ${cap} ${unit === 'usd' ? 'micro-dollars of the run' : 'tokens of the phase'} does not cover ${asked} more.`,
    { unit, cap, spent, reserved, asked },
  )
}

const isHigh = ({ cap, used }: Limit): boolean => cap > 0 && used > cap * THROTTLE_SHARE

const findRefusal = (draft: Draft, task: Task, command: Command): Refused | undefined => {
  if (draft.state.reservations.has(command.reservationId))
    return refuse('CONFLICT', `The reservation ${command.reservationId} exists already.`, {
      reservationId: command.reservationId,
    })
  const { maxModelCalls } = task.spec
  if (task.modelCalls >= maxModelCalls)
    return refuse('TASK_CEILING', `The task has made its ${maxModelCalls} model calls.`, {
      unit: 'calls',
      cap: maxModelCalls,
      spent: task.modelCalls,
      asked: 1,
    })
  const money = getMoney(draft)
  if (money.used + command.micros > money.cap) return refuseLimit(money, command.micros)
  const tokens = getTokens(draft, task.phase)
  return tokens.used + command.tokens > tokens.cap ? refuseLimit(tokens, command.tokens) : undefined
}

/** Sets money and tokens aside for one model call, before it is made. */
export const reserveBudget = (draft: Draft, command: Command): Outcome => {
  const task: Task | Refused = findRunning(draft, command)
  if (isRefused(task)) return task
  const refusal = findRefusal(draft, task, command)
  if (refusal) return refusal
  const { reservationId, micros, tokens, deadlineAt, taskId, attempt } = command
  addEvent(draft, 'budget.reserved', { reservationId, taskId, attempt, micros, tokens, deadlineAt })
  addEffect(draft, { kind: 'reservation-deadline', fireAt: deadlineAt, ref: { reservationId } })
  const isClose = isHigh(getMoney(draft)) || isHigh(getTokens(draft, task.phase))
  return answered({ reservationId, throttleMs: isClose ? THROTTLE_MS : 0 })
}
