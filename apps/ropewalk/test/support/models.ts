import type { EndedRun, RunEvent } from './program.ts'

/** Keys that a test looks for afterwards, where none may be. */
export const KEYS = {
  OPENAI_API_KEY: 'sk-dummy-openai-4f1d9c20b7',
  ANTHROPIC_API_KEY: 'sk-ant-dummy-8a63e5d017',
  ROPEWALK_COMPATIBLE_API_KEY: 'compatible-dummy-2c95f7e81b',
} as const

/** The environment of a command that asks these models, all of them of the scripted server. */
export const getModelEnv = (
  server: { readonly baseUrl: string },
  models: string,
): Readonly<Record<string, string>> => ({
  ...KEYS,
  OPENAI_BASE_URL: server.baseUrl,
  ANTHROPIC_BASE_URL: server.baseUrl,
  ROPEWALK_COMPATIBLE_BASE_URL: server.baseUrl,
  ROPEWALK_MODEL: models,
})

/** The data of a run's events of one type, in order. */
export const pick = (run: Pick<EndedRun, 'events'>, type: string): readonly RunEvent['data'][] =>
  run.events.filter((event) => event.type === type).map(({ data }) => data)

/** The sum of one member over events. */
export const sum = (rows: readonly RunEvent['data'][], key: string): number =>
  rows.reduce((total, row) => total + Number(row[key]), 0)

/** The agent or guard of each task, by its id. */
export const getTargets = (run: Pick<EndedRun, 'events'>): ReadonlyMap<unknown, string> =>
  new Map(
    pick(run, 'task.created').map(({ spec }) => {
      const { id, target } = spec as { id: string; target: string }
      return [id, target]
    }),
  )
