import { randomUUID } from 'node:crypto'

import { DBOS } from '@dbos-inc/dbos-sdk'

import { runPeerProgram } from '../harness.ts'
import type { StartOptions } from '../harness.ts'
import { STEPS_PER_RUN } from '../measure.ts'
import type { Session } from '../measure.ts'
import { countDurable, readInstalledVersion, readServerSettings, startPool } from './postgres.ts'

/** More connections than this only queue inside a small server; DBOS's own default is 10. */
const POOL_SIZE = 20
const QUEUE = 'bench'

// DBOS restores a workflow by its registered function, so the observer cannot be one of its arguments.
const observers = new Map<string, (step: number) => void>()

const fiveSteps = DBOS.registerWorkflow(
  async (key: string): Promise<number> => {
    let sum = 0
    for (let step = 1; step <= STEPS_PER_RUN; step += 1) {
      sum += await DBOS.runStep(
        async () => {
          observers.get(key)?.(step)
          return await Promise.resolve(step)
        },
        { name: `step-${step}` },
      )
    }
    return sum
  },
  { name: 'fiveSteps' },
)

async function start({ databaseUrl, mode, concurrency }: StartOptions): Promise<Session> {
  // DBOS uses this pool instead of making one; given here, so that its connections are open beforehand.
  const pool = await startPool(databaseUrl, Math.min(POOL_SIZE, Math.max(4, concurrency)))
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: databaseUrl,
    systemDatabasePool: pool,
    logLevel: 'error',
    applicationVersion: 'bench',
  })
  await DBOS.launch()
  if (mode === 'queue') await DBOS.registerQueue(QUEUE)
  return {
    settings: {
      pool_size: pool.options.max,
      listen_notify: 'on (default)',
      queue_polling_ms: 'default (1000)',
    },
    runOnce: async (onStep) => {
      const key = randomUUID()
      observers.set(key, onStep)
      const params = mode === 'queue' ? { queueName: QUEUE, workflowID: key } : { workflowID: key }
      const handle = await DBOS.startWorkflow(fiveSteps, params)(key)
      await handle.getResult()
      observers.delete(key)
    },
    countDurable: () =>
      countDurable(
        pool,
        `select (select count(*) from dbos.workflow_status where status = 'SUCCESS') as runs,
                (select count(*) from dbos.operation_outputs where output is not null) as steps`,
      ),
    readServerSettings: () => readServerSettings(pool),
    stop: () => DBOS.shutdown(),
  }
}

await runPeerProgram(
  {
    peer: 'dbos',
    version: readInstalledVersion('@dbos-inc/dbos-sdk'),
    durability:
      'one commit for the workflow with its input, one for the result of each step before the next step starts, one for the outcome: 7 a run',
    modes: [
      { name: 'direct', isHeadline: true, concurrencies: [16, 64, 256], idleSamples: 100 },
      { name: 'queue', isHeadline: true, concurrencies: [256], idleSamples: 20 },
    ],
    start,
  },
  import.meta.url,
)
