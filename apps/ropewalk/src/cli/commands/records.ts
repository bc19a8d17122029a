import { setTimeout as sleep } from 'node:timers/promises'
import type { LogLineView } from '@ropewalk/core/contract/api/records'
import { listAll, type Api } from '../api.ts'
import type { CommonFlags } from '../settings.ts'
import { withInterrupt } from '../interrupts.ts'
import { getExpectedText, layOutActuals } from '../estimate-text.ts'
import { getMoneyText } from '../result.ts'
import { resolveRunId } from '../run-ref.ts'
import { clean, clip, makeTable, type Terminal } from '../terminal.ts'
import { EXIT } from '../trouble.ts'
import { withApi } from '../with-api.ts'

const PAGE = 200

/** How soon new lines are looked for; the worker hands lines in about once a second. */
const FOLLOW_MS = 700

export type LogFlags = CommonFlags & { readonly follow?: boolean; readonly task?: string }

const printLine = (
  terminal: Terminal,
  line: LogLineView,
  agents: ReadonlyMap<string, string>,
  isJson: boolean,
) => {
  if (isJson) terminal.out(JSON.stringify(line))
  else
    terminal.out(
      `${line.at.slice(11, 19)} ${(agents.get(line.taskId) ?? line.taskId.slice(0, 8)).padEnd(14)} ${line.stream === 'out' ? ' ' : line.stream === 'err' ? '!' : '·'} ${clean(line.text)}`,
    )
}

const readAgents = async (api: Api, runId: string): Promise<ReadonlyMap<string, string>> => {
  const agents = new Map<string, string>()
  for await (const task of listAll((cursor) => api.listTasks(runId, { limit: PAGE, cursor })))
    agents.set(task.id, task.agent)
  return agents
}

/** What agents and guards wrote while they worked; with `--follow`, until the run has ended. */
export const logs = (terminal: Terminal, reference: string, flags: LogFlags): Promise<number> =>
  withApi(terminal, flags, (api) =>
    withInterrupt(async (interrupt) => {
      const runId = await resolveRunId(api, reference)
      let agents = await readAgents(api, runId)
      for (let after = 0; ;) {
        const run = await api.readRun(runId)
        const page = await api.listLogs(runId, { after, limit: PAGE, task: flags.task })
        if (page.items.some(({ taskId }) => !agents.has(taskId))) agents = await readAgents(api, runId)
        for (const line of page.items) printLine(terminal, line, agents, flags.json === true)
        after = page.nextAfter
        if (interrupt.signal.aborted) return EXIT.interrupted
        if (page.items.length === PAGE) continue
        if (flags.follow !== true || ['succeeded', 'failed', 'cancelled'].includes(run.status)) return EXIT.ok
        await sleep(FOLLOW_MS)
      }
    }),
  )

/** The gate of a phase: each round with its rubrics and what kept it shut. */
export const gate = (
  terminal: Terminal,
  of: { readonly reference: string; readonly phase: string },
  flags: CommonFlags,
): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const found = await api.readGate(await resolveRunId(api, of.reference), of.phase)
    if (flags.json === true) {
      terminal.out(JSON.stringify(found))
      return EXIT.ok
    }
    if (found.rounds.length === 0)
      terminal.say(`The gate of ${found.phase} has not spoken yet; the phase is ${found.status}.`)
    for (const round of found.rounds) {
      terminal.out(
        `round ${round.round} of ${found.maxRounds}: ${round.passed ? 'passed' : 'not passed'}, score ${Math.round(round.score * 100)} % (needs ${Math.round(round.passMark * 100)} %)`,
      )
      const rows = round.rubrics.flatMap(({ rubric, score, min, omitted, waived, guards }) =>
        guards.map(({ guard, outcome, reasons }) => [
          `  ${rubric}`,
          waived
            ? 'waived'
            : omitted
              ? 'left out'
              : `${Math.round(score * 100)} % (min ${Math.round(min * 100)} %)`,
          guard,
          outcome,
          clip(reasons.join('; '), 100),
        ]),
      )
      if (rows.length > 0) terminal.out(makeTable(rows))
      for (const reason of round.blocking) terminal.out(`  blocked by: ${clip(reason, 200)}`)
    }
    return EXIT.ok
  })

/** What a run has cost, by phase and model. */
export const cost = (
  terminal: Terminal,
  reference: string | undefined,
  flags: CommonFlags,
): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const found = await api.readCost(await resolveRunId(api, reference ?? 'last'))
    if (flags.json === true) {
      terminal.out(JSON.stringify(found))
      return EXIT.ok
    }
    const { money, tokens, estimate, rows } = found
    terminal.out(
      `spent ${getMoneyText(money.spentUsd)} of ${getMoneyText(money.capUsd)}, set aside ${getMoneyText(money.reservedUsd)}, left ${getMoneyText(money.leftUsd)}; ${tokens} tokens`,
    )
    terminal.out(`expected ${getExpectedText(estimate)}`)
    const actuals = layOutActuals(estimate)
    if (actuals !== '') terminal.out(`\n${actuals}\n`)
    if (rows.length > 0) {
      const lines = rows.map(({ phase, model, calls, inputTokens, outputTokens, usd, assumedMicros }) => [
        phase,
        model,
        String(calls),
        `${inputTokens} in, ${outputTokens} out`,
        getMoneyText(usd),
        assumedMicros > 0 ? `${getMoneyText(assumedMicros / 1e6)} of it assumed` : '',
      ])
      terminal.out(makeTable([['PHASE', 'MODEL', 'CALLS', 'TOKENS', 'COST', ''], ...lines]))
    }
    return EXIT.ok
  })
