import type pg from 'pg'

import { runPeerProgram } from '../harness.ts'
import type { StartOptions } from '../harness.ts'
import { STEPS_PER_RUN } from '../measure.ts'
import type { Session } from '../measure.ts'
import { countDurable, readInstalledVersion, readServerSettings, startPool } from './postgres.ts'

/** While one batch is written, the next ones fill; with more, batches only get smaller. */
const POOL_SIZE = 3
/** Smaller, and commits rule the cost; larger, and one batch holds up all the runs in it. */
const MAX_BATCH = 256

const SCHEMA = `
  create table if not exists bench_runs (
    run_id bigint primary key,
    input jsonb not null,
    created_at timestamptz not null default now(),
    completed_at timestamptz
  );
  create table if not exists bench_tasks (
    run_id bigint not null,
    step smallint not null,
    result jsonb not null,
    completed_at timestamptz not null default now(),
    primary key (run_id, step)
  );`

/** One statement, and so one commit, for a whole batch: new runs, step results and endings. */
const WRITE_BATCH = {
  name: 'write-batch',
  text: `
  with started as (
    insert into bench_runs (run_id, input) select run_id, '{}' from unnest($1::bigint[]) as run_id
  ), ended as (
    update bench_runs set completed_at = now() where run_id = any ($2::bigint[])
  )
  insert into bench_tasks (run_id, step, result)
  select run_id, step, result from unnest($3::bigint[], $4::smallint[], $5::jsonb[]) as t (run_id, step, result)`,
}

interface Write {
  readonly runId: string
  /** 0 writes the run itself, 1 to 5 the result of a step. */
  readonly step: number
  readonly result: string
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

type CommitStep = (runId: string, step: number, result: string) => Promise<void>

/** Gives a function that resolves once its row is committed, together with all that came in meanwhile. */
function makeGroupCommit(pool: pg.Pool): CommitStep {
  let waiting: Write[] = []
  let active = 0
  let isScheduled = false
  const flush = async (batch: readonly Write[]): Promise<void> => {
    active += 1
    try {
      await pool.query({ ...WRITE_BATCH, values: makeValues(batch) })
      for (const write of batch) write.resolve()
    } catch (error) {
      for (const write of batch) write.reject(error)
    } finally {
      active -= 1
      schedule()
    }
  }
  // Left to the end of the turn, so that everything one commit made ready goes into one batch.
  const schedule = (): void => {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      while (active < POOL_SIZE && waiting.length > 0) {
        const batch = waiting.slice(0, MAX_BATCH)
        waiting = waiting.slice(MAX_BATCH)
        void flush(batch)
      }
    })
  }
  return (runId, step, result) =>
    new Promise((resolve, reject) => {
      waiting.push({ runId, step, result, resolve, reject })
      schedule()
    })
}

function makeValues(batch: readonly Write[]): unknown[] {
  const steps = batch.filter(({ step }) => step > 0)
  return [
    batch.filter(({ step }) => step === 0).map(({ runId }) => runId),
    batch.filter(({ step }) => step === STEPS_PER_RUN).map(({ runId }) => runId),
    steps.map(({ runId }) => runId),
    steps.map(({ step }) => step),
    steps.map(({ result }) => result),
  ]
}

async function doStep(step: number): Promise<string> {
  return await Promise.resolve(JSON.stringify({ step }))
}

async function start({ databaseUrl }: StartOptions): Promise<Session> {
  const pool = await startPool(databaseUrl, POOL_SIZE)
  await pool.query(SCHEMA)
  const commitStep = makeGroupCommit(pool)
  // In order, so that new rows land on the same few index pages; unique across the trials of one bench.
  let lastId = BigInt(Date.now()) * 1_000_000n
  return {
    settings: { pool_size: POOL_SIZE, max_batch: MAX_BATCH },
    runOnce: async (onStep) => {
      const runId = String((lastId += 1n))
      await commitStep(runId, 0, '')
      for (let step = 1; step <= STEPS_PER_RUN; step += 1) {
        onStep(step)
        await commitStep(runId, step, await doStep(step))
      }
    },
    countDurable: () =>
      countDurable(
        pool,
        `select (select count(*) from bench_runs where completed_at is not null) as runs,
                (select count(*) from bench_tasks) as steps`,
      ),
    readServerSettings: () => readServerSettings(pool),
    stop: () => pool.end(),
  }
}

await runPeerProgram(
  {
    peer: 'raw',
    version: `pg ${readInstalledVersion('pg')}`,
    durability:
      'hand-written ceiling without an engine: the run row, then each step result, is committed before the next step starts; all runs in flight share their commits, one multi-row statement a batch',
    modes: [{ name: 'group-commit', isHeadline: true, concurrencies: [256, 1024, 4096], idleSamples: 100 }],
    start,
  },
  import.meta.url,
)
