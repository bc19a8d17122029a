import { randomUUID } from 'node:crypto'

import { Annotation, END, START, StateGraph } from '@langchain/langgraph'
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres'

import { runPeerProgram } from '../harness.ts'
import type { StartOptions } from '../harness.ts'
import type { Session } from '../measure.ts'
import { countDurable, readInstalledVersion, readServerSettings, startPool } from './postgres.ts'

/** A checkpoint holds one connection for its whole transaction, and a run writes several at a time. */
const POOL_SIZE = 20

const State = Annotation.Root({ key: Annotation<string>, sum: Annotation<number> })
type StepState = typeof State.State

// State is serialised into the checkpoints, so the observer cannot be part of it.
const observers = new Map<string, (step: number) => void>()

function makeStep(step: number): (state: StepState) => Promise<{ sum: number }> {
  return async (state) => {
    observers.get(state.key)?.(step)
    return await Promise.resolve({ sum: state.sum + step })
  }
}

function makeGraph(checkpointer: PostgresSaver) {
  return new StateGraph(State)
    .addNode('step1', makeStep(1))
    .addNode('step2', makeStep(2))
    .addNode('step3', makeStep(3))
    .addNode('step4', makeStep(4))
    .addNode('step5', makeStep(5))
    .addEdge(START, 'step1')
    .addEdge('step1', 'step2')
    .addEdge('step2', 'step3')
    .addEdge('step3', 'step4')
    .addEdge('step4', 'step5')
    .addEdge('step5', END)
    .compile({ checkpointer })
}

async function start({ databaseUrl, mode, concurrency }: StartOptions): Promise<Session> {
  const durability = mode === 'sync' ? 'sync' : 'async'
  const pool = await startPool(databaseUrl, Math.min(POOL_SIZE, Math.max(4, concurrency)))
  const checkpointer = new PostgresSaver(pool)
  await checkpointer.setup()
  const graph = makeGraph(checkpointer)
  return {
    settings: { pool_size: pool.options.max, checkpointer: 'PostgresSaver' },
    runOnce: async (onStep) => {
      const key = randomUUID()
      observers.set(key, onStep)
      await graph.invoke({ key, sum: 0 }, { configurable: { thread_id: key }, durability })
      observers.delete(key)
    },
    countDurable: () =>
      countDurable(
        pool,
        `select count(*) filter (where metadata->>'step' = '5') as runs,
                count(*) filter (where (metadata->>'step')::int between 1 and 5) as steps
           from checkpoints`,
      ),
    readServerSettings: () => readServerSettings(pool),
    stop: () => checkpointer.end(),
  }
}

await runPeerProgram(
  {
    peer: 'langgraph',
    version: `${readInstalledVersion('@langchain/langgraph')} with checkpoint-postgres ${readInstalledVersion('@langchain/langgraph-checkpoint-postgres')}`,
    durability:
      'mode async, its default: a checkpoint is committed for the input and for each step while the next step already runs, and all of them before invoke resolves; the sync mode, which waits before each next step, is among the trials',
    modes: [
      { name: 'async', isHeadline: true, concurrencies: [8, 32, 128], idleSamples: 100 },
      { name: 'sync', isHeadline: false, concurrencies: [32], idleSamples: 0 },
    ],
    start,
  },
  import.meta.url,
)
