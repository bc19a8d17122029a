import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONFINEMENT, HAS_SANDBOX, makeProgramHome, type ProgramHome } from '../support/program.ts'
import { sample } from '../support/sample.ts'

/** A run of all phases takes about a minute of two free cores. */
const RUN_MS = 600_000

type Other = {
  readonly exit: number
  readonly status: string
  readonly verdicts: readonly string[]
  /** What rules cannot build, in the title of the requirement that stays without proof. */
  readonly open: RegExp | null
  /** The phase whose gate refuses it. */
  readonly refusedBy: string | null
}

/** Ideas of other kinds, and what may honestly come of them where no model writes code. */
const OTHERS: Readonly<Record<string, Other>> = {
  'a command-line tool that renames photos by the date they were taken': {
    exit: 5,
    status: 'failed',
    verdicts: ['unverified'],
    open: /command-line tool/u,
    refusedBy: 'build',
  },
  'a booking site for a small pottery studio': {
    exit: 0,
    status: 'succeeded',
    verdicts: HAS_SANDBOX ? ['verified', 'gaps'] : ['gaps'],
    open: null,
    refusedBy: null,
  },
  'a sensor log for a greenhouse': {
    exit: 5,
    status: 'succeeded',
    verdicts: ['unverified'],
    open: /hardware/u,
    refusedBy: null,
  },
}

/** `ROPEWALK_TEST_RUNS=all`: through thirteen phases. Otherwise through six, and what is refused is tried twice. */
const IS_WHOLE = process.env['ROPEWALK_TEST_RUNS'] === 'all'

describe('ideas of other kinds end honestly', () => {
  let program: ProgramHome
  let playbook: string

  beforeAll(async () => {
    program = await makeProgramHome(IS_WHOLE ? 'thirteen' : 'short')
    const edits = [{ file: 'phases/build.yaml', from: 'max_rounds: 5', to: 'max_rounds: 2' }]
    playbook = program.copyPlaybook('two-rounds', IS_WHOLE ? [] : edits)
  })
  afterAll(() => program.remove())

  it.each(sample(Object.entries(OTHERS), 2))(
    '%s',
    async (idea, { exit, status, verdicts, open, refusedBy }) => {
      const args = ['run', idea, '--json', '--deadline', '0', ...CONFINEMENT]
      const run = await program.follow(args, { ROPEWALK_PLAYBOOK: playbook })
      expect(run.exit, run.stderr).toBe(exit)
      expect(run.result.status).toBe(status)
      expect(verdicts).toContain(run.result.verdict)
      const failed = run.result.phases.find((phase) => phase.status === 'failed')
      expect(failed?.phase ?? null).toBe(refusedBy)
      const unproved = run.result.requirements.filter(({ verdict }) => verdict === 'unverified')
      for (const { id, reasons } of unproved) expect(reasons.length, id).toBeGreaterThan(0)
      if (open === null) expect(unproved).toEqual([])
      else expect(unproved.map(({ title }) => title).join('\n')).toMatch(open)
      if (refusedBy !== null) {
        const refusal = run.events.filter(({ type }) => type === 'phase.gate.failed').at(-1)
        const id = unproved.find(({ title }) => open?.test(title))?.id
        expect(String(refusal?.data['reasons'])).toContain(`No test that passes names ${id ?? ''}`)
      }
      expect((await program.run(['dossier', 'verify', run.runId])).exit).toBe(0)
    },
    RUN_MS,
  )
})
