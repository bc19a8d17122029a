import type { PlanView } from '@ropewalk/core/contract/api/runs'
import { getEstimateSource } from '../engine/views/estimates.ts'
import { getMoneyText } from './result.ts'
import { clip, makeTable } from './terminal.ts'

const getPriceText = ({ estimate, budgets, models }: PlanView): string => {
  if (models[0] === 'offline')
    return `nothing: the offline model makes no calls (cap ${getMoneyText(budgets.capUsd)})`
  const assumed =
    estimate.price === 'assumed' ? `; ${estimate.model} has no price and is taken to be dear` : ''
  return `${getMoneyText(estimate.lowUsd)} to ${getMoneyText(estimate.highUsd)} expected (${getEstimateSource(estimate)}${assumed}), never more than ${getMoneyText(budgets.capUsd)}`
}

/** A cap below what is expected stops the run halfway: better said before. */
const getCapWarning = ({ estimate, budgets }: PlanView): string | undefined => {
  const cap = getMoneyText(budgets.capUsd)
  if (budgets.capMicros < estimate.lowMicros)
    return `  ! ${cap} is less than the least that is expected: the run will stop for want of money`
  return budgets.capMicros < estimate.highMicros
    ? `  ! ${cap} is less than the most that is expected: the run may stop for want of money`
    : undefined
}

const getQuestionsText = ({ clarification, questionDeadlineMs }: PlanView): string =>
  clarification === 'autonomous'
    ? 'autonomous: every question takes its default'
    : clarification === 'human'
      ? 'human: a question waits for a person, however long that takes'
      : `${clarification}: a question takes its default after ${Math.round(questionDeadlineMs / 1000)} s`

/** Tokens and price by phase, with what each rests on. */
const layOutExpected = ({ estimate }: PlanView): string =>
  makeTable(
    estimate.phases
      .filter(({ highTokens }) => highTokens > 0)
      .map((phase) => [
        `    ${phase.phase}`,
        `${phase.lowTokens} to ${phase.highTokens} tokens`,
        `${getMoneyText(phase.lowMicros / 1e6)} to ${getMoneyText(phase.highMicros / 1e6)}`,
        getEstimateSource({ basis: phase.runs > 0 ? 'runs' : 'playbook', runs: phase.runs }),
      ]),
  )

/** A plan for a person. `short` leaves out what a run's preflight has no room for. */
export const printPlan = (print: (text: string) => void, plan: PlanView, form: 'short' | 'long'): void => {
  print(`plan  ${clip(plan.idea, 90)}`)
  if (form === 'short') {
    print(`  phases     ${plan.phases.map(({ phase }) => phase).join(' → ')}`)
  } else {
    const width = Math.max(...plan.phases.map(({ phase }) => phase.length))
    for (const { phase, stages, guards, gate, budgets, timebox } of plan.phases) {
      const indent = `    ${' '.repeat(width)}`
      print(`  ${phase.padEnd(width)}  ${stages.map((stage) => stage.join(' + ')).join(' → ')}`)
      print(`${indent}gate: ${[...new Set(guards)].join(', ')}`)
      print(
        `${indent}needs ${Math.round(gate.pass * 100)} % within ${gate.maxRounds} rounds, ${budgets.tokens} tokens, ${timebox}`,
      )
    }
  }
  print(`  models     ${plan.models.join(', ')}`)
  print(`  price      ${getPriceText(plan)}`)
  const warning = getCapWarning(plan)
  if (warning !== undefined) print(warning)
  print(`  questions  ${getQuestionsText(plan)}`)
  if (plan.unconfined)
    print('  sandbox    unconfined: where there is none, code runs without; the dossier says so')
  if (form === 'long') {
    if (plan.estimate.phases.length > 0) print(layOutExpected(plan))
    print(`  evidence   ${plan.requiredEvidence.join(', ')}`)
    print(`  plan       ${plan.planHash}`)
    print(`  playbook   ${plan.playbook.name} ${plan.playbook.hash}`)
  }
}
