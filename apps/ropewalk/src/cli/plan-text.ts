import type { PlanView } from '@ropewalk/core/contract/api/runs'
import { getMoneyText } from './result.ts'
import { clip } from './terminal.ts'

const getPriceText = ({ estimate, budgets, models }: PlanView): string => {
  if (models[0] === 'offline')
    return `nothing: the offline model makes no calls (cap ${getMoneyText(budgets.capUsd)})`
  return `${getMoneyText(estimate.lowUsd)} to ${getMoneyText(estimate.highUsd)} expected, never more than ${getMoneyText(budgets.capUsd)}`
}

const getQuestionsText = ({ clarification, questionDeadlineMs }: PlanView): string =>
  clarification === 'autonomous'
    ? 'autonomous: every question takes its default'
    : `${clarification}: a question takes its default after ${Math.round(questionDeadlineMs / 1000)} s`

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
  print(`  questions  ${getQuestionsText(plan)}`)
  if (plan.unconfined)
    print('  sandbox    unconfined: where there is none, code runs without; the dossier says so')
  if (form === 'long') {
    print(`  evidence   ${plan.requiredEvidence.join(', ')}`)
    print(`  plan       ${plan.planHash}`)
    print(`  playbook   ${plan.playbook.name} ${plan.playbook.hash}`)
  }
}
